import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMirror, type Mirror } from '../../controller/git/mirror.ts';
import { createGit } from '../../controller/git/run.ts';
import { isChanged, layTree, type Laid } from '../../controller/git/tree.ts';
import { defaultGitLimits, type TreeEntry } from '../../controller/model/git.ts';
import { ok } from '../../controller/model/failure.ts';
import { createRepository, type Repository } from './repository.ts';

let folder: string;
let remote: Repository;
let mirror: Mirror;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mlenv-tree-'));
  remote = createRepository();
  mirror = createMirror({
    git: createGit({ home: folder, env: process.env }),
    folder: join(folder, 'mirror'),
    source: {
      url: remote.url,
      ref: 'main',
      credentials: { kind: 'none' },
      limits: defaultGitLimits,
    },
  });
});
afterEach(() => {
  remote.remove();
  rmSync(folder, { recursive: true, force: true });
});

const owner = {
  uid: process.getuid?.() === 0 ? 12_345 : (process.getuid?.() ?? 0),
  gid: process.getgid?.() ?? 0,
};
const lay = async (
  commit: string,
  from: Pick<Mirror, 'tree' | 'blobs'> = mirror,
): Promise<Laid> => {
  const laid = await layTree(from, {
    commit,
    parent: join(folder, 'trees'),
    owner,
    limits: defaultGitLimits,
  });
  if (!laid.ok) throw new Error(laid.failure.message);
  return laid.value;
};

test('a commit lies in a folder of its own, as its owner may use it', async () => {
  symlinkSync('src/run.sh', join(remote.work, 'run'));
  const id = remote.commit({ 'mlenv.yaml': 'x', 'src/run.sh': '#!/bin/sh\n', 'src/deep/a': '' });
  await mirror.fetch(null);
  const laid = await lay(id);
  expect(laid).toEqual({ folder: join(folder, 'trees', id), skipped: [] });
  expect(readFileSync(join(laid.folder, 'mlenv.yaml'), 'utf8')).toBe('x');
  expect(lstatSync(join(laid.folder, 'src/run.sh')).mode & 0o777).toBe(0o755);
  expect(readlinkSync(join(laid.folder, 'run'))).toBe('src/run.sh');
  for (const path of ['', 'src', 'src/deep/a', 'run']) {
    expect(lstatSync(join(laid.folder, path)).uid).toBe(owner.uid);
  }
  expect(existsSync(join(laid.folder, '.git'))).toBe(false);
  expect(readdirSync(join(folder, 'trees'))).toEqual([id]);
  expect(await lay(id)).toEqual(laid);
});

test('links that lead out and submodules are left out, and said to be', async () => {
  const links = {
    a: '/etc/passwd',
    b: '../../x',
    c: 'sub/../..',
    'sub/d': '../../x',
    'sub/e': '../ok',
  };
  remote.commit({ ok: '1', 'sub/f': '1' });
  for (const [path, target] of Object.entries(links)) symlinkSync(target, join(remote.work, path));
  remote.git('add', '--all');
  remote.git(
    'update-index',
    '--add',
    '--cacheinfo',
    `160000,${remote.git('rev-parse', 'HEAD')},module`,
  );
  remote.git('commit', '--quiet', '--message', 'Attack');
  remote.git('push', '--quiet', 'origin', 'HEAD:refs/heads/main');
  await mirror.fetch(null);
  const laid = await lay(remote.git('rev-parse', 'HEAD'));
  expect(laid.skipped.toSorted()).toEqual([
    'a: a link that leads out of the repository',
    'b: a link that leads out of the repository',
    'c: a link that leads out of the repository',
    'module: a submodule',
    'sub/d: a link that leads out of the repository',
  ]);
  expect(readdirSync(laid.folder).toSorted()).toEqual(['ok', 'sub']);
  expect(readlinkSync(join(laid.folder, 'sub/e'))).toBe('../ok');
});

test.each([
  '../outside',
  '/etc/cron.d/x',
  'a/../../x',
  '.git/config',
  'sub/.GIT/hooks/x',
  'git~1/config',
  '.git /config',
  '.g\u200cit/config',
  'a//b',
  './a',
  'a\\..\\b',
  'new\nline',
])('an entry named %j is written nowhere, whatever git let through', async (path) => {
  const entry: TreeEntry = { kind: 'file', blob: 'b', bytes: 1, path: Buffer.from(path) };
  const laid = await lay('c'.repeat(40), {
    tree: () => Promise.resolve(ok([entry, { ...entry, path: Buffer.from('good') }])),
    blobs: (ids) => Promise.resolve(ok(ids.map(() => Buffer.from('x')))),
  });
  expect(readdirSync(laid.folder)).toEqual(['good']);
  const shown = path.replace('\n', '\\x0a');
  expect(laid.skipped).toEqual([`${shown}: a name that no file may have`]);
});

