import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dockerCredentials } from '../../controller/catalog/docker-config.ts';
import { createLogins } from '../../controller/catalog/logins.ts';
import { systemRandom } from '../../controller/loop/random.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'mlenv-logins-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const { signal } = new AbortController();
const file = (): string => join(home, '.docker/config.json');
const env = () => ({ HOME: home, PATH: `${home}:${process.env['PATH']}` });

/** A registry with a token server beside it, which takes the password "right" alone. */
const registry = (url: string, headers: Headers): Response => {
  const basic = headers.get('authorization') ?? '';
  if (url.startsWith('https://r.example/token')) {
    const isRight = atob(basic.replace('Basic ', '')).endsWith(':right');
    return isRight ? new Response('{"token":"t"}') : new Response('{}', { status: 401 });
  }
  if (url.startsWith('https://open.example')) return new Response('{}');
  if (url.startsWith('https://other.example/')) {
    const realm = 'Bearer realm="https://evil.example/token"';
    return new Response('{}', { status: 401, headers: { 'www-authenticate': realm } });
  }
  if (url.startsWith('https://evil.example/'))
    return new Response(`{"token":"${basic || 'none'}"}`);
  if (basic === 'Bearer t') return new Response('{}');
  const realm = 'Bearer realm="https://r.example/token?scope=repository:x:pull",service="r"';
  return new Response('{}', { status: 401, headers: { 'www-authenticate': realm } });
};

const setUp = () => {
  const seen: string[] = [];
  const logins = createLogins({
    clock: createSimulatedClock(),
    random: systemRandom(),
    attempts: 1,
    env: env(),
    registries: () => [],
    fetch: (url, init) => {
      seen.push(url);
      return Promise.resolve(registry(url, new Headers(init.headers)));
    },
  });
  const login = (name: string, secret = 'right', user = 'ada') =>
    logins.login({ registry: name, user, secret }, signal);
  const logout = (name: string) => logins.logout(name, signal);
  return { seen, login, logout };
};

const configure = (config: object | string): void => {
  mkdirSync(join(home, '.docker'), { recursive: true });
  writeFileSync(file(), typeof config === 'string' ? config : JSON.stringify(config), {
    mode: 0o600,
  });
};

const helper = (): void => {
  const path = join(home, 'docker-credential-test');
  const script = `#!/bin/sh
case "$1" in
  store) cat >${home}/kept ;;
  get) test -e ${home}/kept && cat ${home}/kept || { echo "credentials not found in native keychain"; exit 1; } ;;
  erase) rm ${home}/kept ;;
esac`;
  writeFileSync(path, script);
  chmodSync(path, 0o755);
};

describe('login', () => {
  it('is checked, without a repository, and kept where nobody else reads it', async () => {
    const { login, seen } = setUp();
    expect(await login('https://r.example/')).toEqual({
      ok: true,
      value: { place: file(), checked: true },
    });
    expect(seen).toEqual([
      'https://r.example/v2/',
      'https://r.example/token?service=r',
      'https://r.example/v2/',
    ]);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, '.docker')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(home, '.docker'))).toEqual(['config.json']);
    expect(await dockerCredentials({ env: env() }).of('r.example', signal)).toEqual({
      ok: true,
      value: { kind: 'password', user: 'ada', secret: 'right' },
    });
  });

  it('that is not taken is kept nowhere', async () => {
    const { login } = setUp();
    expect(await login('r.example', 'wrong')).toMatchObject({
      fault: { code: 'LoginNeeded', cure: expect.stringContaining('ada') },
    });
    expect(existsSync(file())).toBe(false);
  });

  it('is not told to a token server that is not known for the registry', async () => {
    const { login } = setUp();
    expect(await login('other.example')).toMatchObject({ fault: { code: 'TokenServerUnknown' } });
    expect(existsSync(file())).toBe(false);
  });

  it('that nobody asks for is kept, and told to be unchecked', async () => {
    expect(await setUp().login('open.example')).toMatchObject({ value: { checked: false } });
  });

  it('takes the place of the one before under all its names, and leaves all else as it is', async () => {
    configure({
      auths: { 'https://r.example/v2/': { auth: 'b2xk' }, 'a.io': { auth: 'YTpi' } },
      detachKeys: 'ctrl-x',
    });
    await setUp().login('r.example');
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toEqual({
      auths: { 'a.io': { auth: 'YTpi' }, 'r.example': { auth: btoa('ada:right') } },
      detachKeys: 'ctrl-x',
    });
  });

  it('goes through a link, which stays one', async () => {
    mkdirSync(join(home, '.docker'));
    const real = join(home, 'dotfiles.json');
    writeFileSync(real, '{}', { mode: 0o600 });
    symlinkSync(real, file());
    expect((await setUp().login('r.example')).ok).toBe(true);
    expect(readFileSync(real, 'utf8')).toContain('r.example');
    expect(statSync(file()).ino).toBe(statSync(real).ino);
  });

  it('does not write over what it cannot read', async () => {
    configure('{ "auths": ');
    expect(await setUp().login('r.example')).toMatchObject({
      fault: { code: 'CredentialTrouble' },
    });
    expect(readFileSync(file(), 'utf8')).toBe('{ "auths": ');
  });

  it('is kept by the helper where one is named', async () => {
    helper();
    configure({ credsStore: 'test' });
    expect(await setUp().login('r.example')).toMatchObject({
      value: { place: 'docker-credential-test' },
    });
    expect(JSON.parse(readFileSync(join(home, 'kept'), 'utf8'))).toEqual({
      ServerURL: 'r.example',
      Username: 'ada',
      Secret: 'right',
    });
    expect(readFileSync(file(), 'utf8')).not.toContain(btoa('ada:right'));
  });

  it.each([
    ['a/b', 'right', 'ada', 'BadReference'],
    ['', 'right', 'ada', 'BadReference'],
    ['r.example', '', 'ada', 'CredentialTrouble'],
    ['r.example', 'two\nlines', 'ada', 'CredentialTrouble'],
    ['r.example', 'right', 'a:b', 'CredentialTrouble'],
    ['r.example', 'right', '', 'CredentialTrouble'],
  ])('of %j with %j by %j is no login', async (name, secret, user, code) => {
    const { login, seen } = setUp();
    expect(await login(name, secret, user)).toMatchObject({ fault: { code } });
    expect(seen).toEqual([]);
  });
});

describe('logout', () => {
  it('takes it out of the file under all its names, and asks no registry', async () => {
    configure({
      auths: { 'https://index.docker.io/v1/': { auth: 'YTpi' }, 'a.io': { auth: 'YTpi' } },
    });
    const { logout, seen } = setUp();
    expect(await logout('docker.io')).toEqual({ ok: true, value: file() });
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toEqual({
      auths: { 'a.io': { auth: 'YTpi' } },
    });
    expect(await logout('docker.io')).toEqual({ ok: true, value: null });
    expect(seen).toEqual([]);
  });

  it('has the helper forget it', async () => {
    helper();
    configure({ credsStore: 'test' });
    const { login, logout } = setUp();
    await login('r.example');
    expect(await logout('r.example')).toEqual({ ok: true, value: 'docker-credential-test' });
    expect(existsSync(join(home, 'kept'))).toBe(false);
    expect(await logout('r.example')).toEqual({ ok: true, value: null });
  });
});
