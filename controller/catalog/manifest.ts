import { isDigest } from './reference.ts';
import { count, isJson, type Json, json, list, parseJson, text } from './shape.ts';

/** All that a registry may offer for an image; each is asked for by name, or older ones come back. */
export const manifestTypes = {
  'application/vnd.oci.image.index.v1+json': 'index',
  'application/vnd.docker.distribution.manifest.list.v2+json': 'index',
  'application/vnd.oci.image.manifest.v1+json': 'image',
  'application/vnd.docker.distribution.manifest.v2+json': 'image',
} as const satisfies Record<string, 'index' | 'image'>;

export const acceptManifests = Object.keys(manifestTypes).join(', ');

export type Manifest =
  | { readonly kind: 'index'; readonly type: string; readonly children: readonly Child[] }
  | {
      readonly kind: 'image';
      readonly type: string;
      readonly configDigest: string;
      readonly layerBytes: number;
    }
  /** Schema 1, a chart, a signature. */
  | { readonly kind: 'other'; readonly type: string }
  | { readonly kind: 'unreadable'; readonly why: string };

export interface Child {
  readonly digest: string;
  readonly os: string;
  readonly architecture: string;
  readonly variant: string | null;
}

/** What the text says of itself counts before what the header says: proxies rewrite headers. */
export const parseManifest = (source: string, contentType: string): Manifest => {
  const parsed = parseJson(source);
  if (!isJson(parsed)) return { kind: 'unreadable', why: 'it is no JSON object' };
  const header = contentType.split(';')[0]?.trim() ?? '';
  const type = text(parsed['mediaType']) || (isKnown(header) ? header : guessed(parsed)) || header;
  if (!isKnown(type)) return { kind: 'other', type: type || 'unknown' };
  if (manifestTypes[type] === 'index') {
    if (!Array.isArray(parsed['manifests'])) {
      return { kind: 'unreadable', why: 'it is an index without manifests' };
    }
    return { kind: 'index', type, children: list(parsed['manifests']).flatMap(childOf) };
  }
  return imageOf(parsed, type);
};

const isKnown = (type: string): type is keyof typeof manifestTypes =>
  Object.hasOwn(manifestTypes, type);

/** An OCI manifest may leave its media type out. */
const guessed = (parsed: Json): string => {
  if (parsed['schemaVersion'] !== 2) return '';
  if (Array.isArray(parsed['manifests'])) return 'application/vnd.oci.image.index.v1+json';
  return Array.isArray(parsed['layers']) ? 'application/vnd.oci.image.manifest.v1+json' : '';
};

const imageOf = (parsed: Json, type: string): Manifest => {
  const config = json(parsed['config']);
  const configDigest = text(config['digest']);
  if (!isDigest(configDigest)) return { kind: 'unreadable', why: 'it names no config' };
  if (!/(?:container\.image|image\.config)\.v1\+json$/.test(text(config['mediaType']))) {
    return { kind: 'other', type: text(config['mediaType']) || type };
  }
  const sizes = list(parsed['layers']).map((layer) => count(json(layer)['size']));
  if (sizes.includes(null)) return { kind: 'unreadable', why: 'a layer of it has no size' };
  return {
    kind: 'image',
    type,
    configDigest,
    layerBytes: sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0),
  };
};

/** Attestations say that they are for no platform; what names no digest we verify cannot be fetched. */
const childOf = (value: unknown): readonly Child[] => {
  const child = json(value);
  const platform = json(child['platform']);
  const digest = text(child['digest']);
  const os = text(platform['os']);
  const isAttestation =
    os === 'unknown' ||
    text(json(child['annotations'])['vnd.docker.reference.type']) === 'attestation-manifest';
  const mediaType = text(child['mediaType']);
  if (isAttestation || !isDigest(digest) || !isKnown(mediaType)) return [];
  if (manifestTypes[mediaType] !== 'image') return [];
  const architecture = text(platform['architecture']);
  return [{ digest, os, architecture, variant: text(platform['variant']) || null }];
};

export const platformName = ({ os, architecture, variant }: Omit<Child, 'digest'>): string =>
  [os, architecture, ...(variant === null ? [] : [variant])].join('/');

/** The child for Linux on this architecture; without a variant asked for, the one that runs on all of its machines. */
export const pickChild = (
  children: readonly Child[],
  want: { readonly arch: string; readonly variant: string | null },
): Child | null => {
  const fitting = children.filter(
    ({ os, architecture }) => os === 'linux' && architecture === want.arch,
  );
  const preferred =
    want.variant === null ? [null, ...(basics[want.arch] ?? [])] : [want.variant, null];
  for (const variant of preferred) {
    const found = fitting.find((child) => child.variant === variant);
    if (found !== undefined) return found;
  }
  // What was asked for by variant is that one or none.
  return want.variant === null ? (fitting[0] ?? null) : null;
};

/** Variants that every machine of the architecture has, oldest first. */
const basics: Readonly<Record<string, readonly string[]>> = {
  arm64: ['v8'],
  amd64: ['v1'],
  arm: ['v5', 'v6', 'v7'],
};
