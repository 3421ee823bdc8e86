import { createHash } from 'node:crypto';
import type { Clock, Random } from '../model/ports.ts';
import type {
  RegistryConfig,
  RegistryReader,
  RegistryResult,
  ResolvedImage,
  ResolveOptions,
} from '../model/registry.ts';
import type { AnswerCache } from '../model/store-catalogue.ts';
import { type Credentials, noCredentials } from './docker-config.ts';
import { fault, ok } from './fault.ts';
import { createHttp, type HttpOptions } from './http.ts';
import { readImageConfig } from './image-config.ts';
import { noAnswers } from './kept-answers.ts';
import {
  acceptManifests,
  type Manifest,
  parseManifest,
  pickChild,
  platformName,
} from './manifest.ts';
import { type Place, placeOf } from './places.ts';
import { parseReference, parseRepository } from './reference.ts';
import { createSession, type Session } from './session.ts';
import { tagPages } from './tag-pages.ts';
import { createTokens } from './token.ts';

export interface RegistryOptions extends HttpOptions {
  readonly clock: Clock;
  readonly random: Pick<Random, 'fraction'>;
  readonly credentials?: Credentials;
  /** As they are said now: asked anew for each request, as a configuration may change. */
  readonly registries?: () => readonly RegistryConfig[];
  /** Where lists of tags are kept, to be asked for again only where they changed. */
  readonly answers?: AnswerCache;
}

const largest = { manifest: 1 << 22, config: 1 << 23 } as const;

/** Any registry of the distribution's v2 API. */
export const createRegistryReader = (options: RegistryOptions): RegistryReader => {
  const http = createHttp(options);
  const tokens = createTokens({
    http,
    clock: options.clock,
    credentials: options.credentials ?? noCredentials,
  });
  const session = createSession({ http, tokens });
  const registries = options.registries ?? (() => []);
  const kept = { answers: options.answers ?? noAnswers, clock: options.clock };

  return {
    tags: (repository, { signal, after }) => {
      const read = parseRepository(repository);
      return read.ok
        ? tagPages(
            { ...kept, session, place: placeOf(read.value, registries()), after: after ?? null },
            signal,
          )
        : only(fault({ code: 'BadReference', message: `"${repository}" ${read.trouble}` }));
    },
    resolve: async (reference, want) => {
      const named = targetOf(reference, registries());
      return named.ok ? resolve({ session, ...named.value, want }) : named;
    },
    digest: async (reference, { signal }) => {
      const named = targetOf(reference, registries());
      return named.ok ? digestOf({ session, ...named.value }, signal) : named;
    },
  };
};

async function* only<T>(result: RegistryResult<T>): AsyncIterable<RegistryResult<T>> {
  yield await Promise.resolve(result);
}

interface Target {
  readonly place: Place;
  /** A tag, or the digest where there is one. */
  readonly target: string;
}

const targetOf = (
  reference: string,
  registries: readonly RegistryConfig[],
): RegistryResult<Target> => {
  const read = parseReference(reference);
  if (!read.ok) return fault({ code: 'BadReference', message: read.trouble });
  const { tag, digest } = read.value;
  return ok({ place: placeOf(read.value, registries), target: digest ?? tag ?? 'latest' });
};

const digestOf = async (
  { session, place, target }: Target & { readonly session: Session },
  signal: AbortSignal,
): Promise<RegistryResult<string>> => {
  const what = `${place.name} ${target}`;
  const url = new URL(`v2/${place.repository}/manifests/${target}`, place.base);
  const request = { place, url, what, accept: acceptManifests, largestBytes: largest.manifest };
  const head = await session.get({ ...request, method: 'HEAD' }, signal);
  if (!head.ok) return head;
  const said = head.value.headers.get('docker-content-digest');
  if (said !== null && /^sha256:[0-9a-f]{64}$/.test(said)) return ok(said);
  const whole = await session.get(request, signal);
  return whole.ok ? ok(sha256(whole.value.body)) : whole;
};

interface Fetched {
  readonly digest: string;
  readonly text: string;
  readonly manifest: Manifest;
}

