import type { ActionResult } from './api.ts';
import type { CatalogueOrigin, CatalogueVersion, CatalogueImage } from './catalogue.ts';
import type { ImageChoice } from './image-choice.ts';
import type { SyncPass } from './store-catalogue.ts';

/** The part of the Api that concerns images. */
export interface CatalogueApi {
  /** The repositories of the catalogue of images, how old it is, and how far a sync is. */
  images(query: ImagesQuery): Promise<ImagesReport>;
  /** Versions of images that fit, the newest of each first. */
  imageVersions(query: VersionsQuery): Promise<VersionsReport>;
  showImage(reference: string): Promise<ImageDetails>;
  /** The digests that mlenv.lock is to say; the file is for whoever asks to write. */
  lockImages(request: LockImagesRequest): Promise<LockImagesReport>;
  /** Reads the catalogue anew, in the background. */
  syncImages(request: SyncImagesRequest): Promise<ActionResult>;
  /** Some of the catalogue, behind this row; 0: from the beginning. */
  exportImages(after: number): Promise<ExportedImages>;
  importImages(request: ImportImagesRequest): Promise<ImportedImages>;
  /** Which images of the engine may go, and why the rest stays; with `remove` they go. */
  pruneImages(request: PruneImagesRequest): Promise<PruneReport>;
}

export interface ImagesQuery {
  /** Part of the name, title, category or description; null: any. */
  readonly text: string | null;
  readonly category: string | null;
  readonly organization: string | null;
}

export interface ImagesReport {
  readonly catalogue: CatalogueState;
  readonly items: readonly ImageItem[];
}

/** How old what is told is, and how far it is read. */
export interface CatalogueState {
  readonly images: number;
  /** Where the images came from, without those of which there is none. */
  readonly origins: Partial<Readonly<Record<CatalogueOrigin, number>>>;
  /** ISO 8601 UTC; when the catalogue was read to its end last; null: never. */
  readonly syncedAt: string | null;
  readonly syncs: readonly SyncItem[];
}

export interface SyncItem {
  /** `nvidia`, or `nvidia/pytorch` for the images of that name alone. */
  readonly scope: string;
  readonly state: 'running' | 'stopped' | 'complete';
  /** Why it stands still; '': it does not. */
  readonly why: string;
  readonly by: string;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly images: number;
  /** Images whose tags were read. */
  readonly listed: number;
  readonly versions: number;
  /** Versions that the registry was asked about. */
  readonly checked: number;
  /** Rows that the last complete pass took away. */
  readonly retired: number;
  /** Answers that were asked for again and had not changed: pages of the search, lists of tags. */
  readonly unchanged: number;
}

export interface ImageItem {
  /** `nvidia/pytorch` */
  readonly repository: string;
  readonly title: string | null;
  readonly category: string | null;
  readonly description: string | null;
  readonly tags: number;
  readonly newestTag: string | null;
  readonly updatedAt: string | null;
  readonly origin: CatalogueOrigin;
  /** Why its tags are not known; null: they are. */
  readonly problem: string | null;
}

export interface VersionsQuery {
  readonly text: string | null;
  /** `pytorch`, `nvidia/pytorch`; null: any. */
  readonly image: string | null;
  readonly category: string | null;
  /** `>=12.4` */
  readonly cuda: string | null;
  /** `3.10` */
  readonly python: string | null;
  /** `amd64` */
  readonly architecture: string | null;
  readonly cachedOnly: boolean;
  readonly limit: number;
}

export interface VersionsReport {
  readonly catalogue: CatalogueState;
  readonly host: HostDriver | null;
  readonly items: readonly VersionItem[];
  /** There are more than were asked for. */
  readonly more: boolean;
}

/** What this host's cards are served by. */
export interface HostDriver {
  readonly version: string;
  /** The newest CUDA that it serves, `12.2`. */
  readonly cuda: string | null;
}

