import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMirror, type Mirror } from '../../controller/git/mirror.ts';
import { createGit, type Git } from '../../controller/git/run.ts';
import { defaultGitLimits, type RemoteSource } from '../../controller/model/git.ts';
import { createRepository, serveOverHttp, type Repository } from './repository.ts';

let folder: string;
let remote: Repository;
let git: Git;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mlenv-mirror-'));
  remote = createRepository();
  git = createGit({ home: folder, env: process.env });
});
afterEach(() => {
  remote.remove();
  rmSync(folder, { recursive: true, force: true });
});

const sourceOf = (over: Partial<RemoteSource> = {}): RemoteSource => ({
  url: remote.url,
  ref: 'main',
  credentials: { kind: 'none' },
  limits: { ...defaultGitLimits, timeoutMs: 20_000 },
  ...over,
});
const mirrorOf = (over: Partial<RemoteSource> = {}): Mirror =>
  createMirror({ git, folder: join(folder, 'mirror'), source: sourceOf(over) });

test('brings the newest commit with who made it, and reads its files', async () => {
  const id = remote.commit(
    { 'mlenv.yaml': 'apiVersion: mlenv/v1\n', 'src/a.txt': 'ä' },
    'First words',
  );
  const mirror = mirrorOf();
  const fetched = await mirror.fetch(null);
  expect(fetched).toMatchObject({
    ok: true,
    value: {
      commit: { id, author: 'Alice', subject: 'First words' },
      isForward: true,
    },
  });
  const tree = await mirror.tree(id);
  if (!tree.ok) throw new Error(tree.failure.message);
  expect(tree.value.map(({ path, kind, bytes }) => ({ path: String(path), kind, bytes }))).toEqual([
    { path: 'mlenv.yaml', kind: 'file', bytes: 21 },
    { path: 'src/a.txt', kind: 'file', bytes: 2 },
  ]);
  const blobs = await mirror.blobs(
    tree.value.map(({ blob }) => blob),
    1000,
  );
  expect(blobs.ok && blobs.value.map(String)).toEqual(['apiVersion: mlenv/v1\n', 'ä']);
});

test('tells a step forward from history that was written anew', async () => {
  const first = remote.commit({ a: '1' });
  const mirror = mirrorOf();
  await mirror.fetch(null);
  remote.commit({ a: '2' });
  const third = remote.commit({ a: '3' });
  const forward = { value: { commit: { id: third }, isForward: true } };
  expect(await mirror.fetch(first)).toMatchObject(forward);
  expect(await mirror.fetch(third)).toMatchObject(forward);

  remote.git('reset', '--quiet', '--hard', first);
  const other = remote.commit({ a: 'other' });
  const anew = { value: { commit: { id: other }, isForward: false } };
  expect(await mirror.fetch(third)).toMatchObject(anew);
  // Asked again, as after a kill in between, it is no other answer.
  expect(await mirror.fetch(third)).toMatchObject(anew);
  expect(await mirror.fetch(other)).toMatchObject({ value: { isForward: true } });
  remote.git('reset', '--quiet', '--hard', first);
  remote.git('push', '--quiet', '--force', 'origin', 'HEAD:refs/heads/main');
  expect(await mirror.fetch(other)).toMatchObject({
    value: { commit: { id: first }, isForward: false },
  });
});

test('a remote that is not there, or has no such branch, is a failure in its own words', async () => {
  remote.commit({ a: '1' });
  expect(await mirrorOf({ ref: 'nothing' }).fetch(null)).toMatchObject({
    ok: false,
    failure: {
      kind: 'retry',
      message: expect.stringContaining("couldn't find remote ref refs/heads/nothing") as unknown,
    },
  });
  remote.remove();
  expect(await mirrorOf().fetch(null)).toMatchObject({ ok: false, failure: { kind: 'retry' } });
});

test.each([
  'ext::sh -c touch%20/tmp/owned',
  '--upload-pack=touch /tmp/owned',
  'https://token@host/x.git',
  'https://user:secret@host/x.git',
  'ssh://-oProxyCommand=touch/x',
  '-oProxyCommand=x:y',
  'fd::17',
  'git://host/x.git',
  'file://host/x.git',
  '/srv/x.git',
  '../x.git',
  'https://host/x.git\n--upload-pack=x',
])('never asks git for %j', async (url) => {
  expect(await mirrorOf({ url }).fetch(null)).toMatchObject({
    ok: false,
    failure: { kind: 'terminal' },
  });
  expect(existsSync(join(folder, 'mirror'))).toBe(false);
});

