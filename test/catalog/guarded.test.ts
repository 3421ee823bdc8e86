import { createServer, type Server } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exchange } from '../../controller/catalog/exchange.ts';
import { guardedKind } from '../../controller/catalog/guarded-addresses.ts';
import { guardedFetch } from '../../controller/catalog/guarded-fetch.ts';
import { createRegistryReader } from '../../controller/catalog/registry.ts';
import {
  allowedOnly,
  guardedLogins,
  isNamedIn,
  sharedCredentials,
} from '../../controller/catalog/user-requests.ts';
import { ok } from '../../controller/catalog/fault.ts';
import { imageRefusal } from '../../controller/admission/policy-images.ts';
import { openRegistries, pullLogins } from '../../controller/instance/registries.ts';
import { systemClock } from '../../controller/loop/clock.ts';
import { systemRandom } from '../../controller/loop/random.ts';
import { defaultHostConfig, type HostConfig } from '../../controller/model/config.ts';
import type { RegistryConfig } from '../../controller/model/registry.ts';

describe('addresses that no user makes root ask', () => {
  it.each([
    '127.0.0.1',
    '127.9.9.9',
    '0.0.0.0',
    '::1',
    '::',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '0:0:0:0:0:ffff:7f00:0001',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '::127.0.0.1',
    '169.254.169.254',
    '::ffff:169.254.169.254',
    '169.254.1.1',
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
    'fd00:ec2::254',
    '100.100.100.200',
    '224.0.0.1',
    '255.255.255.255',
    'ff02::1',
    'nonsense',
  ])('%s', (address) => {
    expect(guardedKind(address)).not.toBeNull();
  });

  it.each([
    '10.1.2.3',
    '192.168.1.1',
    '172.16.0.1',
    '8.8.8.8',
    '2001:db8::1',
    'fd12::1',
    '128.0.0.1',
  ])('and not %s, where registries of a lab are', (address) => {
    expect(guardedKind(address)).toBeNull();
  });
});

let server: Server;
let port = 0;
let seen: { path: string; authorization: string | undefined }[];
let redirect: string | null;

