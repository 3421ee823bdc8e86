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

const discover = async (files: SpecFiles = nodeSpecFiles()): Promise<unknown> => {
  const found = await discoverFolders(files, root, 'mlenv.yaml');
  return found.ok ? found.value.map((path) => path.slice(root.length)) : found.failure.kind;
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
