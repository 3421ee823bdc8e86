import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dockerCredentials } from '../../controller/catalog/docker-config.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'mlenv-docker-'));
  mkdirSync(join(home, '.docker'));
});
afterEach(() => rmSync(home, { recursive: true }));

const { signal } = new AbortController();

const configure = (config: object | string, mode = 0o600): void => {
  const path = join(home, '.docker/config.json');
  writeFileSync(path, typeof config === 'string' ? config : JSON.stringify(config));
  chmodSync(path, mode);
};

/** A helper that writes down how it was called. */
const helper = (name: string, body: string): void => {
  const path = join(home, `docker-credential-${name}`);
  writeFileSync(path, `#!/bin/sh\nread server\necho "$* $server" >>${home}/calls\n${body}\n`);
  chmodSync(path, 0o755);
};

const ask = (registry: string, helperTimeoutMs = 10_000) =>
  dockerCredentials({
    env: { HOME: home, PATH: `${home}:${process.env['PATH']}` },
    helperTimeoutMs,
  }).of(registry, signal);

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('credentials that docker login left in its file', () => {
  it.each([
    ['docker.io', 'https://index.docker.io/v1/'],
    ['nvcr.io', 'nvcr.io'],
    ['ghcr.io', 'https://ghcr.io'],
    ['localhost:5000', 'localhost:5000'],
    ['quay.io', 'https://quay.io/v2/'],
  ])('are found for %s under %s', async (registry, key) => {
    configure({
      auths: { other: { auth: base64('a:b') }, [key]: { auth: base64('$oauthtoken:k:e:y') } },
    });
    expect(await ask(registry)).toEqual({
      ok: true,
      value: { kind: 'password', user: '$oauthtoken', secret: 'k:e:y' },
    });
    expect(await ask('elsewhere.example')).toEqual({ ok: true, value: null });
  });

  it('may be an identity token, or plain fields', async () => {
    configure({
      auths: {
        'a.io': { auth: base64('alice:'), identitytoken: 'refresh' },
        'b.io': { username: 'bob', password: 'secret' },
        'c.io': {},
      },
    });
    expect(await ask('a.io')).toMatchObject({ value: { kind: 'identity', token: 'refresh' } });
    expect(await ask('b.io')).toMatchObject({ value: { user: 'bob', secret: 'secret' } });
    expect(await ask('c.io')).toMatchObject({ value: null });
  });

  it('are none where there is no file', async () => {
    expect(await ask('nvcr.io')).toEqual({ ok: true, value: null });
    const homeless = dockerCredentials({ env: {} });
    expect(await homeless.of('nvcr.io', signal)).toEqual({ ok: true, value: null });
  });

  it('are not taken where others may read them, and the message says what to type', async () => {
    configure({ auths: { 'nvcr.io': { auth: base64('a:secret') } } }, 0o644);
    const refused = await ask('nvcr.io');
    expect(refused).toMatchObject({
      fault: { code: 'CredentialTrouble', message: expect.stringContaining(`chmod 600 ${home}`) },
    });
    expect(JSON.stringify(refused)).not.toContain('secret');
    // One without a secret for this registry is no matter.
    expect((await ask('ghcr.io')).ok).toBe(true);
  });

  it.each(['{', '[]'])('are no credentials in %s', async (text) => {
    configure(text);
    expect(await ask('nvcr.io')).toMatchObject({ fault: { code: 'CredentialTrouble' } });
  });

  it('that cannot be unpacked are told by their place', async () => {
    configure({ auths: { 'nvcr.io': { auth: base64('nothing') } } });
    expect(await ask('nvcr.io')).toMatchObject({
      fault: { message: expect.stringContaining('auth of nvcr.io') },
    });
  });
});

describe('credentials of a helper', () => {
  it('come from its output, and it is asked by its input', async () => {
    helper('test', `echo '{"ServerURL":"x","Username":"bob","Secret":"s"}'`);
    configure({ credsStore: 'test', auths: { 'nvcr.io': {} } });
    expect(await ask('docker.io')).toEqual({
      ok: true,
      value: { kind: 'password', user: 'bob', secret: 's' },
    });
    expect(readFileSync(join(home, 'calls'), 'utf8')).toBe('get https://index.docker.io/v1/\n');
  });

  it('of one registry stand before the one for all', async () => {
    helper('one', `echo '{"Username":"<token>","Secret":"refresh"}'`);
    helper('all', 'echo "credentials not found in native keychain"; exit 1');
    configure({ credsStore: 'all', credHelpers: { 'a.io': 'one' } });
    expect(await ask('a.io')).toMatchObject({ value: { kind: 'identity', token: 'refresh' } });
    expect(await ask('b.io')).toEqual({ ok: true, value: null });
  });

  it.each([
    ['fails', 'echo secret; exit 3', 'ended with 3'],
    ['says what is no JSON', 'echo secret', 'no JSON'],
    ['says too much', 'head -c 200000 /dev/zero', 'more than'],
    ['never answers', 'sleep 1000', 'did not answer'],
  ])('that %s are told as trouble, without what it said', async (_, body, words) => {
    helper('test', body);
    configure({ credsStore: 'test' });
    const result = await ask('nvcr.io', body.startsWith('sleep') ? 40 : 10_000);
    expect(result).toMatchObject({
      fault: { code: 'CredentialTrouble', message: expect.stringContaining(words) },
    });
    expect(JSON.stringify(result)).not.toContain('secret');
  });

  it('are not asked of a program that is not there, or whose name is a path', async () => {
    configure({ credsStore: 'nobody' });
    expect(await ask('nvcr.io')).toMatchObject({
      fault: { message: expect.stringContaining('not on the PATH') },
    });
    configure({ credsStore: '../../evil' });
    expect(await ask('nvcr.io')).toMatchObject({
      fault: { message: expect.stringContaining('no name of a helper') },
    });
  });

  it('are not asked for where others may name the helper', async () => {
    helper('test', `echo '{"Username":"bob","Secret":"s"}'`);
    configure({ credsStore: 'test' }, 0o666);
    expect(await ask('nvcr.io')).toMatchObject({
      fault: { message: expect.stringContaining('names a program to run') },
    });
    configure({ credsStore: 'test' }, 0o644);
    expect((await ask('nvcr.io')).ok).toBe(true);
  });
});
