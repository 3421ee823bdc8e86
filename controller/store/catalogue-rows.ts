import type {
  CatalogueImage,
  CatalogueOrigin,
  CatalogueVersion,
  KnownImage,
  KnownVersion,
  VersionFacts,
} from '../model/catalogue.ts';
import { tagOrder } from '../model/tag-order.ts';
import { fromDatetime, toDatetime } from './time.ts';

export interface ImageRow {
  readonly id: number;
  readonly name: string;
  readonly display_name: string | null;
  readonly organization: string;
  readonly team: string | null;
  readonly category: string | null;
  readonly description: string | null;
  readonly created_at: string | null;
  readonly updated_at: string | null;
  readonly last_synced: string | null;
  readonly origin: CatalogueOrigin;
  readonly problem: string | null;
}

export interface VersionRow {
  readonly id: number;
  readonly tag: string;
  readonly digest: string | null;
  readonly size_bytes: number | null;
  readonly created_at: string | null;
  readonly cuda_version: string | null;
  readonly cuda_full: string | null;
  readonly python_version: string | null;
  readonly framework_version: string | null;
  readonly min_driver: string | null;
  readonly architecture: string | null;
  readonly architectures: string | null;
  readonly is_cached: number;
  readonly checked_at_ms: number | null;
  readonly problem: string | null;
}

/** All of a version but its manifest, which may be long. */
export const versionColumns = `v.id, v.tag, v.digest, v.size_bytes, v.created_at, v.cuda_version, v.cuda_full,
  v.python_version, v.framework_version, v.min_driver, v.architecture, v.architectures, v.is_cached,
  v.checked_at_ms, v.problem`;

export const imageColumns = (image: CatalogueImage) => ({
  name: image.name,
  displayName: image.displayName,
  organization: image.organization,
  team: image.team === '' ? null : image.team,
  category: image.category,
  description: image.description,
  createdAt: toDatetime(image.createdAt),
  updatedAt: toDatetime(image.updatedAt),
});

export const factColumns = (facts: VersionFacts) => ({
  digest: facts.digest,
  size: facts.sizeBytes,
  createdAt: toDatetime(facts.createdAt),
  cuda: facts.cuda,
  cudaFull: facts.cudaFull,
  python: facts.python,
  framework: facts.framework,
  minDriver: facts.minDriver,
  // Of several, the one that most machines are of.
  architecture: facts.architectures.includes('amd64') ? 'amd64' : (facts.architectures[0] ?? null),
  architectures: facts.architectures.length === 0 ? null : facts.architectures.join(','),
});

export const versionColumnsOf = (version: CatalogueVersion) => ({
  ...factColumns(version),
  tag: version.tag,
  order: tagOrder(version.tag),
});

export const imageOf = (row: ImageRow): CatalogueImage => ({
  organization: row.organization,
  team: row.team ?? '',
  name: row.name,
  displayName: row.display_name,
  category: row.category,
  description: row.description,
  createdAt: fromDatetime(row.created_at),
  updatedAt: fromDatetime(row.updated_at),
});

export const knownImageOf = (
  row: ImageRow & { readonly tags: number; readonly newest: string | null },
): KnownImage => ({
  ...imageOf(row),
  id: row.id,
  origin: row.origin,
  syncedAt: row.origin === 'sync' ? fromDatetime(row.last_synced) : null,
  tags: row.tags,
  newestTag: row.newest,
  problem: row.problem,
});

export const versionOf = (row: VersionRow): CatalogueVersion => ({
  tag: row.tag,
  digest: row.digest,
  sizeBytes: row.size_bytes,
  createdAt: fromDatetime(row.created_at),
  cuda: row.cuda_version,
  cudaFull: row.cuda_full,
  python: row.python_version,
  framework: row.framework_version,
  minDriver: row.min_driver,
  architectures: (row.architectures ?? row.architecture ?? '')
    .split(',')
    .filter((one) => one !== ''),
});

export const knownVersionOf = (row: VersionRow, image: ImageRow): KnownVersion => ({
  ...versionOf(row),
  id: row.id,
  organization: image.organization,
  team: image.team ?? '',
  name: image.name,
  category: image.category,
  origin: image.origin,
  isCached: row.is_cached === 1,
  checkedAt: row.checked_at_ms,
  problem: row.problem,
});
