import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMirror, type Mirror } from '../../controller/git/mirror.ts';
import { createGit } from '../../controller/git/run.ts';
import { defaultGitLimits, type Fetched, type RemoteSource } from '../../controller/model/git.ts';
import type { Result } from '../../controller/model/failure.ts';
import { createRepository, type Repository } from './repository.ts';

/** Which commit a name stands for, and which repositories can be followed at all. */

let folder: string;
let remote: Repository;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mlenv-refs-'));
  remote = createRepository();
});
afterEach(() => {
  remote.remove();
  rmSync(folder, { recursive: true, force: true });
});

const mirrorOf = (over: Partial<RemoteSource> = {}): Mirror =>
  createMirror({
    git: createGit({ home: folder, env: process.env }),
    folder: join(folder, 'mirror'),
    source: {
      url: remote.url,
      ref: 'main',
      credentials: { kind: 'none' },
      limits: { ...defaultGitLimits, timeoutMs: 20_000 },
      ...over,
    },
  });

const messageOf = (answer: Result<Fetched>): string =>
  answer.ok ? `fetched ${answer.value.commit.id}` : answer.failure.message;

const push = (...refs: readonly string[]): void => {
  remote.git('push', '--quiet', '--force', 'origin', ...refs);
};

test('a tag of the same name never comes before the branch, and is told of', async () => {
  const first = remote.commit({ a: '1' });
  const mirror = mirrorOf();
  expect(await mirror.fetch(null)).toMatchObject({ value: { commit: { id: first }, note: '' } });
  const attack = remote.git('commit-tree', '-p', first, '-m', 'Attack', `${first}^{tree}`);
  push(`${attack}:refs/tags/main`);
  // The branch did not move, so there is nothing to tell of yet.
  expect(await mirror.fetch(first)).toMatchObject({ value: { commit: { id: first }, note: '' } });
  const second = remote.commit({ a: '2' });
  expect(await mirror.fetch(first)).toMatchObject({
    value: {
      commit: { id: second },
      note: 'main is a branch and a tag: the branch is followed; ref: refs/tags/main would follow the tag',
    },
  });
  const full = mirrorOf({ ref: 'refs/heads/main' });
  const third = remote.commit({ a: '3' });
  expect(await full.fetch(second)).toMatchObject({ value: { commit: { id: third }, note: '' } });
  expect(await mirrorOf({ ref: 'refs/tags/main' }).fetch(null)).toMatchObject({
    value: { commit: { id: attack }, note: '' },
  });
});

test('a tag is followed where it is asked for, one with a message too', async () => {
  const id = remote.commit({ a: '1' });
  remote.git('tag', '--annotate', '--message', 'One', 'v1');
  push('v1');
  remote.commit({ a: '2' });
  expect(await mirrorOf({ ref: 'refs/tags/v1' }).fetch(null)).toMatchObject({
    value: { commit: { id }, note: '' },
  });
  expect(messageOf(await mirrorOf({ ref: 'v1' }).fetch(null))).toBe(
    "fatal: couldn't find remote ref refs/heads/v1: there is no branch v1, and a tag of that name: ref: refs/tags/v1 follows it",
  );
});

test('a name that is not there is told with what there is', async () => {
  expect(messageOf(await mirrorOf().fetch(null))).toMatch(/: the remote has no branch yet$/);
  const id = remote.commit({ a: '1' });
  push('HEAD:refs/heads/dev');
  expect(messageOf(await mirrorOf({ ref: 'master' }).fetch(null))).toBe(
    "fatal: couldn't find remote ref refs/heads/master: its branches are dev, main",
  );
  expect(messageOf(await mirrorOf({ ref: id }).fetch(null))).toMatch(
    /: a commit does not move, and is not followed: name a branch, /,
  );
});

test('a repository that hashes by SHA-256 is followed; that it took the place of another is told', async () => {
  const old = remote.commit({ a: '1' });
  await mirrorOf().fetch(null);
  const other = createRepository('sha256');
  try {
    const first = other.commit({ 'mlenv.yaml': 'x' });
    expect(first).toHaveLength(64);
    const mirror = mirrorOf({ url: other.url });
    expect(await mirror.fetch(null)).toMatchObject({ value: { commit: { id: first } } });
    expect(await mirror.fetch(old)).toMatchObject({ value: { isForward: false } });
    const second = other.commit({ 'mlenv.yaml': 'y' });
    expect(await mirror.fetch(first)).toMatchObject({
      value: { commit: { id: second }, isForward: true },
    });
    const tree = await mirror.tree(second);
    expect(tree.ok && tree.value.map(({ path }) => String(path))).toEqual(['mlenv.yaml']);
    // And back.
    expect(await mirrorOf().fetch(second)).toMatchObject({
      value: { commit: { id: old }, isForward: false },
    });
  } finally {
    other.remove();
  }
});

test('a remote that is a shallow clone itself is followed on', async () => {
  remote.commit({ a: '1' });
  const shallow = join(remote.folder, 'shallow');
  const inIt = (...args: readonly string[]): string => remote.git('-C', shallow, ...args);
  remote.git('clone', '--quiet', '--depth=1', remote.url, shallow);
  const mirror = mirrorOf({ url: `file://${shallow}` });
  const first = inIt('rev-parse', 'HEAD');
  expect(await mirror.fetch(null)).toMatchObject({ value: { commit: { id: first } } });
  const newest = remote.commit({ a: '2' });
  inIt('fetch', '--quiet', '--depth=1', 'origin', 'main');
  inIt('reset', '--quiet', '--hard', 'FETCH_HEAD');
  // Its history ends before the one that is known, so that nobody can say that it follows it.
  expect(await mirror.fetch(first)).toMatchObject({
    value: { commit: { id: newest }, isForward: false },
  });
});

test('a server that only hands out files is refused, with what to do', async () => {
  remote.commit({ a: '1' });
  remote.git('--git-dir', join(remote.folder, 'remote.git'), 'update-server-info');
  const server = createServer((incoming, outgoing) => {
    void readFile(join(remote.folder, (incoming.url ?? '').replace(/\?.*/, ''))).then(
      (content) => outgoing.end(content),
      () => outgoing.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/remote.git`;
    expect(messageOf(await mirrorOf({ url }).fetch(null))).toMatch(
      /^fatal: dumb http transport does not support shallow capabilities: .*git http-backend/,
    );
  } finally {
    await new Promise<void>((resolve) => void server.close(() => resolve()));
  }
});

test.runIf(process.getuid?.() === 0)(
  "another user's repository on this machine is refused, with what helps",
  async () => {
    remote.commit({ a: '1' });
    chownSync(join(remote.folder, 'remote.git'), 12_345, 12_345);
    const said = messageOf(await mirrorOf().fetch(null));
    expect(said).toMatch(/^fatal: detected dubious ownership in repository at /);
    expect(said).toContain('belongs to another user');
    expect(said).not.toContain('safe.directory');
  },
);