export interface VersionItem {
  /** `nvcr.io/nvidia/pytorch:24.05-py3`, as a spec takes it. */
  readonly reference: string;
  readonly repository: string;
  readonly tag: string;
  readonly category: string | null;
  readonly digest: string | null;
  /** Compressed: what a pull loads. */
  readonly sizeBytes: number | null;
  readonly cuda: string | null;
  readonly cudaFull: string | null;
  readonly python: string | null;
  readonly framework: string | null;
  readonly architectures: readonly string[];
  readonly cached: boolean;
  readonly driver: DriverFit;
  readonly origin: CatalogueOrigin;
  /** ISO 8601 UTC; when the registry was asked about it; null: never. */
  readonly checkedAt: string | null;
  readonly problem: string | null;
}

/**
 * - `fits`: the driver is as new as the image was built for.
 * - `minor`: older, and of the same CUDA: most works, by CUDA's minor-version compatibility.
 * - `too-old`: does not run without a forward-compatibility package, which is for data-centre cards.
 * - `unknown`: the image, or this host, does not say.
 */
export interface DriverFit {
  readonly verdict: 'fits' | 'minor' | 'too-old' | 'unknown';
  /** `needs driver ≥ 550; this host has 535`; '' where there is nothing to say. */
  readonly message: string;
}

export interface ImageDetails {
  readonly catalogue: CatalogueState;
  readonly host: HostDriver | null;
  readonly item: VersionItem;
  readonly title: string | null;
  readonly description: string | null;
  /** ISO 8601 UTC. */
  readonly createdAt: string | null;
  /** As the registry has it; null: not known. */
  readonly manifest: unknown;
}

export interface SyncImagesRequest {
  readonly organization: string;
  /** Images of this name alone; null: all of the organisation. */
  readonly image: string | null;
  readonly by: string;
}

/** What a file of the catalogue holds, piece by piece: a whole one is longer than a request may be. */
export interface ExportedImages {
  readonly items: readonly ExportedImage[];
  /** To ask behind these; null: these were the last. */
  readonly next: number | null;
}

export interface ExportedImage extends CatalogueImage {
  readonly versions: readonly CatalogueVersion[];
}

export interface ImportImagesRequest {
  readonly images: readonly ExportedImage[];
  readonly by: string;
}

export interface ImportedImages {
  readonly images: number;
  readonly versions: number;
}

export interface PruneImagesRequest {
  readonly unusedForMs: number;
  /** The newest so many of each repository stay. */
  readonly keep: number;
  /** References that the plan showed and that are to go now; null: only the plan. */
  readonly remove: readonly string[] | null;
  readonly by: string;
}

export interface PruneReport {
  readonly items: readonly PruneItem[];
  /** Layers that other images share are not given back. */
  readonly atMostBytes: number;
}

export interface PruneItem {
  readonly reference: string;
  readonly imageId: string;
  readonly sizeBytes: number;
  readonly verdict: 'remove' | 'keep' | 'removed' | 'failed';
  /** `unused for 41 days`, `speech/train names it` */
  readonly why: string;
}

export interface LockImagesRequest {
  /** The project's folder. */
  readonly path: string;
  readonly images: readonly LockImage[];
}

export interface LockImage {
  readonly environment: string;
  /** What the file asks for, in one form. */
  readonly asked: string;
  /** null: `asked` is an image. */
  readonly choice: ImageChoice | null;
  /** What runs now does not count. */
  readonly fresh: boolean;
}

export interface LockImagesReport {
  readonly items: readonly LockedImage[];
}

export interface LockedImage {
  readonly environment: string;
  /** What was asked for. */
  readonly image: string;
  /** `nvcr.io/nvidia/pytorch:24.05-py3`; '': none was found. */
  readonly reference: string;
  readonly digest: string;
  /** Why none was found; null: one was. */
  readonly trouble: string | null;
}

/** Reads a catalogue from where it lies, in the background. */
export interface CatalogueSync {
  /** A pass that was cut off goes on. */
  start(request: SyncImagesRequest): SyncPass;
  /** All passes that were cut off go on. */
  resume(): void;
  isRunning(scope: string): boolean;
  stop(): Promise<void>;
}
