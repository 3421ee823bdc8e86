import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeSpecFiles } from '../../specs/files.ts';
import { cleanTarget, refusedTarget, resolveBelow } from '../../specs/paths.ts';

let root = '';
let folder = '';

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'mlenv-paths-')));
  folder = join(root, 'project');
  mkdirSync(join(folder, 'data', 'deep'), { recursive: true });
  mkdirSync(join(root, 'secret'));
  writeFileSync(join(root, 'secret', 'key'), '');
  symlinkSync(join(root, 'secret'), join(folder, 'out'));
  symlinkSync('data/deep', join(folder, 'in'));
  symlinkSync('../gone', join(folder, 'dangling'));
  symlinkSync(folder, join(root, 'alias'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const below = async (given: string, from = folder) => {
  const entry = await nodeSpecFiles().enter(from);
  if (entry.kind !== 'folder') throw new Error(entry.kind);
  const found = await resolveBelow(entry.held, given, { folder: from });
  await entry.held.close();
  return found;
};

test.each([
  ['./data', 'data'],
  ['.', ''],
  ['data/../data/deep', 'data/deep'],
  ['in', 'data/deep'],
  ['not/yet/there', 'not/yet/there'],
  ['in/new', 'data/deep/new'],
])('%j lies below', async (given, path) => {
  expect(await below(given)).toMatchObject({ kind: 'below', path: join(folder, path) });
});

test('absolute paths below are allowed, also through the name by which the folder was given', async () => {
  const path = join(folder, 'data');
  expect(await below(path)).toEqual({ kind: 'below', path, found: 'folder' });
  expect(await below(join(root, 'alias', 'data'), join(root, 'alias'))).toEqual({
    kind: 'below',
    path,
    found: 'folder',
  });
});

test.each([
  '..',
  '../secret',
  '/etc',
  'data/../../secret',
  'out',
  'out/key',
  'out/new',
  'dangling',
])('%j is outside', async (given) => {
  expect(await below(given)).toMatchObject({ kind: 'outside' });
});

test('a link that leads out says the same whatever lies where it leads', async () => {
  const said = new Set<string>();
  for (const [name, to] of [
    ['to-file', join(root, 'secret', 'key')],
    ['to-folder', join(root, 'secret')],
    ['to-nothing', join(root, 'secret', 'none')],
    ['up-to-nothing', '../secret/none'],
  ] as const) {
    symlinkSync(to, join(folder, name));
    said.add(JSON.stringify(await below(name)));
    said.add(JSON.stringify(await below(`${name}/x`)));
  }
  expect([...said]).toEqual([
    JSON.stringify({ kind: 'outside', message: "leaves the project's folder by a symbolic link" }),
  ]);
});

test('links in the folder are followed as the kernel does', async () => {
  symlinkSync('../../data', join(folder, 'data', 'deep', 'up'));
  symlinkSync(join(folder, 'in'), join(folder, 'twice'));
  const found = { kind: 'below', found: 'folder' };
  expect(await below('data/deep/up')).toEqual({ ...found, path: join(folder, 'data') });
  expect(await below('data/deep/up/deep')).toEqual({ ...found, path: join(folder, 'data/deep') });
  expect(await below('twice')).toEqual({ ...found, path: join(folder, 'data/deep') });
  symlinkSync('round', join(folder, 'round'));
  expect(await below('round')).toMatchObject({ kind: 'unreadable', message: 'ELOOP' });
});

test('a folder whose name begins alike is outside', async () => {
  mkdirSync(`${folder}-other`);
  expect(await below('../project-other')).toMatchObject({ kind: 'outside' });
});

test('below a dangling link is outside: it could be pointed anywhere later', async () => {
  expect(await below('dangling/x')).toMatchObject({ kind: 'outside' });
});

test.each(['/', '/proc', '/proc/1', '/sys/', '/dev/shm', '/a/../dev', 'data', '//proc', '/a\nb'])(
  'the mount target %j is refused',
  (path) => {
    expect(refusedTarget(path, 'mount')).not.toBeNull();
  },
);

test.each(['/data', '/process', '/devices/x', '/home/me/.cache'])('%j is a target', (path) => {
  expect(refusedTarget(path, 'mount')).toBeNull();
});

test('a working directory may be the root', () => {
  expect(refusedTarget('/', 'workdir')).toBeNull();
  expect(refusedTarget('/proc/self/fd/7', 'workdir')).not.toBeNull();
});

test('targets are compared clean', () => {
  expect(['/a', '/a/', '//a', '/b/../a/.'].map(cleanTarget)).toEqual(['/a', '/a', '/a', '/a']);
});
