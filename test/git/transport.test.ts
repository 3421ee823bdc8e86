import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMirror, type Mirror } from '../../controller/git/mirror.ts';
import { createGit } from '../../controller/git/run.ts';
import { defaultGitLimits, type GitLimits, type RemoteSource } from '../../controller/model/git.ts';
import { createRepository, serveOverHttp, type Repository } from './repository.ts';

/** How a remote is reached, and what it may not do to us. */

let root: string;
let remote: Repository;
const cleanUp: (() => Promise<void>)[] = [];
const login = { user: 'deploy', password: 'canary-4711' };

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mlenv-transport-'));
  remote = createRepository();
  writeFileSync(join(root, 'token'), `${login.password}\n`, { mode: 0o600 });
});
afterEach(async () => {
  for (const step of cleanUp.splice(0)) await step();
  remote.remove();
  rmSync(root, { recursive: true, force: true });
});

/** In place of a program: writes down how it was called, and goes on as `then` says. */
const standIn = (name: string, then: string): void => {
  mkdirSync(join(root, 'bin'), { recursive: true });
  const program = join(root, 'bin', name);
  const log = join(root, name);
  writeFileSync(
    program,
    `#!/bin/sh\nprintf '%s\\n' "$@" >>${log}.args\nenv >>${log}.env\n${then}\n`,
  );
  chmodSync(program, 0o755);
};

const mirrorOf = (
  over: Partial<RemoteSource>,
  env: Readonly<Record<string, string>> = {},
  limits: Partial<GitLimits> = {},
): Mirror =>
  createMirror({
    git: createGit({ home: root, env: { PATH: process.env['PATH'], ...env } }),
    folder: join(root, 'mirror'),
    source: {
      url: remote.url,
      ref: 'main',
      credentials: { kind: 'none' },
      limits: { ...defaultGitLimits, timeoutMs: 20_000, ...limits },
      ...over,
    },
  });

const withToken = (url: string): Pick<RemoteSource, 'url' | 'credentials'> => ({
  url,
  credentials: { kind: 'token', user: login.user, file: join(root, 'token') },
});

const serve = async (stopAfterBytes?: number) => {
  const served = await serveOverHttp(remote.folder, {
    ...login,
    ...(stopAfterBytes === undefined ? {} : { stopAfterBytes }),
  });
  cleanUp.push(() => served.close());
  return served;
};

const noise = (bytes: number): string => {
  const text = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; at += 4) text.writeUInt32LE((Math.random() * 2 ** 32) >>> 0, at);
  return text.toString('latin1');
};
const packs = (): readonly string[] =>
  readdirSync(join(root, 'mirror', 'repository.git', 'objects', 'pack'));

test('over http a token stands in no argument, no variable and nothing that is left', async () => {
  const id = remote.commit({ a: '1' });
  const { url } = await serve();
  standIn('git', `PATH=${process.env['PATH'] ?? ''} exec git "$@"`);
  const path = `${join(root, 'bin')}:${process.env['PATH'] ?? ''}`;
  const fetched = await mirrorOf(withToken(url), { PATH: path, HOME: '/root', CANARY: 'x' }).fetch(
    null,
  );
  expect(fetched).toMatchObject({ ok: true, value: { commit: { id } } });
  const called = readFileSync(join(root, 'git.args'), 'utf8');
  const env = readFileSync(join(root, 'git.env'), 'utf8');
  expect(called).toContain(url);
  expect(called + env).not.toContain(login.password);
  expect(env).not.toContain('CANARY');
  for (const file of readdirSync(join(root, 'mirror'), { recursive: true, encoding: 'utf8' })) {
    if (/\.(?:pack|idx)$/.test(file) || !/(?:askpass|config|HEAD)$/.test(file)) continue;
    expect(readFileSync(join(root, 'mirror', file), 'utf8'), file).not.toContain(login.password);
  }
});

test('a server that sends elsewhere is not followed there', async () => {
  remote.commit({ a: '1' });
  const { url, asked } = await serve();
  const sender = createServer((incoming, outgoing) => {
    outgoing.writeHead(302, {
      Location: `${url}${(incoming.url ?? '').replace('/remote.git', '')}`,
    });
    outgoing.end();
  });
  await new Promise<void>((resolve) => void sender.listen(0, '127.0.0.1', resolve));
  cleanUp.push(() => new Promise((resolve) => void sender.close(() => resolve())));
  const { port } = sender.address() as AddressInfo;
  const from = withToken(`http://127.0.0.1:${port}/remote.git`);
  expect(await mirrorOf(from).fetch(null)).toMatchObject({ ok: false });
  expect(asked()).toBe(0);
});

