import { describe, expect, it } from 'vitest';
import type { LockImage } from '../../controller/model/catalogue-api.ts';
import { catalogueVersion, exportedImage } from '../support/image-builders.ts';
import type { World } from '../support/world.ts';
import { folder, stranger, up } from './bench.ts';

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const reference = 'nvcr.io/nvidia/pytorch:24.05-py3';
const pytorch: LockImage = {
  environment: 'web',
  asked: 'pytorch@24.05',
  choice: { framework: 'pytorch', version: '24.05', cuda: null, python: null, org: null },
  fresh: false,
};
const app: LockImage = { environment: 'web', asked: 'app:1', choice: null, fresh: false };

const lock = async (world: World, image: LockImage) => {
  const { items } = await world.ask((api) => api.lockImages({ path: folder, images: [image] }));
  return items[0];
};

const know = (world: World, letter: string | null): Promise<unknown> =>
  world.ask((api) =>
    api.importImages({
      images: [
        exportedImage({
          versions: [
            catalogueVersion('24.05-py3', { digest: letter === null ? null : digest(letter) }),
          ],
        }),
      ],
      by: 'ada',
    }),
  );

describe('the digest of a choice', () => {
  it('is what runs, then what the catalogue says; asked anew, what the registry says', async () => {
    const world = await stranger({ web: 'image: pytorch@24.05' });
    await know(world, 'a');
    world.registry.move(reference, digest('c'));
    world.engine.addPullable(`${reference}@${digest('a')}`);
    expect(await lock(world, pytorch)).toMatchObject({ reference, digest: digest('a') });
    await up(world);
    await know(world, 'b');
    expect(await lock(world, pytorch)).toMatchObject({ digest: digest('a'), trouble: null });
    expect(await lock(world, { ...pytorch, fresh: true })).toMatchObject({ digest: digest('c') });
  });

  it('is asked for where the catalogue does not say it, and its want is told', async () => {
    const world = await stranger({ web: 'image: pytorch@24.05' });
    expect((await lock(world, pytorch))?.trouble).toContain('the catalogue has no pytorch');
    await know(world, null);
    expect((await lock(world, pytorch))?.trouble).toContain(`there is no ${reference}`);
    world.registry.move(reference, digest('c'));
    expect(await lock(world, pytorch)).toMatchObject({ digest: digest('c'), trouble: null });
  });
});

describe('the digest of an image', () => {
  it('is what the engine pulled under its name; asked anew, what the registry says', async () => {
    const world = await stranger({ web: 'image: app:1' });
    const here = (await lock(world, app))?.digest;
    expect(here).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(world.registry.asked).toEqual([]);
    expect(await lock(world, { ...app, asked: 'docker.io/library/app:1' })).toMatchObject({
      digest: here,
    });
    expect((await lock(world, { ...app, fresh: true }))?.trouble).toContain('there is no app:1');
    world.registry.move('app:1', digest('d'));
    expect(await lock(world, { ...app, fresh: true })).toMatchObject({ digest: digest('d') });
    expect(await lock(world, { ...app, asked: 'far:1' })).toMatchObject({
      reference: '',
      digest: '',
    });
  });

  it('is of no folder without a spec', async () => {
    const world = await stranger({ web: 'image: app:1' });
    await expect(
      world.ask((api) => api.lockImages({ path: '/srv/none', images: [app] })),
    ).rejects.toMatchObject({ code: 'usage' });
  });
});