const manifestOf = async (
  { session, place, target }: Target & { readonly session: Session },
  signal: AbortSignal,
): Promise<RegistryResult<Fetched>> => {
  const what = `${place.name} ${target}`;
  const url = new URL(`v2/${place.repository}/manifests/${target}`, place.base);
  const request = { place, url, what, accept: acceptManifests, largestBytes: largest.manifest };
  const answer = await session.get(request, signal);
  if (!answer.ok) return answer;
  const { body, headers } = answer.value;
  const digest = sha256(body);
  const said = target.startsWith('sha256:') ? target : headers.get('docker-content-digest');
  if (said?.startsWith('sha256:') === true && said !== digest) return mismatch(what, said, digest);
  const text = body.toString();
  const manifest = parseManifest(text, headers.get('content-type') ?? '');
  if (manifest.kind === 'unreadable') {
    const message = `${place.base.host} answered for ${what} with what is no manifest: ${manifest.why}`;
    return fault({ code: 'AnswerUnreadable', message });
  }
  if (manifest.kind === 'other') {
    return fault({ code: 'OldManifest', message: `${what} is of the type ${manifest.type}` });
  }
  return ok({ digest, text, manifest });
};

const resolve = async (
  from: Target & { readonly session: Session; readonly want: ResolveOptions },
): Promise<RegistryResult<ResolvedImage>> => {
  const { session, place, target, want } = from;
  const what = `${place.name} ${target}`;
  const named = await manifestOf(from, want.signal);
  if (!named.ok) return named;
  const top = named.value.manifest;
  const children = top.kind === 'index' ? top.children : [];
  const child = pickChild(children, { arch: want.arch, variant: want.variant ?? null });
  if (top.kind === 'index' && child === null) {
    return missing(what, want, children.map(platformName));
  }
  const chosen =
    child === null
      ? named
      : await manifestOf({ session, place, target: child.digest }, want.signal);
  if (!chosen.ok) return chosen;
  const { manifest, text, digest } = chosen.value;
  if (manifest.kind !== 'image') {
    return fault({ code: 'OldManifest', message: `${what}: the image in its index is an index` });
  }
  const blob = await session.get(
    {
      place,
      url: new URL(`v2/${place.repository}/blobs/${manifest.configDigest}`, place.base),
      what: `the config of ${what}`,
      largestBytes: largest.config,
    },
    want.signal,
  );
  if (!blob.ok) return blob;
  const actual = sha256(blob.value.body);
  if (actual !== manifest.configDigest) {
    return mismatch(`the config of ${what}`, manifest.configDigest, actual);
  }
  const config = readImageConfig(blob.value.body.toString());
  if (config === null) {
    return fault({ code: 'AnswerUnreadable', message: `the config of ${what} is no image's` });
  }
  const { architecture, variant, os } = config;
  const own = platformName({ os, architecture, variant });
  if (architecture !== want.arch || os !== 'linux') return missing(what, want, [own]);
  return ok({
    digest: named.value.digest,
    platformDigest: digest,
    architecture,
    variant: child?.variant ?? variant,
    platforms: top.kind === 'index' ? children.map(platformName) : [own],
    compressedBytes: manifest.layerBytes,
    manifestType: top.kind === 'index' || top.kind === 'image' ? top.type : '',
    manifest: text,
    config,
  });
};

const sha256 = (body: Uint8Array): string =>
  `sha256:${createHash('sha256').update(body).digest('hex')}`;

const mismatch = (what: string, said: string, is: string): ReturnType<typeof fault> =>
  fault({ code: 'DigestMismatch', message: `${what} should be ${said} and is ${is}` });

const missing = (
  what: string,
  { arch, variant }: ResolveOptions,
  has: readonly string[],
): ReturnType<typeof fault> =>
  fault({
    code: 'PlatformMissing',
    message: `${what} is not made for linux/${[arch, ...(variant === undefined ? [] : [variant])].join('/')}; it is for ${has.length === 0 ? 'no platform at all' : [...new Set(has)].join(', ')}`,
  });