test('what is too large is given up while it comes, and git with it', async () => {
  remote.commit({ big: noise(3 * 2 ** 20) });
  // It never ends: nothing but the limit can end it.
  const served = await serve(2 * 2 ** 20);
  const mirror = mirrorOf(withToken(served.url), {}, { maxBytes: 2 ** 20 });
  expect(await mirror.fetch(null)).toMatchObject({
    ok: false,
    failure: { kind: 'retry', message: 'the repository is larger than 1 MB, and was given up' },
  });
  await served.hungUp;
  expect(packs()).toEqual([]);
});

test('so is what takes too long, and what nobody waits for any more', async () => {
  remote.commit({ big: noise(2 ** 20) });
  const served = await serve(2 ** 18);
  const slow = await mirrorOf(withToken(served.url), {}, { timeoutMs: 1000 }).fetch(null);
  expect(slow).toMatchObject({ failure: { message: 'git did not end within 1 s' } });
  await served.hungUp;
  const stop = new AbortController();
  const waiting = mirrorOf(withToken(served.url)).fetch(null, stop.signal);
  stop.abort();
  expect(await waiting).toMatchObject({ failure: { message: 'it was given up' } });
  expect(packs()).toEqual([]);
});

test('a small pack that holds a large file is no way around the limit', async () => {
  const id = remote.commit({ zeros: '\0'.repeat(8 * 2 ** 20) });
  const mirror = mirrorOf({}, {}, { maxBytes: 2 ** 20 });
  expect(await mirror.fetch(null)).toMatchObject({ ok: true });
  expect(await mirror.tree(id)).toMatchObject({
    failure: { kind: 'terminal', message: expect.stringContaining('8388608 bytes') as unknown },
  });
});

test('over ssh there is the key that is named, known hosts, no agent and no question', async () => {
  const id = remote.commit({ a: '1' });
  standIn('ssh', 'for last; do :; done\nexec sh -c "$last"');
  const key = join(root, "ada's key");
  writeFileSync(key, 'canary-key', { mode: 0o600 });
  const url = `ssh://git@git.lab${remote.folder}/remote.git`;
  const mirror = mirrorOf(
    { url, credentials: { kind: 'key', file: key, knownHosts: '/etc/mlenv/known_hosts' } },
    {
      PATH: `${join(root, 'bin')}:${process.env['PATH'] ?? ''}`,
      SSH_AUTH_SOCK: '/run/agent.sock',
      SSH_ASKPASS: '/usr/bin/ask',
      GIT_SSH_COMMAND: 'false',
      DISPLAY: ':0',
    },
  );
  expect(await mirror.fetch(null)).toMatchObject({ ok: true, value: { commit: { id } } });
  const args = readFileSync(join(root, 'ssh.args'), 'utf8').split('\n');
  expect(args[args.indexOf('-i') + 1]).toBe(key);
  expect(args[args.indexOf('-F') + 1]).toBe('/dev/null');
  const options = args.filter((_, at) => args[at - 1] === '-o');
  expect(options).toEqual(
    expect.arrayContaining([
      'BatchMode=yes',
      'StrictHostKeyChecking=yes',
      'IdentitiesOnly=yes',
      'IdentityAgent=none',
      'ForwardAgent=no',
      'PermitLocalCommand=no',
      'UserKnownHostsFile=/etc/mlenv/known_hosts',
    ]),
  );
  expect(args).toContain('git@git.lab');
  const env = readFileSync(join(root, 'ssh.env'), 'utf8');
  expect(env).not.toMatch(/SSH_AUTH_SOCK|DISPLAY|canary/);
  expect(env).toContain('SSH_ASKPASS=/bin/false');
  expect(existsSync(join(root, 'mirror', 'askpass'))).toBe(false);
});

test('without a key ssh knows nobody, and a refusal is told in its own words', async () => {
  standIn('ssh', 'echo "git@git.lab: Permission denied (publickey)." >&2; exit 255');
  const fetched = await mirrorOf(
    { url: 'git@git.lab:vision.git' },
    { PATH: `${join(root, 'bin')}:${process.env['PATH'] ?? ''}` },
  ).fetch(null);
  expect(fetched).toMatchObject({
    failure: { kind: 'retry', message: expect.stringContaining('Permission denied') as unknown },
  });
  expect(readFileSync(join(root, 'ssh.args'), 'utf8')).not.toContain('\n-i\n');
});
