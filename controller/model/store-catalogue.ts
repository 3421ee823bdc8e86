import type {
  CatalogueImage,
  CatalogueOrigin,
  CatalogueVersion,
  ImageName,
  ImageSearch,
  ListedImage,
  KnownImage,
  KnownVersion,
  VersionFacts,
} from './catalogue.ts';

/** The document's `ngc_images` and `image_versions`, for those who ask. */
export interface CatalogueTable {
  images(query: {
    readonly text: string | null;
    readonly category: string | null;
    readonly organization: string | null;
  }): readonly KnownImage[];
  /** Image by image, those whose name fits best first; the newest tag of each first. */
  search(query: ImageSearch): readonly KnownVersion[];
  /** Of one repository, or of all that end in this name. */
  named(repository: string): readonly KnownImage[];
  version(imageId: number, tag: string): KnownVersion | null;
  /** null: not known. */
  manifest(versionId: number): string | null;
  /**
   * Adds and changes, and takes nothing away. A starter changes no row that is there already, and no
   * import one that a sync has read.
   */
  put(images: readonly ImageWithVersions[], origin: 'starter' | 'import', at: number): PutCount;
  /** In the order of their numbers, after this one. */
  after(id: number, limit: number): readonly (ImageWithVersions & { readonly id: number })[];
  /** How many rows of each origin there are. */
  origins(): Readonly<Record<CatalogueOrigin, number>>;
  /** Marks exactly what is on the engine; answers with how many rows changed. */
  markCached(images: readonly ListedImage[]): number;
}

export interface ImageWithVersions {
  readonly image: CatalogueImage;
  readonly versions: readonly CatalogueVersion[];
}

export interface PutCount {
  readonly images: number;
  readonly versions: number;
}

/** One reading of the catalogue, kept with each step that it made, so that another process goes on with it. */
export interface SyncPass {
  readonly scope: string;
  readonly pass: number;
  readonly by: string;
  readonly startedAt: number;
  /** How the catalogue's search was read. `part`: to its end, and yet not all of it came: no image is retired. */
  readonly searched: 'no' | 'whole' | 'part';
  readonly finishedAt: number | null;
  /** When the last complete one ended. */
  readonly completeAt: number | null;
  readonly retired: number;
  /** Answers that it asked for again and that had not changed. */
  readonly unchanged: number;
  readonly failure: string;
}

export interface DueVersion extends ImageName {
  readonly id: number;
  readonly tag: string;
  /** As it was known before; null: what is in it is not known. */
  readonly digest: string | null;
}

export interface CheckedVersion {
  readonly versionId: number;
  readonly at: number;
  readonly found:
    | { readonly kind: 'facts'; readonly facts: VersionFacts; readonly manifest: string }
    /** The tag names the digest that it named before. */
    | { readonly kind: 'same' }
    | { readonly kind: 'problem'; readonly why: string };
}

export interface SyncCounts {
  readonly images: number;
  /** Images whose tags were read. */
  readonly listed: number;
  readonly versions: number;
  /** Versions of which it is known what is in them, or why it is not. */
  readonly checked: number;
}

export interface SyncTable {
  all(): readonly SyncPass[];
  get(scope: string): SyncPass | null;
  /** A pass that is not complete goes on; else a new one begins. */
  begin(request: { readonly scope: string; readonly by: string; readonly at: number }): SyncPass;
  /** Images that the search has shown. Read again, they come out the same. */
  found(pass: number, images: readonly CatalogueImage[], at: number): void;
  /** The search is read to its end. */
  searched(scope: string, how: 'whole' | 'part'): void;
  /** The next whose tags this pass has not read; null: all are. */
  nextImage(pass: number): (ImageName & { readonly id: number }) | null;
  /** All tags of an image. One of which it is known since `freshSince` what is in it is not asked for again. */
  tags(
    pass: number,
    found: {
      readonly imageId: number;
      readonly tags: readonly string[];
      readonly freshSince: number;
    },
  ): void;
  /** Its tags could not be read, and will not be by asking again: what is known of them stays. */
  skipImage(pass: number, imageId: number, problem: string): void;
  /** The next of which this pass does not know what is in it, the newest first. */
  nextVersion(pass: number): DueVersion | null;
  check(pass: number, found: CheckedVersion): void;
  counts(pass: number): SyncCounts;
  /** One more answer had not changed. */
  unchanged(scope: string): void;
  fail(scope: string, failure: string): void;
  /** Takes away what a complete pass did not find; answers with how many rows. */
  finish(pass: SyncPass, at: number): number;
}

export interface KeptAnswer {
  readonly response: string;
  /** What it is asked for again with; null: its answerer gave it none. */
  readonly etag: string | null;
  /** From then on it is not used unless its answerer says that it has not changed. */
  readonly expiresAt: number;
}

/** What was asked for. */
export interface Endpoint {
  /** `https://api.ngc.nvidia.com` */
  readonly origin: string;
  /** With the query. */
  readonly path: string;
}

/** The document's `api_cache`: answers of others, by their path. Of two origins the last one stays. */
export interface AnswerCache {
  /** Also one that has expired. null: none. */
  get(endpoint: Endpoint): KeptAnswer | null;
  set(endpoint: Endpoint, answer: KeptAnswer, now: number): void;
  /** It has not changed. */
  renew(endpoint: Endpoint, expiresAt: number): void;
}

/** Since when an image is on the engine, and when it was used last. */
export interface EngineImageTable {
  all(): ReadonlyMap<string, { readonly seenAt: number; readonly usedAt: number | null }>;
  /** What MLEnv's containers were made of, also those that are gone, as their files name it. */
  madeOf(): readonly string[];
  /** What a look found; those that are gone are forgotten. */
  replace(found: readonly { readonly id: string; readonly isUsed: boolean }[], at: number): void;
}