beforeEach(async () => {
  seen = [];
  redirect = null;
  server = createServer((request, response) => {
    seen.push({ path: request.url ?? '', authorization: request.headers.authorization });
    if (redirect !== null) response.writeHead(302, { location: redirect }).end();
    else response.writeHead(200, { 'docker-content-digest': `sha256:${'a'.repeat(64)}` }).end('{}');
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise<void>((resolve) => void server.close(() => resolve()));
});

const { signal } = new AbortController();

const names =
  (addresses: readonly string[]): LookupFunction =>
  (_host, options, callback) => {
    const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    if (options.all === true) callback(null, found);
    else callback(null, found[0]?.address ?? '', found[0]?.family ?? 4);
  };

const asks = async (
  url: string,
  lookup?: LookupFunction,
  isNamed: (url: URL) => boolean = () => false,
) => {
  const wire = {
    clock: systemClock(),
    fetch: guardedFetch(isNamed, lookup),
    silenceMs: 5000,
    longestMs: 5000,
  };
  const request = { what: 'x', method: 'GET', url: new URL(url), headers: {}, body: null } as const;
  const answer = await exchange({ ...request, largestBytes: 1000 }, wire, signal);
  return answer.ok ? answer.value.status : answer.fault.code;
};

describe('a guarded fetch', () => {
  it('refuses this machine by address, in every spelling, and by name', async () => {
    for (const host of [
      '127.0.0.1',
      'localhost',
      '2130706433',
      '0x7f.1',
      '[::ffff:127.0.0.1]',
      '0.0.0.0',
    ])
      expect(await asks(`http://${host}:${port}/`), host).toBe('AddressRefused');
    expect(await asks(`http://evil.example:${port}/`, names(['127.0.0.1']))).toBe('AddressRefused');
    // One that answers with a good address first, and leads here at the next connection.
    expect(await asks(`http://evil.example:${port}/`, names(['192.0.2.1', '127.0.0.1']))).toBe(
      'AddressRefused',
    );
    expect(seen).toEqual([]);
  });

  it('asks where the configuration names the host', async () => {
    const registries = (): readonly RegistryConfig[] => [
      { name: `127.0.0.1:${port}`, url: null, tokenHosts: [] },
    ];
    expect(await asks(`http://127.0.0.1:${port}/`, undefined, isNamedIn(registries))).toBe(200);
    expect(await asks(`http://localhost:${port}/`, undefined, isNamedIn(registries))).toBe(
      'AddressRefused',
    );
    expect(seen).toHaveLength(1);
  });

  it('gives what a server sends, where its address is not guarded', async () => {
    // The one address of this machine that the test may take for another's.
    const lookup: LookupFunction = (_host, options, callback) =>
      options.all === true ? callback(null, [{ address: '192.0.2.1', family: 4 }]) : undefined;
    expect(await asks('http://evil.example:1/', lookup)).not.toBe('AddressRefused');
  });
});

const config = (over: Partial<HostConfig> = {}): HostConfig => ({ ...defaultHostConfig, ...over });
const open = (of: HostConfig, shared: boolean) =>
  openRegistries({
    config: { current: () => of },
    clock: systemClock(),
    random: systemRandom(),
    env: {},
    shared,
    answers: null,
  });

describe('what users make the machine’s instance ask', () => {
  const image = (): string => `127.0.0.1:${port}/app:1`;

  it('is nothing on its loopback, unless a registry of the configuration is there', async () => {
    expect(await open(config(), true).forUsers.digest(image(), { signal })).toMatchObject({
      ok: false,
      fault: { code: 'AddressRefused', cure: expect.stringContaining('registries') },
    });
    expect(seen).toEqual([]);
    const named = config({
      registries: [{ name: `127.0.0.1:${port}`, url: null, tokenHosts: [] }],
    });
    expect(await open(named, true).forUsers.digest(image(), { signal })).toMatchObject({
      ok: true,
    });
    redirect = 'http://localhost:9/elsewhere';
    expect(await open(named, true).forUsers.digest(image(), { signal })).toMatchObject({
      fault: { code: 'AddressRefused' },
    });
  });

  it('is as it was in a user’s own instance', async () => {
    expect(await open(config(), false).forUsers.digest(image(), { signal })).toMatchObject({
      ok: true,
    });
  });

  it('is of the repositories that the policy allows', async () => {
    const policy = { ...defaultHostConfig.policy, images: ['nvcr.io/nvidia/*'] };
    const of = config({
      policy,
      registries: [{ name: `127.0.0.1:${port}`, url: null, tokenHosts: [] }],
    });
    expect(await open(of, true).forUsers.digest(image(), { signal })).toMatchObject({
      fault: { code: 'NotAllowed', message: expect.stringContaining('allowed repositories') },
    });
    expect(seen).toEqual([]);
    expect(imageRefusal('nvcr.io/nvidia/pytorch:1', policy, 0)).toBeNull();
    const exception = { rule: 'MLE-SEC-025', project: '/x', until: 5, reason: '' } as const;
    const excepted = { ...policy, exceptions: [exception] };
    expect(imageRefusal(image(), excepted, 4)).toBeNull();
    expect(imageRefusal(image(), excepted, 5)).not.toBeNull();
  });

  it('shows root’s login to a registry alone that shares it', async () => {
    const roots = {
      of: () => Promise.resolve(ok({ kind: 'password', user: 'r', secret: 's' } as const)),
    };
    const registries = (): readonly RegistryConfig[] => [
      { name: 'shared.lab', url: null, tokenHosts: [], sharedLogin: true },
      { name: 'other.lab', url: null, tokenHosts: [] },
    ];
    const credentials = sharedCredentials(roots, registries);
    expect(await credentials.of('shared.lab', signal)).toMatchObject({ value: { user: 'r' } });
    expect(await credentials.of('other.lab', signal)).toEqual(ok(null));
    expect(await credentials.of('nvcr.io', signal)).toEqual(ok(null));
  });

  it('is not pulled by the engine from there either', async () => {
    const logins = pullLogins(
      { HOME: '/nonexistent' },
      { config: { current: () => config() }, shared: true },
    );
    expect(await logins(image(), signal)).toMatchObject({ fault: { code: 'AddressRefused' } });
    expect(await logins(`localhost:${port}/app:1`, signal)).toMatchObject({
      fault: { code: 'AddressRefused' },
    });
    const own = pullLogins(
      { HOME: '/nonexistent' },
      { config: { current: () => config() }, shared: false },
    );
    expect(await own(image(), signal)).toEqual(ok(null));
    const registries = (): readonly RegistryConfig[] => [
      { name: `localhost:${port}`, url: null, tokenHosts: [] },
    ];
    const none = async () => ok(null);
    expect(await guardedLogins(none, registries)(`localhost:${port}/app:1`, signal)).toEqual(
      ok(null),
    );
  });

  it('says so of an image without asking where the reader is the real one', async () => {
    const reader = createRegistryReader({
      clock: systemClock(),
      random: systemRandom(),
      fetch: guardedFetch(() => false),
    });
    const guarded = allowedOnly(reader, () => null);
    expect(await guarded.digest(`localhost:${port}/app:1`, { signal })).toMatchObject({
      fault: { code: 'AddressRefused', kind: 'terminal' },
    });
    expect(seen).toEqual([]);
  });
});
