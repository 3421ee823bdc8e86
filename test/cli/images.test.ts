import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { ApiError } from '../../controller/model/api.ts';
import { fakeWorld, type FakeWorld } from '../support/api-fake.ts';
import { fakeCli, run, type FakeCli } from '../support/cli-fake.ts';
import {
  catalogueState,
  catalogueVersion,
  exportedImage,
  imageItem,
  pruneItem,
  syncItem,
  versionItem,
} from '../support/image-builders.ts';

let world: FakeWorld;
let cli: FakeCli;

beforeEach(() => {
  world = fakeWorld();
  cli = fakeCli(world);
});

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'mlenv-images-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
};

describe('mlenv images list', () => {
  it('shows images, and says that they are the starter', async () => {
    world.images = {
      catalogue: catalogueState(),
      items: [
        imageItem(),
        imageItem({
          repository: 'nvidia/\u001B[2Jnemo',
          title: null,
          newestTag: null,
          problem: 'x',
        }),
      ],
    };
    expect(await run(cli, 'images', 'list', 'torch', '--category', 'pytorch'))
      .toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "This is the starter catalogue that came with MLEnv; mlenv images sync reads what there is now.
      ",
        "out": "IMAGE            CATEGORY   NEWEST      TAGS   UPDATED   TITLE
      nvidia/pytorch   pytorch    24.05-py3   2      3d        PyTorch
      nvidia/nemo      pytorch    -           2!     3d
      ",
      }
    `);
    expect(world.asked).toEqual([
      { method: 'images', args: [{ text: 'torch', category: 'pytorch', organization: null }] },
    ]);
    expect(cli.connections).toMatchObject([{ write: false }]);
  });

  it('says how old the catalogue is, and that a sync stands still', async () => {
    world.images = {
      items: [],
      catalogue: catalogueState({
        origins: { sync: 12 },
        syncedAt: '2024-12-29T00:01:00.000Z',
        syncs: [syncItem({ state: 'stopped', why: 'no network', checked: 400, finishedAt: null })],
      }),
    };
    expect(await run(cli, 'images', 'list')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "Read from the registry 3d ago.
      nvidia: stands still (no network); 1000 versions of 40 images, 400 looked at; mlenv images sync goes on from there
      ",
        "out": "No image fits.
      ",
      }
    `);
  });
});

describe('mlenv images search and versions', () => {
  it('show what is in each, and whether the driver serves it', async () => {
    world.versions = {
      ...world.versions,
      more: true,
      items: [
        versionItem(),
        versionItem({
          tag: '25.10-py3',
          cuda: '13.0',
          driver: { verdict: 'too-old', message: 'needs driver ≥ 580; this host has 535' },
        }),
        versionItem({ tag: '23.01-py3', cached: true, driver: { verdict: 'fits', message: '' } }),
        versionItem({
          tag: 'latest',
          cuda: null,
          python: null,
          framework: null,
          architectures: [],
          sizeBytes: null,
          driver: { verdict: 'unknown', message: '' },
        }),
      ],
    };
    cli.tty = true;
    cli.size = { columns: 200, rows: 30 };
    const argv = ['torch', '--cuda', '>=12.4', '--python', '3.10', '--arch', 'x86_64', '--cached'];
    expect(await run(cli, 'images', 'search', ...argv)).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "There are more; --limit shows them.
      This is the starter catalogue that came with MLEnv; mlenv images sync reads what there is now.
      ",
        "out": "IMAGE                      CUDA   PYTHON   FRAMEWORK            ARCH          SIZE     HERE   DRIVER
      nvidia/pytorch:24.05-py3   12.4   3.10     2.4.0a0+07cecf4168   amd64,arm64   9.4 GB   -      minor: needs driver ≥ 550; this host has 535
      nvidia/pytorch:25.10-py3   13.0   3.10     2.4.0a0+07cecf4168   amd64,arm64   9.4 GB   -      TOO OLD: needs driver ≥ 580; this host has 535
      nvidia/pytorch:23.01-py3   12.4   3.10     2.4.0a0+07cecf4168   amd64,arm64   9.4 GB   yes    fits
      nvidia/pytorch:latest      -      -        -                    -             -        -      -
      ",
      }
    `);
    const asked = { category: null, cuda: '>=12.4', python: '3.10', architecture: 'amd64' };
    expect(world.asked).toEqual([
      {
        method: 'imageVersions',
        args: [{ ...asked, text: 'torch', image: null, cachedOnly: true, limit: 50 }],
      },
    ]);
  });

  it('name one image', async () => {
    await run(cli, 'images', 'versions', 'pytorch', '--limit', '3', '-o', 'json');
    expect(world.asked).toMatchObject([
      { method: 'imageVersions', args: [{ text: null, image: 'pytorch', limit: 3 }] },
    ]);
  });

  it('print JSON', async () => {
    const { out } = await run(cli, 'images', 'search', '-o', 'json');
    expect(JSON.parse(out)).toEqual({ apiVersion: 'mlenv/v1', ...world.versions });
  });

  it.each(['0', 'all', '10000'])('refuse %s rows', async (limit) => {
    expect(await run(cli, 'images', 'search', '--limit', limit)).toMatchObject({ code: 2 });
    expect(world.asked).toEqual([]);
  });
});

describe('mlenv images show', () => {
  it('shows all that is known', async () => {
    expect(await run(cli, 'images', 'show', 'pytorch:24.05-py3')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "Image:          nvcr.io/nvidia/pytorch:24.05-py3
      Title:          PyTorch
      Description:    Tensors and networks
      Digest:         sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
      CUDA:           12.4.1.003
      Python:         3.10
      Framework:      2.4.0a0+07cecf4168
      Architectures:  amd64, arm64
      To download:    9.4 GB compressed
      Made:           2024-05-20T00:00:00.000Z
      On this engine: no
      Driver:         needs driver ≥ 550; this host has 535
      Known:          the registry was asked 61m ago
      Most of it runs on the older driver, by CUDA's minor-version compatibility.
      ",
      }
    `);
  });

  it('says that there is none', async () => {
    world.faults.showImage = new ApiError('not-found', 'the catalogue has no x');
    expect(await run(cli, 'images', 'show', 'x')).toMatchObject({
      code: 2,
      err: 'mlenv: the catalogue has no x\n',
    });
  });
});

