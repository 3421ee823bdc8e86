import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMirror, type Mirror } from '../../controller/git/mirror.ts';
import { createGit, type Git } from '../../controller/git/run.ts';
import { createSourceTrees } from '../../controller/git/trees.ts';
import { secretTrouble } from '../../controller/notify/private-file.ts';
import { defaultGitLimits, type SourceConfig } from '../../controller/model/git.ts';
import { createRepository, type Repository } from './repository.ts';

let root: string;
let remote: Repository;
let git: Git;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mlenv-upkeep-'));
  remote = createRepository();
  git = createGit({ home: root, env: process.env });
});
afterEach(() => {
  remote.remove();
  rmSync(root, { recursive: true, force: true });
});

const source = (maxBytes = defaultGitLimits.maxBytes): SourceConfig => ({
  name: 'vision',
  url: remote.url,
  ref: 'main',
  path: '',
  owner: null,
  pollMs: 60_000,
  hookSecretFile: null,
  credentials: { kind: 'none' },
  limits: { ...defaultGitLimits, maxBytes },
});
const folder = (): string => join(root, '.mirrors', 'vision');
const mirrorOf = (maxPacks: number, maxBytes?: number): Mirror =>
  createMirror({ git, folder: folder(), source: source(maxBytes), maxPacks });
const inMirror = (...names: readonly string[]): string =>
  join(folder(), 'repository.git', ...names);
const packs = (): readonly string[] =>
  readdirSync(inMirror('objects', 'pack')).filter((name) => name.endsWith('.pack'));
const take = async (mirror: Mirror, since: string | null): Promise<boolean> => {
  const fetched = await mirror.fetch(since);
  if (!fetched.ok) throw new Error(fetched.failure.message);
  return fetched.value.isForward;
};
/** What no pack makes smaller. */
const noise = (bytes: number): string => {
  const characters = Array.from({ length: bytes }, () => 33 + Math.floor(Math.random() * 90));
  return String.fromCharCode(...characters);
};

test('of many packs one is made, and what is kept stays readable although no branch leads there', async () => {
  const mirror = mirrorOf(2);
  const first = remote.commit({ a: '1' });
  await take(mirror, null);
  const second = remote.commit({ a: '2' });
  await take(mirror, first);
  await mirror.tidy([]);
  expect(packs()).toHaveLength(2);

  remote.git('reset', '--quiet', '--hard', first);
  const dropped = remote.commit({ a: 'dropped' });
  await take(mirror, second);
  remote.git('reset', '--quiet', '--hard', first);
  const last = remote.commit({ a: '4' });
  await take(mirror, dropped);
  await mirror.tidy([second, 'f'.repeat(40)]);
  expect(packs()).toHaveLength(1);
  expect((await mirror.tree(second)).ok).toBe(true);
  expect((await mirror.tree(last)).ok).toBe(true);
  expect((await mirror.commit(dropped)).ok).toBe(false);

  // Later, the second is not in use any more.
  let before = last;
  for (const a of ['5', '6']) {
    const next = remote.commit({ a });
    expect(await take(mirror, before)).toBe(true);
    before = next;
  }
  await mirror.tidy([]);
  expect(packs()).toHaveLength(1);
  expect((await mirror.commit(second)).ok).toBe(false);
  expect((await mirror.commit(first)).ok).toBe(true);
});

test('a history that is too large ends with what is kept, and goes on from there', async () => {
  const mirror = mirrorOf(2, 64_000);
  let before: string | null = null;
  const ids: string[] = [];
  for (let at = 0; at < 5; at += 1) {
    const id = remote.commit({ a: noise(20_000), b: `${at}` });
    await take(mirror, before);
    ids.push(id);
    before = id;
  }
  const [oldest = '', , third = '', , newest = ''] = ids;
  await mirror.tidy([third]);
  expect((await mirror.commit(oldest)).ok).toBe(false);
  expect((await mirror.tree(third)).ok).toBe(true);
  const next = remote.commit({ b: 'next' });
  expect(await take(mirror, newest)).toBe(true);
  expect((await mirror.tree(next)).ok).toBe(true);
  remote.git('reset', '--quiet', '--hard', oldest);
  remote.commit({ b: 'another past' });
  expect(await take(mirror, next)).toBe(false);
});

test('what a killed git left is in nobody’s way', async () => {
  const mirror = mirrorOf(50);
  const first = remote.commit({ a: '1' });
  await take(mirror, null);
  for (const name of ['shallow.lock', 'packed-refs.lock', 'refs/mlenv/newest.lock']) {
    writeFileSync(inMirror(name), '');
  }
  writeFileSync(inMirror('objects/pack/tmp_pack_a1b2c3'), noise(1000));
  remote.commit({ a: '2' });
  expect(await take(mirror, first)).toBe(true);
  expect(readdirSync(inMirror('objects/pack')).filter((name) => name.startsWith('tmp_'))).toEqual(
    [],
  );
});

test('nothing is left of a source that is retired but a tree that somebody changed', async () => {
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const trees = createSourceTrees({
    git,
    root,
    ownerOf: () => Promise.resolve(owner),
    secretTrouble,
  });
  const { signal } = new AbortController();
  const lay = async (): Promise<string> => {
    const id = remote.commit({ 'a/b': `${Math.random()}` });
    expect((await trees.fetch(source(), null, signal)).ok).toBe(true);
    expect((await trees.lay(source(), id)).ok).toBe(true);
    return join(root, 'vision', id);
  };
  const [one, two, three] = [await lay(), await lay(), await lay()];
  writeFileSync(join(two, 'checkpoint.pt'), 'hours of work');
  expect(await trees.prune(source(), [three.slice(-40)])).toEqual([two]);
  expect([one, two, three].map((tree) => existsSync(tree))).toEqual([false, true, true]);
  expect(await trees.retire('vision')).toEqual([two]);
  expect(readdirSync(join(root, 'vision'))).toEqual([two.slice(-40)]);
  expect(existsSync(folder())).toBe(false);

  // Asked again, as after a kill, it is the same; and with that gone, nothing is left at all.
  expect(await trees.retire('vision')).toEqual([two]);
  rmSync(two, { recursive: true });
  expect(await trees.retire('vision')).toEqual([]);
  expect(existsSync(join(root, 'vision'))).toBe(false);
});

test('a token that others may read is not used, and its file is named', async () => {
  const file = join(root, 'vision.token');
  writeFileSync(file, 'a token\n', { mode: 0o644 });
  const trees = createSourceTrees({
    git: () => Promise.reject(new Error('nobody is asked')),
    root,
    ownerOf: () => Promise.resolve(null),
    secretTrouble,
  });
  const asked = { ...source(), credentials: { kind: 'token', user: 'git', file } as const };
  expect(await trees.fetch(asked, null, new AbortController().signal)).toMatchObject({
    ok: false,
    failure: {
      message: `the token of vision: ${file} may be read or written by others: chmod 600 ${file}`,
    },
  });
});