test('nothing is written through a link: links come last', async () => {
  const entries: readonly TreeEntry[] = [
    { kind: 'symlink', blob: 'l', bytes: 4, path: Buffer.from('out') },
    { kind: 'file', blob: 'f', bytes: 1, path: Buffer.from('out/file') },
  ];
  const answer = await layTree(
    {
      tree: () => Promise.resolve(ok(entries)),
      blobs: (ids) => Promise.resolve(ok(ids.map((id) => Buffer.from(id === 'l' ? 'sub' : 'x')))),
    },
    { commit: 'd'.repeat(40), parent: join(folder, 'trees'), owner, limits: defaultGitLimits },
  );
  expect(answer).toMatchObject({ ok: false, failure: { kind: 'retry' } });
  expect(readdirSync(join(folder, 'trees'))).toEqual([]);
});

test.each([
  ['a file that was changed', (at: string) => writeFileSync(join(at, 'a'), '2')],
  ['a file that is new', (at: string) => writeFileSync(join(at, 'src/model.pt'), '')],
  ['a file that is gone', (at: string) => rmSync(join(at, 'a'))],
  ['a link that is new', (at: string) => symlinkSync('a', join(at, 'b'))],
] as const)('%s makes the folder one to keep', async (_, change) => {
  const commit = remote.commit({ a: '1', 'src/b': '1' });
  await mirror.fetch(null);
  const laid = await lay(commit);
  expect(await isChanged(mirror, { folder: laid.folder, commit })).toBe(false);
  await new Promise((resolve) => setTimeout(resolve, 20));
  change(laid.folder);
  expect(await isChanged(mirror, { folder: laid.folder, commit })).toBe(true);
});

/** Names that are no UTF-8, and two that would be the same one once each strange byte is replaced. */
const strange = ['m\xe9tier.txt', 'm\xe8tier.txt', 'd\xff/\xfe', 'ok.txt'].map((name) =>
  Buffer.from(name, 'latin1'),
);

test('names are bytes: they lie there as git has them, and count as unchanged', async () => {
  for (const name of strange) {
    const place = Buffer.concat([Buffer.from(`${remote.work}/`), name]);
    if (name.includes('/')) mkdirSync(place.subarray(0, place.lastIndexOf('/')));
    writeFileSync(place, name);
  }
  symlinkSync(strange[0] ?? '', join(remote.work, 'link'));
  const commit = remote.commit({});
  await mirror.fetch(null);
  const laid = await lay(commit);
  expect(laid.skipped).toEqual([]);
  for (const name of strange) {
    expect(readFileSync(Buffer.concat([Buffer.from(`${laid.folder}/`), name]))).toEqual(name);
  }
  expect(readlinkSync(join(laid.folder, 'link'), { encoding: 'buffer' })).toEqual(strange[0]);
  expect(readdirSync(laid.folder)).toHaveLength(5);
  expect(await isChanged(mirror, { folder: laid.folder, commit })).toBe(false);
  writeFileSync(Buffer.from(`${laid.folder}/n\xe9w`, 'latin1'), '');
  expect(await isChanged(mirror, { folder: laid.folder, commit })).toBe(true);
  await rm(laid.folder, { recursive: true });
});

test('a name that no file can have here is left out, and the rest is there', async () => {
  const entry = (path: string): TreeEntry => ({
    kind: 'file',
    blob: 'b',
    bytes: 1,
    path: Buffer.from(path, 'latin1'),
  });
  const long = Array.from({ length: 20 }, () => 'd'.repeat(250)).join('/');
  const from = {
    tree: () =>
      Promise.resolve(
        ok([entry('x'.repeat(256)), entry(long), entry('b\xe9/.git/x'), entry('good')]),
      ),
    blobs: (ids: readonly string[]) => Promise.resolve(ok(ids.map(() => Buffer.from('x')))),
  };
  const commit = 'c'.repeat(40);
  const laid = await lay(commit, from);
  expect(readdirSync(laid.folder)).toEqual(['good']);
  expect(laid.skipped).toEqual([
    `${'x'.repeat(256)}: a name that is too long`,
    `${long}: a name that is too long`,
    'b\\xe9/.git/x: a name that no file may have',
  ]);
  expect(await isChanged(from, { folder: laid.folder, commit })).toBe(false);
});
