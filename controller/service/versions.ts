import { ApiError } from '../model/api.ts';
import {
  catalogueRegistry,
  imageReferenceOf,
  repositoryOf,
  type KnownVersion,
} from '../model/catalogue.ts';
import type {
  HostDriver,
  ImageDetails,
  VersionItem,
  VersionsQuery,
  VersionsReport,
} from '../model/catalogue-api.ts';
import { versionRange, type VersionRange } from '../model/version-range.ts';
import { driverFit } from '../plan/driver-fit.ts';
import type { Core } from '../reconcile/core.ts';
import { isOn, lookAtImages } from '../reconcile/images.ts';
import { catalogueState, timeOf } from './images.ts';

/** A catalogue is longer than anybody reads. */
const mostRows = 10_000;

/** Versions that fit, the newest of each image first. `records`: this process may write. */
export const versionsReport = async (
  { deps }: Core,
  query: VersionsQuery,
  records: boolean,
): Promise<VersionsReport> => {
  const { text, image, category, architecture, cachedOnly } = query;
  const limit = Math.min(query.limit, mostRows);
  const asked = {
    text,
    image: image === null ? null : repositoryFor(image),
    category,
    cuda: rangeOf('cuda', query.cuda),
    python: rangeOf('python', query.python),
    architecture,
    cachedOnly,
    // One more tells whether there are more.
    limit: limit + 1,
  };
  const cached = await cachedOn(deps, records);
  const host = await hostDriver(deps);
  const found = deps.store.catalogue.search(asked);
  if (
    image !== null &&
    found.length === 0 &&
    deps.store.catalogue.named(asked.image ?? '').length === 0
  ) {
    throw notThere(image);
  }
  return {
    catalogue: catalogueState(deps),
    host,
    items: found.slice(0, limit).map((version) => versionItem(version, { host, cached })),
    more: found.length > limit,
  };
};

/** All that is known of one reference. */
export const imageDetails = async (
  { deps }: Core,
  reference: string,
  records: boolean,
): Promise<ImageDetails> => {
  const { catalogue } = deps.store;
  const read = imageReferenceOf(reference);
  if (read === null) throw new ApiError('usage', `${reference} is no image reference`);
  const images = catalogue.named(read.repository);
  const [image, other] = images;
  if (image === undefined) throw notThere(reference);
  if (other !== undefined) {
    throw new ApiError(
      'usage',
      `${reference} may be ${images.map((one) => repositoryOf(one)).join(' or ')}; name one of them`,
    );
  }
  const repository = repositoryOf(image);
  // NVIDIA's framework images have no tag latest: the newest is the one of the highest number.
  const tag = read.tag ?? image.newestTag;
  if (tag === null) {
    throw new ApiError('not-found', `no tag of ${repository} is known${because(image.problem)}`);
  }
  const cached = await cachedOn(deps, records);
  const version = catalogue.version(image.id, tag);
  if (version === null) {
    throw new ApiError(
      'not-found',
      `the catalogue has no ${repository}:${tag}; mlenv images versions ${repository} shows what it has`,
    );
  }
  if (read.digest !== null && version.digest !== null && read.digest !== version.digest) {
    throw new ApiError(
      'not-found',
      `${repository}:${tag} is ${version.digest} in the catalogue, and not ${read.digest}`,
    );
  }
  const host = await hostDriver(deps);
  const manifest = catalogue.manifest(version.id);
  return {
    catalogue: catalogueState(deps),
    host,
    item: versionItem(version, { host, cached }),
    title: image.displayName,
    description: image.description,
    createdAt: timeOf(version.createdAt),
    manifest: manifest === null ? null : parsed(manifest),
  };
};

const because = (problem: string | null): string => (problem === null ? '' : `: ${problem}`);

const notThere = (image: string): ApiError =>
  new ApiError(
    'not-found',
    `the catalogue has no ${image}; mlenv images search finds one by a part of its name, mlenv images sync reads what is new`,
  );

const repositoryFor = (image: string): string => {
  const read = imageReferenceOf(image);
  if (read === null) throw new ApiError('usage', `${image} is no name of an image`);
  if (read.tag !== null || read.digest !== null) {
    throw new ApiError(
      'usage',
      `${image}: name the image without a tag; mlenv images show takes one`,
    );
  }
  return read.repository;
};

const rangeOf = (name: string, text: string | null): VersionRange | null => {
  if (text === null) return null;
  const read = versionRange(text);
  if (!read.ok) throw new ApiError('usage', `${name}: ${read.message}`);
  return read.range;
};

type IsCached = (version: KnownVersion) => boolean;

/** As the record has it, where the engine does not answer. */
const cachedOn = async (deps: Core['deps'], records: boolean): Promise<IsCached> => {
  const images = await lookAtImages(deps, { records });
  return images.ok ? isOn(images.value) : ({ isCached }) => isCached;
};

/** null: no card that a driver serves, or not known now. */
const hostDriver = async ({ gpus }: Core['deps']): Promise<HostDriver | null> => {
  await gpus.refresh(maxAgeMs);
  const inventory = gpus.current();
  if (inventory?.kind !== 'known' || inventory.driver === null) return null;
  return { version: inventory.driver, cuda: inventory.cuda };
};

/** A driver is not exchanged under a host that runs. */
const maxAgeMs = 60_000;

const versionItem = (
  version: KnownVersion,
  { host, cached }: { readonly host: HostDriver | null; readonly cached: IsCached },
): VersionItem => {
  const repository = repositoryOf(version);
  return {
    reference: `${catalogueRegistry}/${repository}:${version.tag}`,
    repository,
    tag: version.tag,
    category: version.category,
    digest: version.digest,
    sizeBytes: version.sizeBytes,
    cuda: version.cuda,
    cudaFull: version.cudaFull,
    python: version.python,
    framework: version.framework,
    architectures: version.architectures,
    cached: cached(version),
    driver: driverFit(version, host),
    origin: version.origin,
    checkedAt: timeOf(version.checkedAt),
    problem: version.problem,
  };
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};
