import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dockerCredentials } from '../../controller/catalog/docker-config.ts';
import { imageFacts } from '../../controller/catalog/image-facts.ts';
import { createLogins } from '../../controller/catalog/logins.ts';
import { createRegistryReader, type RegistryOptions } from '../../controller/catalog/registry.ts';
import type { Wait } from '../../controller/catalog/pace.ts';
import { systemRandom } from '../../controller/loop/random.ts';
import type { RegistryReader, RegistryResult } from '../../controller/model/registry.ts';
import {
  account,
  type DebianRegistry,
  type Descriptor,
  startDebianRegistry,
} from '../support/debian-registry.ts';
import { standInParts } from '../support/images.ts';
import { type RegistryFront, startRegistryFront } from '../support/registry-front.ts';

// Debian's registry with authentication, behind a front that answers as NGC does and spoils answers.
let registry: DebianRegistry;
let front: RegistryFront;
let home = '';
let index: Descriptor;
let amd64: Descriptor;
let single: Descriptor;
let layerBytes = 0;
const tags = ['24.05-py3', '24.11-py3', '24.11-py3-igpu', '25.01-py3', 'latest'];

beforeAll(async () => {
  registry = await startDebianRegistry();
  front = await startRegistryFront(registry);
  home = mkdtempSync(join(tmpdir(), 'mlenv-docker-home-'));
  const env = { CUDA_VERSION: '12.4.1', PYTHON_VERSION: '3.10.12', PYTORCH_VERSION: '2.4.0a0' };
  const image = (architecture: string) => {
    const { layer, config } = standInParts({ env, architecture });
    const packed = gzipSync(layer, { level: 1 });
    layerBytes = packed.length;
    return { layers: [packed], config };
  };
  const one = image('amd64');
  amd64 = await registry.push('team/multi', { ...one, tag: null, kind: 'oci' });
  const arm64 = await registry.push('team/multi', { ...image('arm64'), tag: null, kind: 'oci' });
  const statement = await registry.push('team/multi', {
    layers: [Buffer.from('{"_type":"https://in-toto.io/Statement/v1"}')],
    config: '{"architecture":"unknown","os":"unknown"}',
    tag: null,
    kind: 'oci',
  });
  index = await registry.pushIndex('team/multi', '24.05-py3', {
    manifests: [
      {
        ...statement,
        platform: { os: 'unknown', architecture: 'unknown' },
        annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
      },
      { ...arm64, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
      { ...amd64, platform: { os: 'linux', architecture: 'amd64' } },
    ],
  });
  for (const tag of tags) {
    single = await registry.push('team/single', { ...one, tag, kind: 'docker' });
  }
  await registry.push('private/single', { ...one, tag: '1.0', kind: 'docker' });
});

afterAll(async () => {
  await front.close();
  await registry.close();
  rmSync(home, { recursive: true });
});

beforeEach(() => front.set({}));

/** A hundred times as fast as the real one, and so what waits for seconds waits for hundredths. */
const fastClock = (speed = 100) => {
  const begin = Date.now();
  return {
    now: () => begin + (Date.now() - begin) * speed,
    setTimer: (ms: number, run: () => void) => {
      const timer = setTimeout(run, ms / speed);
      return () => clearTimeout(timer);
    },
  };
};

interface Asking extends Partial<RegistryOptions> {
  readonly password?: string;
}

const reader = ({ password, ...more }: Asking = {}): RegistryReader => {
  const auth = Buffer.from(`${account.user}:${password}`).toString('base64');
  const auths = { [front.address]: { auth }, [registry.basic]: { auth } };
  writeFileSync(join(home, 'config.json'), JSON.stringify({ auths }), { mode: 0o600 });
  return createRegistryReader({
    clock: fastClock(),
    random: { fraction: () => 0.5 },
    perMinute: 1000,
    // A test that waits for silence says so.
    silenceMs: 3_600_000,
    longestMs: 3_600_000,
    ...(password === undefined
      ? {}
      : { credentials: dockerCredentials({ env: { DOCKER_CONFIG: home } }) }),
    ...more,
  });
};

const { signal } = new AbortController();
const want = { arch: 'amd64', signal };
const multi = (): string => `${front.address}/team/multi:24.05-py3`;
const value = <T>(result: RegistryResult<T>): T => {
  if (!result.ok) throw new Error(JSON.stringify(result.fault));
  return result.value;
};
const faultIn = <T>(result: RegistryResult<T>) => (result.ok ? null : result.fault);

describe('an image', () => {
  it.each(['realm-only', 'scope-in-realm'] as const)(
    'is found behind an index, whichever way the token server is named (%s)',
    async (shape) => {
      front.set({ shape });
      const found = value(await reader().resolve(multi(), want));
      expect(found).toMatchObject({
        digest: index.digest,
        platformDigest: amd64.digest,
        architecture: 'amd64',
        platforms: ['linux/arm64/v8', 'linux/amd64'],
        compressedBytes: layerBytes,
        manifestType: 'application/vnd.oci.image.index.v1+json',
      });
      expect(JSON.parse(found.manifest)).toHaveProperty('layers');
      expect(imageFacts(found.config)).toMatchObject({
        framework: 'PyTorch',
        cuda: '12.4',
        python: '3.10',
      });
      // Anonymous, and one token for the three questions.
      expect(front.told).toEqual([
        { at: 'token', authorization: null },
        { at: 'storage', authorization: null },
      ]);
    },
  );

  it('is found by its one manifest, by tag and by digest', async () => {
    const asked = reader();
    const byTag = value(await asked.resolve(`${front.address}/team/single:25.01-py3`, want));
    expect(byTag).toMatchObject({
      digest: single.digest,
      platformDigest: single.digest,
      platforms: ['linux/amd64'],
      manifestType: 'application/vnd.docker.distribution.manifest.v2+json',
    });
    expect(await asked.resolve(`${front.address}/team/single@${single.digest}`, want)).toEqual({
      ok: true,
      value: byTag,
    });
  });

  it('tells what its tag names now for one request', async () => {
    const asked = reader();
    value(await asked.digest(multi(), { signal }));
    front.set({});
    expect(value(await asked.digest(multi(), { signal }))).toBe(index.digest);
    expect(front.seen).toEqual(['HEAD /v2/team/multi/manifests/24.05-py3']);
  });

  it('that is not for this machine says what it is for', async () => {
    const elsewhere = await reader().resolve(multi(), { arch: 'riscv64', signal });
    expect(faultIn(elsewhere)).toMatchObject({ code: 'PlatformMissing', kind: 'absent' });
    expect(faultIn(elsewhere)?.message).toContain('linux/arm64/v8, linux/amd64');
    const one = await reader().resolve(`${front.address}/team/single:latest`, {
      arch: 'arm64',
      signal,
    });
    expect(faultIn(one)?.message).toContain('it is for linux/amd64');
  });

  it('that is not there is not there', async () => {
    const missing = await reader().resolve(`${front.address}/team/multi:none`, want);
    expect(faultIn(missing)).toMatchObject({ code: 'NotFound', status: 404 });
    expect(faultIn(await reader().resolve('a/B', want))?.code).toBe('BadReference');
    expect(front.seen).not.toContain('GET /v2/a/B/manifests/latest');
  });
});

describe('a login', () => {
  it('reaches the token server of the registry, and no other host', async () => {
    const found = await reader({ password: account.password }).resolve(
      `${front.address}/private/single:1.0`,
      want,
    );
    expect(found.ok).toBe(true);
    expect(front.told).toEqual([
      { at: 'token', authorization: expect.stringMatching(/^Basic /) },
      { at: 'storage', authorization: null },
    ]);
  });

  it('is not told to a token server elsewhere, unless that was named', async () => {
    front.set({ elsewhere: true });
    const reference = `${front.address}/private/single:1.0`;
    const refused = await reader({ password: account.password }).resolve(reference, want);
    expect(faultIn(refused)?.code).toBe('TokenServerUnknown');
    expect(front.told).toEqual([{ at: 'token', authorization: null }]);
    const registries = () => [{ name: front.address, url: null, tokenHosts: [front.tokenAddress] }];
    const named = await reader({ password: account.password, registries }).resolve(reference, want);
    expect(named.ok).toBe(true);
  });

  it('that is wrong is told by its name, and never by its secret', async () => {
    const asked = reader({ password: 'nvapi-wrong' });
    const fault = faultIn(await asked.resolve(`${front.address}/private/single:1.0`, want));
    expect(fault).toMatchObject({ code: 'LoginNeeded', kind: 'terminal', status: 401 });
    expect(fault?.cure).toContain(account.user);
    expect(JSON.stringify(fault)).not.toContain('wrong');
  });

  it('serves a registry that asks for name and password', async () => {
    const reference = `${registry.basic}/team/single:latest`;
    expect((await reader({ password: account.password }).resolve(reference, want)).ok).toBe(true);
    const nobody = faultIn(await reader().resolve(reference, want));
    expect(nobody).toMatchObject({ code: 'LoginNeeded' });
    expect(nobody?.cure).toContain(`mlenv login ${registry.basic}`);
    expect(faultIn(await reader({ password: 'no' }).resolve(reference, want))?.code).toBe(
      'LoginNeeded',
    );
  });
});

it.each(['basic', 'front'] as const)(
  'a login is checked, kept, used and forgotten (%s)',
  async (which) => {
    const address = which === 'basic' ? registry.basic : front.address;
    const folder = mkdtempSync(join(home, 'login-'));
    const env = { DOCKER_CONFIG: folder };
    const logins = createLogins({
      clock: fastClock(),
      random: systemRandom(),
      env,
      registries: () => [],
    });
    const login = (secret: string) =>
      logins.login({ registry: address, user: account.user, secret }, signal);
    expect(faultIn(await login('wrong'))?.code).toBe('LoginNeeded');
    expect(value(await login(account.password))).toEqual({
      place: join(folder, 'config.json'),
      checked: true,
    });
    const asked = reader({ credentials: dockerCredentials({ env }) });
    const reference = `${address}/private/single:1.0`;
    expect((await asked.resolve(reference, want)).ok).toBe(true);
    expect(value(await logins.logout(address, signal))).toBe(join(folder, 'config.json'));
    expect(
      faultIn(await reader({ credentials: dockerCredentials({ env }) }).resolve(reference, want)),
    ).toMatchObject({ code: 'LoginNeeded' });
  },
);

describe('tags', () => {
  const collect = async (asked: RegistryReader, after?: string) => {
    const pages: unknown[] = [];
    const options = after === undefined ? { signal } : { signal, after };
    for await (const page of asked.tags(`${front.address}/team/single`, options)) pages.push(page);
    return pages;
  };

  it('come page by page, and go on behind a page that was seen', async () => {
    front.set({ pageSize: 2 });
    const asked = reader();
    const pages = await collect(asked);
    expect(pages).toEqual([
      {
        ok: true,
        value: { tags: tags.slice(0, 2), next: '?n=1000&last=24.11-py3', unchanged: false },
      },
      {
        ok: true,
        value: { tags: tags.slice(2, 4), next: '?n=1000&last=25.01-py3', unchanged: false },
      },
      { ok: true, value: { tags: tags.slice(4), next: null, unchanged: false } },
    ]);
    expect(await collect(asked, '?n=1000&last=24.11-py3')).toEqual(pages.slice(1));
  });

  it('are not looked for on another host', async () => {
    front.set({ pageSize: 2, linkBase: `http://${front.tokenAddress}` });
    expect(await collect(reader())).toMatchObject([
      { ok: false, fault: { code: 'RedirectRefused' } },
    ]);
    expect(front.told.filter(({ authorization }) => authorization !== null)).toEqual([]);
  });
});

describe('trouble', () => {
  const onManifests = (fault: object, times = Infinity) => {
    let left = times;
    front.set({
      fault: (_, path) =>
        path.includes('/manifests/') && left-- > 0
          ? (fault as { readonly kind: 'stall' })
          : { kind: 'none' },
    });
  };

  it('a registry that wants fewer requests is left alone for as long as it says', async () => {
    onManifests({ kind: 'status', status: 429, headers: { 'retry-after': '20' } }, 2);
    const waits: Wait[] = [];
    const found = await reader({ onWait: (wait) => waits.push(wait) }).resolve(multi(), want);
    expect(found.ok).toBe(true);
    const held = waits.filter(({ why }) => why === 'held');
    // A timer may fire a little early, and then there is another one.
    expect(held.length).toBeGreaterThanOrEqual(2);
    for (const { ms } of held) expect(ms).toBeLessThanOrEqual(20_000);
  });

  it('is told at once where the wait is longer than anybody waits', async () => {
    onManifests({ kind: 'status', status: 429, headers: { 'retry-after': '86400' } });
    const asked = reader();
    const first = faultIn(await asked.resolve(multi(), want));
    expect(first).toMatchObject({ code: 'Throttled', kind: 'retry', retryAfterMs: 86_400_000 });
    const requests = front.seen.length;
    expect(faultIn(await asked.resolve(multi(), want))?.code).toBe('Throttled');
    expect(front.seen.length).toBe(requests);
  });

  it.each([
    [402, 'SubscriptionNeeded', 'paid for it'],
    [403, 'Forbidden', 'right to pull'],
    [451, 'LicenceNeeded', 'accept the licence'],
    [418, 'Refused', 'its words'],
  ])(
    '%s is %s, with its cure and the words of the registry, and asked once',
    async (status, code, cure) => {
      onManifests({ kind: 'status', status });
      const fault = faultIn(await reader().resolve(multi(), want));
      expect(fault).toMatchObject({
        code,
        kind: 'terminal',
        status,
        cure: expect.stringContaining(cure),
      });
      expect(fault?.message).toContain('said by the registry');
      expect(front.seen.length).toBe(1);
    },
  );

  it.each([{ kind: 'status', status: 503 }, { kind: 'reset' }])(
    '%o once is overcome',
    async (fault) => {
      onManifests(fault, 1);
      expect((await reader().resolve(multi(), want)).ok).toBe(true);
    },
  );

  it.each([
    ['stall', 'Stalled'],
    ['stall-mid-body', 'Stalled'],
    ['reset', 'Unreachable'],
    ['html', 'AnswerUnreadable'],
    ['truncated', 'AnswerUnreadable'],
    ['flipped', 'DigestMismatch'],
  ])('%s for ever ends as %s', async (kind, code) => {
    onManifests({ kind });
    const asked = reader({ attempts: 2, ...(code === 'Stalled' ? { silenceMs: 20_000 } : {}) });
    const result = await asked.resolve(`${front.address}/team/single:latest`, want);
    expect(faultIn(result)).toMatchObject({ code, kind: 'retry' });
  });

  it('what does not fit its digest counts nowhere', async () => {
    front.set({
      fault: (_, path) => (path.includes('/blobs/') ? { kind: 'flipped' } : { kind: 'none' }),
    });
    expect(faultIn(await reader().resolve(multi(), want))?.code).toBe('DigestMismatch');
    front.set({
      fault: (_, path) => (path.endsWith(amd64.digest) ? { kind: 'flipped' } : { kind: 'none' }),
    });
    expect(faultIn(await reader().resolve(multi(), want))?.code).toBe('DigestMismatch');
  });

  it('nobody there is told as that', async () => {
    const result = await reader({ attempts: 2 }).resolve('127.0.0.1:1/team/multi:1', want);
    expect(faultIn(result)?.message).toContain('127.0.0.1:1');
    expect(faultIn(result)?.code).toBe('Unreachable');
  });

  it('is given up at once with the signal', async () => {
    onManifests({ kind: 'stall' });
    const abort = new AbortController();
    const running = reader().resolve(multi(), { arch: 'amd64', signal: abort.signal });
    abort.abort();
    expect(faultIn(await running)?.code).toBe('GivenUp');
  });
});