test.each([
  '--upload-pack=x',
  '-x',
  'a..b',
  'a:b',
  '+main',
  'main^',
  'a b',
  '',
  '@{u}',
  'x.lock',
  '/a',
])('never asks for a ref such as %j', async (ref) => {
  remote.commit({ a: '1' });
  const answer = await mirrorOf({ ref }).fetch(null);
  expect(answer.ok).toBe(false);
});

test('more files than the limit are refused', async () => {
  const id = remote.commit(
    Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`f${i}`, 'x'])),
  );
  const mirror = mirrorOf({ limits: { ...defaultGitLimits, maxFiles: 10 } });
  await mirror.fetch(null);
  expect(await mirror.tree(id)).toMatchObject({
    failure: { kind: 'terminal', message: 'it has 12 files; at most 10 are taken' },
  });
});

test('a hook, a filter and a configuration of somebody else have no word in it', async () => {
  const owned = join(folder, 'owned');
  const home = join(folder, 'home');
  const hook = join(folder, 'hooks');
  execHostile(home, hook, owned);
  remote.commit({ '.gitattributes': '* filter=evil\n', a: '1' });
  const hostile = createGit({
    home,
    env: { ...process.env, GIT_CONFIG_GLOBAL: join(home, '.gitconfig'), XDG_CONFIG_HOME: home },
  });
  const mirror = createMirror({ git: hostile, folder: join(folder, 'mirror'), source: sourceOf() });
  expect((await mirror.fetch(null)).ok).toBe(true);
  expect(existsSync(owned)).toBe(false);
});

const execHostile = (home: string, hooks: string, owned: string): void => {
  for (const each of [home, hooks]) mkdirSync(each);
  const hook = join(hooks, 'reference-transaction');
  writeFileSync(hook, `#!/bin/sh\ntouch ${owned}\n`);
  chmodSync(hook, 0o755);
  writeFileSync(
    join(home, '.gitconfig'),
    `[core]\n\thooksPath = ${hooks}\n\tfsmonitor = "touch ${owned}"\n[filter "evil"]\n\tsmudge = touch ${owned}\n`,
  );
};

test('over http with a token that stands in a file, and in no argument', async () => {
  const id = remote.commit({ a: '1' });
  const served = await serveOverHttp(remote.folder, { user: 'deploy', password: 'canary-4711' });
  try {
    const file = join(folder, 'token');
    writeFileSync(file, 'canary-4711\n', { mode: 0o600 });
    const mirror = mirrorOf({
      url: served.url,
      credentials: { kind: 'token', user: 'deploy', file },
    });
    expect(await mirror.fetch(null)).toMatchObject({ ok: true, value: { commit: { id } } });
    const config = readFileSync(join(folder, 'mirror', 'repository.git', 'config'), 'utf8');
    expect(config).not.toContain('canary');

    writeFileSync(file, 'wrong\n');
    const refused = await mirror.fetch(null);
    expect(refused).toMatchObject({ ok: false });
    expect(JSON.stringify(refused)).not.toContain('wrong');
    expect(await mirrorOf({ url: served.url }).fetch(null)).toMatchObject({ ok: false });
  } finally {
    await served.close();
  }
});

test('a damaged mirror is made anew', async () => {
  const id = remote.commit({ a: '1' });
  await mirrorOf().fetch(null);
  rmSync(join(folder, 'mirror', 'repository.git', 'HEAD'));
  expect(await mirrorOf().fetch(null)).toMatchObject({
    ok: true,
    value: { commit: { id } },
  });
});

test('at most so many processes run at once', async () => {
  const program = join(folder, 'slow-git');
  const log = join(folder, 'log');
  writeFileSync(program, `#!/bin/sh\necho + >>${log}; sleep 0.2; echo - >>${log}\n`);
  chmodSync(program, 0o755);
  const slow = createGit({ program, home: folder, env: process.env, limit: 3 });
  await Promise.all(Array.from({ length: 9 }, () => slow({ args: ['version'], timeoutMs: 9000 })));
  let running = 0;
  const seen = readFileSync(log, 'utf8')
    .trim()
    .split('\n')
    .map((line) => (running += line === '+' ? 1 : -1));
  expect(seen).toHaveLength(18);
  expect(Math.max(...seen)).toBe(3);
});
