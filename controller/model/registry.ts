import type { RegistryFault } from './registry-faults.ts';

/** Where a registry is asked, said by an administrator. */
export interface RegistryConfig {
  /** As in a reference: `docker.io`, `nvcr.io`, `registry.lab:5000`. */
  readonly name: string;
  /** In place of `https://NAME`; null: there. */
  readonly url: string | null;
  /** `HOST[:PORT]` of token servers that may be told the login for it. */
  readonly tokenHosts: readonly string[];
  /** The login of root's is shown to it for everybody's requests. */
  readonly sharedLogin?: boolean;
}

/** A value or a fault. The ports answer with this and throw only on a bug. */
export type RegistryResult<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: RegistryFault };

/**
 * Reads of image registries (distribution v2). Waits, retries and the pace a host allows are inside.
 * A repository is a full one: `nvcr.io/nvidia/pytorch`; where it names no registry, it is Docker Hub's.
 */
export interface RegistryReader {
  /** Pages in the registry's own order, which means nothing. A fault is the last thing that comes. */
  tags(repository: string, options: TagOptions): AsyncIterable<RegistryResult<TagPage>>;
  /** The image of one architecture behind a tag or a digest: three or four requests. */
  resolve(reference: string, options: ResolveOptions): Promise<RegistryResult<ResolvedImage>>;
  /** What a tag names now, for one request: equal to `ResolvedImage.digest` unless it moved. */
  digest(
    reference: string,
    options: { readonly signal: AbortSignal },
  ): Promise<RegistryResult<string>>;
}

/** Logins of the user that this process is, kept where Docker keeps them. A registry is a host: `nvcr.io`. */
export interface RegistryLogins {
  /** Kept only where the registry takes it. */
  login(login: RegistryLogin, signal: AbortSignal): Promise<RegistryResult<KeptLogin>>;
  /** Where it was taken from; null: there was none. */
  logout(registry: string, signal: AbortSignal): Promise<RegistryResult<string | null>>;
}

/** What a registry is shown. */
export type Credential =
  | { readonly kind: 'password'; readonly user: string; readonly secret: string }
  /** Exchanged at the token server; some clouds leave one in place of a password. */
  | { readonly kind: 'identity'; readonly user: string; readonly token: string };

/** The login for the registry of an image; null: there is none, so it is pulled as anybody. */
export type LoginFor = (
  reference: string,
  signal: AbortSignal,
) => Promise<RegistryResult<{ readonly registry: string; readonly credential: Credential } | null>>;

export interface RegistryLogin {
  readonly registry: string;
  readonly user: string;
  readonly secret: string;
}

export interface KeptLogin {
  /** A file, or the name of a helper. */
  readonly place: string;
  /** false: the registry asks nobody for a login, so it may be wrong. */
  readonly checked: boolean;
}

export interface TagOptions {
  readonly signal: AbortSignal;
  /** The `next` of a page seen before: goes on behind that page. */
  readonly after?: string;
}

export interface TagPage {
  readonly tags: readonly string[];
  /** Where the page behind this one begins; null: this is the last. */
  readonly next: string | null;
  /** The registry said that it is as it was known. */
  readonly unchanged: boolean;
}

export interface ResolveOptions {
  /** In Go's words: `amd64`, `arm64`. */
  readonly arch: string;
  /** `v7` of arm; left out: what runs everywhere on that architecture. */
  readonly variant?: string;
  readonly signal: AbortSignal;
}

export interface ResolvedImage {
  /** Of what the reference names: an index, or the manifest itself. It is what a pull by digest takes. */
  readonly digest: string;
  /** Of the one image for the architecture asked for; the same as `digest` where there is no index. */
  readonly platformDigest: string;
  readonly architecture: string;
  readonly variant: string | null;
  /** All that the reference offers: `linux/amd64`, `linux/arm/v7`. Attestations are left out. */
  readonly platforms: readonly string[];
  /** Sum of the layers: what is downloaded, not what lies on the disk afterwards. */
  readonly compressedBytes: number;
  /** Media type of what `digest` names. */
  readonly manifestType: string;
  /** JSON text of what `platformDigest` names, byte for byte. */
  readonly manifest: string;
  readonly config: ImageConfig;
}

/** The image's own config, as it stands there; `catalog/image-facts.ts` makes sense of it. */
export interface ImageConfig {
  readonly architecture: string;
  readonly os: string;
  readonly variant: string | null;
  /** ISO 8601; null: it does not say. */
  readonly created: string | null;
  /** `NAME=VALUE` */
  readonly env: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** `created_by` of each step, oldest first. */
  readonly history: readonly string[];
}

/** Search in a catalogue of images (NGC's). */
export interface CatalogueSearch {
  /** A fault is the last thing that comes. No entry comes twice. */
  pages(options: SearchOptions): AsyncIterable<RegistryResult<CataloguePage>>;
}

export interface SearchOptions {
  /** `nvidia`; null: of all. */
  readonly org: string | null;
  /** Words to look for; null: all there is. */
  readonly query: string | null;
  readonly signal: AbortSignal;
}

export interface CataloguePage {
  /** From 0. */
  readonly page: number;
  readonly entries: readonly CatalogueEntry[];
  /** How many there are in all, as this page says; it may change between pages. */
  readonly total: number;
  /**
   * Only of the last page, and true only where as many entries came as the catalogue counted and none
   * was unreadable: only then may what was not seen be retired.
   */
  readonly complete: boolean;
  /** What was left out, with the reason. */
  readonly skipped: readonly SkippedEntry[];
  /** The catalogue said that it is as it was known. */
  readonly unchanged: boolean;
}

export interface SkippedEntry {
  /** Its id where it has one. */
  readonly entry: string;
  readonly why: string;
}

export interface CatalogueEntry {
  /** `nvidia/pytorch`, `nvidia/clara/monai-toolkit` */
  readonly repository: string;
  readonly org: string;
  /** '' where there is none. */
  readonly team: string;
  /** The last segment: `pytorch`. */
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  /** Values by key: `general`, `publisher`, `productNames`. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  /** What was pushed last, which is often a variant and not the newest release; null: unknown. */
  readonly latestTag: string | null;
  /** Compressed; null: unknown. */
  readonly sizeBytes: number | null;
  /** Milliseconds since the epoch; null: unknown. */
  readonly createdAt: number | null;
  readonly updatedAt: number | null;
  readonly isPublic: boolean;
  /** A guess of the catalogue: a licence gate may stand in the way all the same. */
  readonly canGuestPull: boolean;
  /** The entry as it came, as JSON text. */
  readonly raw: string;
}
