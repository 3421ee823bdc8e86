import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mountRootsFor, type MountRoot } from '../../controller/model/config.ts';
import { nodeSpecFiles } from '../../specs/files.ts';
import { createSpecReader, readFolder } from '../../specs/reader.ts';

const top = realpathSync(mkdtempSync(join(tmpdir(), 'mlenv-roots-')));
const folder = join(top, 'project');
const datasets = join(top, 'datasets');
const scratch = join(top, 'scratch');
const linked = join(top, 'linked');
const server = createServer();
beforeAll(async () => {
  for (const path of [folder, join(datasets, 'imagenet'), scratch, join(top, 'secret')]) {
    mkdirSync(path, { recursive: true });
  }
  symlinkSync(join(top, 'secret'), join(datasets, 'way-out'));
  symlinkSync(join(datasets, 'imagenet'), join(datasets, 'way-in'));
  symlinkSync('/etc', linked);
  await new Promise<void>((resolve) => server.listen(join(folder, 'sock'), resolve));
});
afterAll(() => {
  server.close();
  rmSync(top, { recursive: true, force: true });
});

const root = (path: string, over: Partial<MountRoot> = {}): MountRoot => ({
  path,
  readOnly: true,
  projects: null,
  ...over,
});
const roots: readonly MountRoot[] = [
  root(datasets),
  root(scratch, { readOnly: false }),
  root(linked),
  root(join(top, 'gone')),
];

const options = (given: readonly MountRoot[] = roots) => ({
  files: nodeSpecFiles(),
  hmacKey: new Uint8Array(32),
  mountRoots: (project: string) => mountRootsFor({ mountRoots: given }, project),
});

/** The mount of the wish, or the codes, messages and hints of its faults. */
const read = async (mount: object, given = roots) => {
  const spec = { apiVersion: 'mlenv/v1', environments: { one: { image: 'x', mounts: [mount] } } };
  writeFileSync(join(folder, 'mlenv.yaml'), JSON.stringify(spec));
  const found = await readFolder({ ...options(given), folder });
  switch (found.kind) {
    case 'valid':
      return found.wish.environments[0]?.wish.mounts[0];
    case 'invalid':
      return found.diagnostics.map(({ code, message, hint }) => `${code} ${message}; ${hint}`);
    default:
      return found;
  }
};

const target = '/data';

describe('below a root', () => {
  it('a source is mounted as it really is, read-only where the root is', async () => {
    for (const name of ['imagenet', 'way-in']) {
      expect(await read({ source: join(datasets, name), target })).toEqual({
        kind: 'bind',
        source: join(datasets, 'imagenet'),
        target,
        readOnly: true,
      });
    }
    expect(await read({ source: scratch, target })).toMatchObject({ readOnly: false });
    expect(await read({ source: scratch, target, readOnly: true })).toMatchObject({
      readOnly: true,
    });
  });

  it('the right to write is a fault where the root is read-only', async () => {
    const source = join(datasets, 'imagenet');
    expect(await read({ source, target, readOnly: false })).toEqual([
      `E_MOUNT_READ_ONLY "${source}" lies below ${datasets}, which is read-only here; write readOnly: true, or leave it out`,
    ]);
  });

  it('a link that leads out is a fault', async () => {
    const source = join(datasets, 'way-out');
    const [told] = (await read({ source, target })) as string[];
    expect(told).toContain(
      `E_PATH_OUTSIDE "${source}" leaves the mount root ${datasets} by a symbolic link`,
    );
  });

  it('nothing of the system is reached, though the root is a link to it', async () => {
    const source = join(linked, 'ssl');
    const [told] = (await read({ source, target })) as string[];
    expect(told).toContain(`E_PATH_OUTSIDE "${source}" leads into /etc`);
  });

  it('nothing is decided while the root is not there', async () => {
    const source = join(top, 'gone', 'x');
    expect(await read({ source, target })).toMatchObject({ kind: 'unreadable' });
  });
});

describe('elsewhere', () => {
  it('it is outside, and the roots there are stand in the hint', async () => {
    const [told] = (await read({ source: join(top, 'secret'), target })) as string[];
    expect(told).toMatch(/^E_PATH_OUTSIDE .* leaves the project's folder; /);
    expect(told).toContain(`or below ${datasets}, ${scratch},`);
    const [none] = (await read({ source: datasets, target }, [])) as string[];
    expect(none).toContain("only what lies in the project's folder can be mounted");
  });

  it('a root for other projects is none', async () => {
    const source = join(datasets, 'imagenet');
    const [told] = (await read({ source, target }, [
      root(datasets, { projects: ['/srv/other'] }),
    ])) as string[];
    expect(told).toContain('E_PATH_OUTSIDE');
    expect(
      await read({ source, target }, [root(datasets, { projects: ['/srv/other', folder] })]),
    ).toMatchObject({ source });
  });
});

it('a recorded text whose root is gone cannot be filled in', async () => {
  const raw = { image: 'x', mounts: [{ source: join(datasets, 'imagenet'), target }] };
  const resolve = (given: readonly MountRoot[]) =>
    createSpecReader(options(given)).resolve(raw, 'one', folder);
  expect(await resolve(roots)).toMatchObject({ ok: true });
  expect(await resolve([])).toMatchObject({ ok: false, failure: { kind: 'terminal' } });
});

it('a socket is no source', async () => {
  expect(await read({ source: './sock', target })).toEqual([
    'E_MOUNT_SOURCE "./sock" is a socket, a device or a pipe; mount a file or a folder',
  ]);
});
