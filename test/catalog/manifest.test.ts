import { describe, expect, it } from 'vitest';
import { parseManifest, pickChild } from '../../controller/catalog/manifest.ts';

const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;
const oci = 'application/vnd.oci.image.';
const docker = 'application/vnd.docker.';

const child = (digit: string, platform: object, more: object = {}): object => ({
  mediaType: `${oci}manifest.v1+json`,
  size: 1,
  digest: digest(digit),
  platform,
  ...more,
});

const children = (...entries: readonly object[]) => {
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: `${oci}index.v1+json`,
    manifests: entries,
  });
  const read = parseManifest(text, '');
  return read.kind === 'index' ? read.children : [];
};

describe('parseManifest', () => {
  it('sums the layers', () => {
    const text = JSON.stringify({
      schemaVersion: 2,
      mediaType: `${docker}distribution.manifest.v2+json`,
      config: { mediaType: `${docker}container.image.v1+json`, digest: digest('c'), size: 7 },
      layers: [{ size: 40 }, { size: 2 }],
    });
    expect(parseManifest(text, 'text/plain')).toEqual({
      kind: 'image',
      type: `${docker}distribution.manifest.v2+json`,
      configDigest: digest('c'),
      layerBytes: 42,
    });
  });

  it('takes the type of the header, or the shape, where the text says none', () => {
    const text = JSON.stringify({ schemaVersion: 2, manifests: [] });
    expect(parseManifest(text, '').kind).toBe('index');
    expect(
      parseManifest(text, `${docker}distribution.manifest.list.v2+json; charset=utf-8`),
    ).toMatchObject({
      kind: 'index',
      type: `${docker}distribution.manifest.list.v2+json`,
    });
  });

  it('leaves out attestations and what is no image', () => {
    const found = children(
      child('1', { os: 'linux', architecture: 'amd64' }),
      child('2', { os: 'unknown', architecture: 'unknown' }),
      child(
        '3',
        { os: 'linux', architecture: 'arm64' },
        {
          annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
        },
      ),
      child('4', { os: 'linux', architecture: 'arm64' }, { digest: 'sha512:abc' }),
      child('5', { os: 'linux', architecture: 's390x' }, { mediaType: 'application/vnd.other' }),
    );
    expect(found.map(({ digest }) => digest)).toEqual([digest('1')]);
  });

  it.each([
    ['<html>', 'unreadable'],
    ['[]', 'unreadable'],
    [`{"mediaType":"${oci}index.v1+json"}`, 'unreadable'],
    [`{"mediaType":"${oci}manifest.v1+json","layers":[]}`, 'unreadable'],
    ['{"schemaVersion":1,"fsLayers":[]}', 'other'],
    [
      `{"mediaType":"${oci}manifest.v1+json","config":{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":"${digest('c')}"},"layers":[]}`,
      'other',
    ],
    [
      `{"mediaType":"${oci}manifest.v1+json","config":{"mediaType":"${oci}config.v1+json","digest":"${digest('c')}"},"layers":[{}]}`,
      'unreadable',
    ],
  ])('says what %s is', (text, kind) => {
    expect(parseManifest(text, '').kind).toBe(kind);
  });
});

describe('pickChild', () => {
  const all = children(
    child('1', { os: 'windows', architecture: 'amd64' }),
    child('2', { os: 'linux', architecture: 'amd64', variant: 'v3' }),
    child('3', { os: 'linux', architecture: 'amd64' }),
    child('4', { os: 'linux', architecture: 'arm', variant: 'v7' }),
    child('5', { os: 'linux', architecture: 'arm', variant: 'v6' }),
    child('6', { os: 'linux', architecture: 'arm64', variant: 'v8' }),
  );

  it.each([
    ['amd64', null, '3'],
    ['amd64', 'v3', '2'],
    ['arm64', null, '6'],
    ['arm', null, '5'],
    ['arm', 'v7', '4'],
    ['arm64', 'v9', null],
    ['riscv64', null, null],
  ])('chooses for %s %s', (arch, variant, expected) => {
    const picked = pickChild(all, { arch, variant });
    expect(picked?.digest ?? null).toBe(expected === null ? null : digest(expected));
  });
});
