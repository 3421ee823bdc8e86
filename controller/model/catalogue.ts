import type { VersionRange } from './version-range.ts';

/** Where a row of the catalogue came from. `hand`: somebody wrote it into the record. */
export type CatalogueOrigin = 'hand' | 'starter' | 'import' | 'sync';

/** One repository: `nvidia/pytorch`, or `nvidia/rapidsai/base`. */
export interface ImageName {
  readonly organization: string;
  /** '': none. */
  readonly team: string;
  readonly name: string;
}

export interface CatalogueImage extends ImageName {
  readonly displayName: string | null;
  /** pytorch, tensorflow, rapids, … */
  readonly category: string | null;
  readonly description: string | null;
  readonly createdAt: number | null;
  readonly updatedAt: number | null;
}

export interface KnownImage extends CatalogueImage {
  readonly id: number;
  readonly origin: CatalogueOrigin;
  readonly syncedAt: number | null;
  readonly tags: number;
  readonly newestTag: string | null;
  readonly problem: string | null;
}

/** What is in an image, as its own configuration says. null: it does not. */
export interface VersionFacts {
  readonly digest: string | null;
  /** Compressed, all layers: what a pull loads. */
  readonly sizeBytes: number | null;
  readonly createdAt: number | null;
  /** `12.4` */
  readonly cuda: string | null;
  /** `12.4.1.003` */
  readonly cudaFull: string | null;
  readonly python: string | null;
  readonly framework: string | null;
  /** Driver that it was built for. */
  readonly minDriver: string | null;
  /** Empty: not known. */
  readonly architectures: readonly string[];
}

export interface CatalogueVersion extends VersionFacts {
  readonly tag: string;
}

export interface KnownVersion extends CatalogueVersion, ImageName {
  readonly id: number;
  readonly category: string | null;
  readonly origin: CatalogueOrigin;
  /** Present on this engine. */
  readonly isCached: boolean;
  /** When the registry was asked what is in it. */
  readonly checkedAt: number | null;
  readonly problem: string | null;
}

export interface ImageSearch {
  /** Part of the name, title, category or description; null: any. */
  readonly text: string | null;
  /** A repository, whole or its last part: `nvidia/pytorch`, `pytorch`; null: any. */
  readonly image: string | null;
  readonly category: string | null;
  readonly cuda: VersionRange | null;
  readonly python: VersionRange | null;
  readonly architecture: string | null;
  readonly cachedOnly: boolean;
  readonly limit: number;
}

export interface ListedImage {
  /** `sha256:…` */
  readonly id: string;
  /** `nvcr.io/nvidia/pytorch:24.05-py3` */
  readonly tags: readonly string[];
  /** `nvcr.io/nvidia/pytorch@sha256:…`: where it can be pulled from again. */
  readonly digests: readonly string[];
  /** On the disk, with layers that other images share. */
  readonly sizeBytes: number;
  /** A container is made of it, whosever, running or not. */
  readonly isUsed: boolean;
}

/** Of NVIDIA's registry are all images of the catalogue. */
export const catalogueRegistry = 'nvcr.io';

/** `nvidia/pytorch` */
export const repositoryOf = ({ organization, team, name }: ImageName): string =>
  [organization, team, name].filter((part) => part !== '').join('/');

/** null: no repository of the catalogue. */
export const imageNameOf = (repository: string): ImageName | null => {
  const [organization, ...rest] = repository.split('/');
  const name = rest.pop();
  if (organization === undefined || name === undefined || rest.length > 1) return null;
  if (![organization, ...rest, name].every((part) => /^[a-z0-9][a-z0-9._-]*$/i.test(part))) {
    return null;
  }
  return { organization, team: rest[0] ?? '', name };
};

/** A reference as people write it, with or without the registry. */
export interface ImageReference {
  /** `pytorch`, `nvidia/pytorch` */
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: string | null;
}

/** Also as the catalogue's pages show it in their address. null: no reference. */
export const imageReferenceOf = (text: string): ImageReference | null => {
  const page =
    /^(?:https?:\/\/)?catalog\.ngc\.nvidia\.com\/orgs\/([^/]+)(?:\/teams\/([^/]+)|\/([^/]+))??\/containers\/([^/?#]+)(?:\/(?:tags\/)?([^/?#]+))?/.exec(
      text,
    );
  if (page !== null) {
    const [, organization = '', team, newer, name = '', tag] = page;
    const parts = [organization, team ?? newer ?? '', name].filter(
      (part) => part !== '' && part !== '-',
    );
    return {
      repository: parts.join('/'),
      tag: tag === undefined || tag === '-' ? null : tag,
      digest: null,
    };
  }
  const bare = text.startsWith(`${catalogueRegistry}/`)
    ? text.slice(catalogueRegistry.length + 1)
    : text;
  const found = /^([A-Za-z0-9][\w./-]*?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(
    bare,
  );
  if (found === null) return null;
  return { repository: found[1] ?? '', tag: found[2] ?? null, digest: found[3] ?? null };
};

const categories: readonly (readonly [RegExp, string])[] = [
  [/tritonserver|^triton/, 'triton'],
  [/tensorrt|trtllm|^trt/, 'tensorrt'],
  [/tensorflow/, 'tensorflow'],
  [/torch/, 'pytorch'],
  [/rapids|cudf|cuml/, 'rapids'],
  [/(^|\/)jax/, 'jax'],
  [/nemo/, 'nemo'],
  [/vllm|sglang/, 'llm'],
  [/(^|\/)cuda/, 'cuda'],
  [/^nim\//, 'nim'],
  [/monai|clara|isaac/, 'applications'],
];

/** By the repository's name, as the catalogue has no such field. The first row that matches says it. */
export const categoryOf = (image: ImageName): string => {
  const repository = repositoryOf(image).toLowerCase();
  return categories.find(([pattern]) => pattern.test(repository))?.[1] ?? 'other';
};
