/** What an image's name says, with all that Docker leaves out filled in. */
export interface ImageReference {
  /** `docker.io`, `nvcr.io`, `localhost:5000` */
  readonly registry: string;
  /** `library/busybox`, `nvidia/pytorch` */
  readonly repository: string;
  /** null: there is only a digest. */
  readonly tag: string | null;
  readonly digest: string | null;
}

export type ReadReference =
  | { readonly ok: true; readonly value: ImageReference }
  | { readonly ok: false; readonly trouble: string };

/** By Docker's own rules. Without tag and digest it is `latest`, as there; callers that must not guess look first. */
export const parseReference = (source: string): ReadReference => {
  const given = source.trim();
  const [named = '', digest, ...more] = given.split('@');
  if (more.length > 0) return trouble(given, 'has more than one @');
  if (digest !== undefined && !isDigest(digest)) {
    return trouble(given, 'has a digest that is not sha256: and 64 hexadecimal digits');
  }
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const tag = colon < 0 ? null : named.slice(colon + 1);
  if (tag !== null && !/^\w[\w.-]{0,127}$/.test(tag)) {
    return trouble(given, 'has a tag that is not letters, digits, dots and dashes, at most 128');
  }
  const place = parseRepository(colon < 0 ? named : named.slice(0, colon));
  if (!place.ok) return trouble(given, place.trouble);
  return {
    ok: true,
    value: {
      ...place.value,
      tag: tag ?? (digest === undefined ? 'latest' : null),
      digest: digest ?? null,
    },
  };
};

export interface Repository {
  readonly registry: string;
  readonly repository: string;
}

type ReadRepository =
  | { readonly ok: true; readonly value: Repository }
  | { readonly ok: false; readonly trouble: string };

/** A name without tag and digest. */
export const parseRepository = (name: string): ReadRepository => {
  const [first = '', ...rest] = name.split('/');
  // A first segment is a registry where it could be no folder of Docker Hub.
  const isRegistry = rest.length > 0 && (/[.:A-Z]/.test(first) || first === 'localhost');
  const registry = isRegistry
    ? first.replace(/^(index|registry-1)\.docker\.io$/, 'docker.io')
    : 'docker.io';
  if (!isHost(registry)) return { ok: false, trouble: 'names a registry that is no host' };
  const path = isRegistry ? rest : [first, ...rest];
  const segments = registry === 'docker.io' && path.length === 1 ? ['library', ...path] : path;
  const repository = segments.join('/');
  if (!segments.every(isSegment) || repository.length > 255) {
    const trouble = /[A-Z]/.test(repository)
      ? 'has capitals in its repository, which are not allowed there'
      : 'has a repository that is not lower-case words with single . _ - between them';
    return { ok: false, trouble };
  }
  return { ok: true, value: { registry, repository } };
};

/** `nvcr.io` of what people write for it; null: it is no host. */
export const parseRegistry = (given: string): string | null => {
  const host = given
    .trim()
    .replace(/^https?:\/\//, '')
    .replace(/\/(?:v[12]\/?)?$/, '');
  const registry = host.replace(/^(index|registry-1)\.docker\.io$/, 'docker.io');
  return isHost(registry) ? registry : null;
};

export const isDigest = (value: string): boolean => /^sha256:[0-9a-f]{64}$/.test(value);

const isHost = (value: string): boolean =>
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*(?::\d{1,5})?$/.test(
    value,
  );

const isSegment = (value: string): boolean => /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/.test(value);

const trouble = (given: string, why: string): ReadReference => ({
  ok: false,
  trouble: `"${given.length > 120 ? `${given.slice(0, 119)}…` : given}" ${why}`,
});