describe('mlenv images sync', () => {
  const syncing = (...items: readonly ReturnType<typeof syncItem>[]): void => {
    const [last] = items.slice(-1);
    const left = [...items];
    Object.defineProperty(world, 'images', {
      get: () => ({
        items: [],
        catalogue: catalogueState({ syncs: [left.shift() ?? last ?? syncItem()] }),
      }),
    });
  };

  it('shows how far it is until it is complete', async () => {
    world.result = { keys: [], messages: ['the reading of nvidia begins'] };
    const running = syncItem({ state: 'running', finishedAt: null });
    syncing(
      { ...running, images: 0, versions: 0, checked: 0 },
      { ...running, listed: 12, checked: 0 },
      ...Array.from({ length: 130 }, (_, n) => ({ ...running, checked: n })),
      syncItem({ unchanged: 12 }),
    );
    expect(await run(cli, 'images', 'sync')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "the reading of nvidia begins
      nvidia: 1000 versions of 40 images, 118 looked at, about 7m28s left
      nvidia: complete, 1000 versions of 40 images; 3 retired; 12 answers had not changed
      ",
      }
    `);
    expect(world.asked[0]).toEqual({
      method: 'syncImages',
      args: [{ organization: 'nvidia', image: null, by: 'ada' }],
    });
  });

  it('tells why it stands still', async () => {
    syncing(syncItem({ scope: 'nvidia/pytorch', state: 'stopped', why: 'no network', checked: 5 }));
    const { code, out } = await run(cli, 'images', 'sync', '--image', 'pytorch');
    expect(code).toBe(1);
    expect(out).toContain('nvidia/pytorch: stands still (no network);');
  });

  it('leaves it to the controller', async () => {
    syncing(syncItem({ state: 'running' }));
    expect(await run(cli, 'images', 'sync', '--no-wait')).toMatchObject({ code: 0 });
    expect(world.asked.map(({ method }) => method)).toEqual(['syncImages']);
    cli.onTick = (tick) => {
      if (tick === 3) cli.stop.abort();
    };
    const { code, out } = await run(cli, 'images', 'sync');
    expect([code, out]).toEqual([1, expect.stringContaining('The controller reads on')]);
  });
});

describe('mlenv images export and import', () => {
  const many = exportedImage({
    name: 'many',
    versions: Array.from({ length: 1200 }, (_, n) => catalogueVersion(`1.${n}`)),
  });

  it('carry a catalogue over in pieces', async () => {
    const file = join(folder(), 'catalogue.json');
    world.exported = [
      { items: [exportedImage()], next: 1 },
      { items: [many], next: null },
    ];
    world.imported = { images: 1, versions: 2 };
    expect((await run(cli, 'images', 'export', file)).out).toBe(
      `2 images, 1201 versions in ${file}\n`,
    );
    world.asked.length = 0;
    const { code, out } = await run(cli, 'images', 'import', file);
    expect([code, out]).toEqual([
      0,
      expect.stringContaining('2 images, 1201 versions of 2025-01-01 read;'),
    ]);
    const pieces = world.asked.map(({ args }) => args[0] as { images: readonly (typeof many)[] });
    expect(pieces.length).toBeGreaterThan(2);
    for (const piece of pieces) expect(JSON.stringify(piece).length).toBeLessThan(256 * 1024);
    const versions = pieces.flatMap(({ images }) => images.flatMap((image) => image.versions));
    expect(versions).toEqual([catalogueVersion(), ...many.versions]);
  });

  it('write to the standard output', async () => {
    const { out } = await run(cli, 'images', 'export', '-');
    expect(JSON.parse(out)).toMatchObject({ format: 'mlenv-catalogue/1', images: [] });
  });

  it.each([
    ['{\n  "format": "mlenv', /catalogue\.json:2:\d+: this is no JSON/],
    ['{"format": "other"}', /catalogue\.json: format must be mlenv-catalogue\/1/],
  ])('refuse %j, and say where', async (text, fault) => {
    const file = join(folder(), 'catalogue.json');
    writeFileSync(file, text);
    const { code, err } = await run(cli, 'images', 'import', file);
    expect([code, err]).toEqual([5, expect.stringMatching(fault)]);
    expect(world.asked).toEqual([]);
  });

  it('leave no half of a file', async () => {
    const place = folder();
    const { code, err } = await run(cli, 'images', 'export', join(place, 'no', 'file.json'));
    expect([code, err]).toEqual([2, expect.stringContaining('cannot be written')]);
    expect(() => readFileSync(join(place, 'no', 'file.json'))).toThrow('ENOENT');
    expect((await run(cli, 'images', 'import', join(place, 'none.json'))).code).toBe(2);
  });
});

describe('mlenv images prune', () => {
  const kept = pruneItem({ reference: 'a:2', verdict: 'keep', why: 'speech/train names it' });
  beforeEach(() => {
    world.pruned = { items: [kept, pruneItem()], atMostBytes: 20_000_000_000 };
  });
  const removals = () =>
    world.asked.map(({ args }) => (args[0] as { readonly remove: unknown }).remove);

  it('shows the plan, and removes nothing in a pipe', async () => {
    expect(await run(cli, 'images', 'prune')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "Nothing was removed; --yes removes what is shown.
      ",
        "out": "IMAGE                              SIZE      PLAN     WHY
      a:2                                20.0 GB   keep     speech/train names it
      nvcr.io/nvidia/pytorch:23.01-py3   20.0 GB   remove   unused for 41 days

      1 to remove, at most 20.0 GB; layers that others share stay.
      ",
      }
    `);
    expect(world.asked).toEqual([
      {
        method: 'pruneImages',
        args: [{ unusedForMs: 2_592_000_000, keep: 2, by: 'ada', remove: null }],
      },
    ]);
    expect(cli.connections).toMatchObject([{ write: false }]);
  });

  it('removes what it showed with --yes', async () => {
    const argv = ['images', 'prune', '--yes', '--unused-for', '1h', '--keep', '0'];
    const { code } = await run(cli, ...argv);
    expect(code).toBe(0);
    expect(removals()).toEqual([null, ['nvcr.io/nvidia/pytorch:23.01-py3']]);
    expect(cli.connections).toMatchObject([{ write: true }]);
  });

  it.each([
    ['y\n', [null, ['nvcr.io/nvidia/pytorch:23.01-py3']]],
    ['n\n', [null]],
  ])('asks on a terminal: %j', async (answer, expected) => {
    cli.tty = true;
    cli.input = [answer];
    expect((await run(cli, 'images', 'prune')).code).toBe(0);
    expect(removals()).toEqual(expected);
  });

  it('fails where one could not be removed', async () => {
    world.pruned = {
      items: [pruneItem({ verdict: 'remove' }), pruneItem({ verdict: 'failed', why: 'in use' })],
      atMostBytes: 1,
    };
    const { code, err } = await run(cli, 'images', 'prune', '--yes');
    expect([code, err]).toEqual([1, expect.stringContaining('stays: in use')]);
  });

  it.each([
    ['--unused-for', 'long'],
    ['--keep', 'some'],
  ])('refuses %s %s', async (option, value) => {
    expect((await run(cli, 'images', 'prune', option, value)).code).toBe(2);
    expect(world.asked).toEqual([]);
  });
});
