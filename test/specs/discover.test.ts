import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { discoverFolders } from '../../specs/discover.ts';
import { nodeSpecFiles, type SpecFiles, type Unreadable } from '../../specs/files.ts';

let root = '';

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'mlenv-discover-')));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const put = (...names: readonly string[]): void => {
  for (const name of names) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), '');
  }
};

const discover = async (files: SpecFiles = nodeSpecFiles(), below = ''): Promise<unknown> => {
  const found = await discoverFolders(files, `${root}${below}`, 'mlenv.yaml');
  return found.ok ? found.value.folders.map((path) => path.slice(root.length)) : found.failure.kind;
};

test('the root itself and what lies up to three folders below', async () => {
  put('mlenv.yaml', 'b/mlenv.yaml', 'a/x/y/mlenv.yaml', 'a/x/y/z/mlenv.yaml', 'c/other.yaml');
  expect(await discover()).toEqual(['', '/a/x/y', '/b']);
});

test('dot folders, node_modules and links are not entered', async () => {
  put('.git/mlenv.yaml', 'node_modules/p/mlenv.yaml', 'real/mlenv.yaml');
  symlinkSync(join(root, 'real'), join(root, 'link'));
  expect(await discover()).toEqual(['/real']);
});

test('something else by the name of the file is found, to be told of', async () => {
  mkdirSync(join(root, 'a', 'mlenv.yaml'), { recursive: true });
  expect(await discover()).toEqual(['/a']);
});

test('an empty root has nothing; a missing one is a failure', async () => {
  expect(await discover()).toEqual([]);
  rmSync(root, { recursive: true });
  expect(await discover()).toBe('unknown');
});

const failing = (path: string, answer: Unreadable): SpecFiles => {
  const real = nodeSpecFiles();
  return {
    ...real,
    list: async (folder) => (folder === join(root, path) ? answer : real.list(folder)),
  };
};

test('a listing that fails below fails the whole', async () => {
  put('a/mlenv.yaml', 'b/mlenv.yaml');
  const answer = { kind: 'unreadable', denied: false, message: 'EIO' } as const;
  expect(await discover(failing('b', answer))).toBe('unknown');
});

test("a folder below that is not ours to enter is passed over; the root's own is a failure", async () => {
  put('a/mlenv.yaml', 'b/mlenv.yaml');
  const answer = { kind: 'unreadable', denied: true, message: 'EACCES' } as const;
  expect(await discover(failing('b', answer))).toEqual(['/a']);
  expect(await discover(failing('', answer))).toBe('unknown');
});

test('a pattern finds what it names and nothing beside it', async () => {
  put('a/mlenv.yaml', 'a/deep/mlenv.yaml', 'b/deploy/mlenv.yaml', 'mlenv.yaml', '.c/mlenv.yaml');
  expect(await discover(undefined, '/*/mlenv.yaml')).toEqual(['/a']);
  expect(await discover(undefined, '/*')).toEqual(['/a', '/a/deep', '/b/deploy']);
  expect(await discover(undefined, '/**/deploy/mlenv.yaml')).toEqual(['/b/deploy']);
  expect(await discover(undefined, '/.c/mlenv.yaml')).toEqual(['/.c']);
});

test('a pattern lists no folder that it does not lead to', async () => {
  put('a/x/mlenv.yaml', 'b/x/mlenv.yaml');
  const real = nodeSpecFiles();
  const listed: string[] = [];
  const files = {
    ...real,
    list: (folder: string) => (listed.push(folder.slice(root.length)), real.list(folder)),
  };
  expect(await discover(files, '/a*/x/mlenv.yaml')).toEqual(['/a/x']);
  expect(listed).toEqual(['', '/a', '/a/x']);
});

test('a tree without end is given up, and said to be', async () => {
  const entries = Array.from({ length: 200 }, (_, at) => ({
    name: `n${at}`,
    kind: 'folder' as const,
  }));
  let listed = 0;
  const files = {
    list: async () => ((listed += 1), { kind: 'entries' as const, entries }),
  };
  const found = await discoverFolders(files, '/srv', 'mlenv.yaml');
  expect(found).toMatchObject({
    ok: true,
    value: { cut: expect.stringContaining('20000') as unknown },
  });
  expect(listed).toBe(20_000);
});
