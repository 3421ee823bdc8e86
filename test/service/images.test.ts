import { beforeEach, describe, expect, it } from 'vitest';
import type { Api } from '../../controller/model/api.ts';
import type { VersionsQuery } from '../../controller/model/catalogue-api.ts';
import type { World } from '../support/world.ts';
import { catalogueImage, catalogueVersion, exportedImage } from '../support/image-builders.ts';
import { by, phase, stranger, up } from './bench.ts';

const minute = 60_000;
const pytorch = 'nvcr.io/nvidia/pytorch';

let world: World;
const ask = <T>(run: (api: Api) => Promise<T>): Promise<T> => world.ask(run);

beforeEach(async () => {
  world = await stranger({ train: `image: "${pytorch}:24.05-py3"` });
  world.engine.addImage(`${pytorch}:24.05-py3`);
  await up(world);
  await world.until('it runs', () => phase(world, 'train') === 'running.healthy');
  await ask((api) =>
    api.importImages({
      by,
      images: [
        exportedImage({
          versions: [
            catalogueVersion('24.05-py3'),
            catalogueVersion('24.10-py3', { cuda: '12.6' }),
            catalogueVersion('25.10-py3', { cuda: '13.0', python: '3.12' }),
          ],
        }),
        exportedImage(catalogueImage({ team: 'other', displayName: null })),
      ],
    }),
  );
});

const query: VersionsQuery = {
  text: null,
  image: null,
  category: null,
  cuda: null,
  python: null,
  architecture: null,
  cachedOnly: false,
  limit: 10,
};
const versions = async (changes: Partial<VersionsQuery>) =>
  (await ask((api) => api.imageVersions({ ...query, ...changes }))).items;

describe('versions of images', () => {
  it('are found by what is in them, with what is on the engine', async () => {
    const found = await versions({ image: 'nvidia/pytorch', cuda: '>=12.4', python: '3.10' });
    expect(found.map(({ tag, cached }) => [tag, cached])).toEqual([
      ['24.10-py3', false],
      ['24.05-py3', true],
    ]);
    expect((await versions({ cachedOnly: true })).map(({ reference }) => reference)).toEqual([
      `${pytorch}:24.05-py3`,
    ]);
  });

  it('tell whether there are more', async () => {
    const asked = { ...query, image: 'nvidia/pytorch', limit: 2 };
    expect(await ask((api) => api.imageVersions(asked))).toMatchObject({ more: true });
    expect(await ask((api) => api.imageVersions({ ...asked, limit: 3 }))).toMatchObject({
      more: false,
    });
  });

  it.each<[Partial<VersionsQuery>, string]>([
    [{ cuda: 'new' }, 'cuda: new is no version'],
    [{ image: 'tensroflow' }, 'the catalogue has no tensroflow'],
    [{ image: 'pytorch:24.05-py3' }, 'without a tag'],
    [{ image: 'a b' }, 'no name of an image'],
  ])('%j is refused', async (changes, message) => {
    await expect(versions(changes)).rejects.toThrow(message);
  });
});

describe('one image', () => {
  const show = (reference: string) => ask((api) => api.showImage(reference));

  it('is shown by its tag, or by its newest where none is given', async () => {
    expect((await show('nvidia/pytorch:24.05-py3')).item).toMatchObject({
      cudaFull: '12.4.1.003',
      cached: true,
      driver: { verdict: 'unknown', message: 'needs driver ≥ 550' },
      origin: 'import',
    });
    expect((await show(pytorch)).item.tag).toBe('25.10-py3');
  });

  it.each([
    ['pytorch', 'nvidia/pytorch or nvidia/other/pytorch'],
    ['nvidia/pytorch:1.0', 'mlenv images versions nvidia/pytorch'],
    ['nvidia/jax', 'the catalogue has no nvidia/jax'],
    [`nvidia/pytorch:24.05-py3@sha256:${'f'.repeat(64)}`, 'and not sha256:ffff'],
    ['a b', 'no image reference'],
  ])('%s is refused', async (reference, message) => {
    await expect(show(reference)).rejects.toThrow(message);
  });
});

describe('the catalogue', () => {
  it('comes out piece by piece as it went in', async () => {
    const images = Array.from({ length: 21 }, (_, n) => exportedImage({ name: `image-${n}` }));
    await ask((api) => api.importImages({ images, by }));
    const first = await ask((api) => api.exportImages(0));
    expect(first.items.length).toBe(20);
    const rest = await ask((api) => api.exportImages(first.next ?? 0));
    expect(rest).toMatchObject({ next: null });
    expect([...first.items, ...rest.items].slice(2)).toEqual(images);
  });

  it('says that this process does not read it', async () => {
    const request = { organization: 'nvidia', image: null, by };
    await expect(ask((api) => api.syncImages(request))).rejects.toThrow('start the controller');
  });

  it('tells where its images came from', async () => {
    const report = await ask((api) =>
      api.images({ text: 'PyTorch', category: null, organization: null }),
    );
    expect(report).toMatchObject({
      catalogue: { images: 2, origins: { import: 2 }, syncedAt: null, syncs: [] },
      items: [
        { repository: 'nvidia/pytorch', newestTag: '25.10-py3', tags: 3 },
        { repository: 'nvidia/other/pytorch', tags: 1 },
      ],
    });
  });
});

describe('a prune', () => {
  const prune = (remove: readonly string[] | null, unusedForMs = 10 * minute) =>
    ask((api) => api.pruneImages({ unusedForMs, keep: 0, remove, by }));
  const plan = async (unusedForMs?: number) =>
    Object.fromEntries(
      (await prune(null, unusedForMs)).items
        .filter(({ reference }) => reference.startsWith(pytorch))
        .map(({ reference, verdict, why }) => [
          reference.slice(pytorch.length + 1),
          `${verdict}: ${why}`,
        ]),
    );

  it('takes what the plan showed, and never what is used or named', async () => {
    world.engine.addImage(`${pytorch}:24.10-py3`);
    expect(await plan()).toEqual({
      '24.05-py3': 'keep: a container is made of it',
      '24.10-py3': 'keep: here since 0 min ago',
    });
    await world.advance(11 * minute);
    expect(await plan()).toMatchObject({ '24.10-py3': 'remove: unused for 11 min' });
    const done = await prune([`${pytorch}:24.10-py3`, `${pytorch}:24.05-py3`]);
    expect(done.items.map(({ reference, verdict }) => [reference, verdict])).toEqual([
      [`${pytorch}:24.10-py3`, 'removed'],
      [`${pytorch}:24.05-py3`, 'keep'],
    ]);
    expect(await plan()).toEqual({ '24.05-py3': 'keep: a container is made of it' });
    const { items } = await ask((api) =>
      api.audit({ project: null, user: null, since: null, limit: 1 }),
    );
    expect(items).toMatchObject([
      { action: 'images prune', resourceId: `${pytorch}:24.10-py3`, outcome: 'done' },
    ]);
  });

  it('keeps what a spec names though no container is there', async () => {
    await ask((api) =>
      api.remove({ path: '/home/ada/vision', environment: null, volumes: false, by }),
    );
    await world.until(
      'the container is gone',
      () => world.containers('/home/ada/vision', 'train').length === 0,
    );
    expect(await plan(0)).toEqual({ '24.05-py3': 'keep: vision/train names it' });
  });

  it('removes nothing on a host that is frozen', async () => {
    await ask((api) => api.freeze({ why: '', by }));
    await expect(prune([`${pytorch}:24.05-py3`], 0)).rejects.toThrow('frozen');
  });
});
