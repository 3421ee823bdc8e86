import { ApiError, type ActionResult } from '../model/api.ts';
import { repositoryOf, type KnownImage } from '../model/catalogue.ts';
import type {
  CatalogueState,
  ExportedImages,
  ImageItem,
  ImagesQuery,
  ImagesReport,
  ImportedImages,
  ImportImagesRequest,
  SyncImagesRequest,
  SyncItem,
} from '../model/catalogue-api.ts';
import type { SyncPass } from '../model/store-catalogue.ts';
import { audit } from '../reconcile/audit.ts';
import type { Core } from '../reconcile/core.ts';
import type { Acting } from './acting.ts';

type Deps = Core['deps'];

/** The repositories of the catalogue, and how old it is. */
export const imagesReport = ({ deps }: Core, query: ImagesQuery): ImagesReport => ({
  catalogue: catalogueState(deps),
  items: deps.store.catalogue.images(query).map(imageItem),
});

export const catalogueState = (deps: Deps): CatalogueState => {
  const counts = deps.store.catalogue.origins();
  const passes = deps.store.syncs.all();
  const complete = passes.flatMap(({ completeAt }) => (completeAt === null ? [] : [completeAt]));
  const origins = Object.entries(counts).filter(([, count]) => count > 0);
  return {
    images: origins.reduce((sum, [, count]) => sum + count, 0),
    origins: Object.fromEntries(origins),
    syncedAt: complete.length === 0 ? null : timeOf(Math.max(...complete)),
    syncs: passes.map((pass) => syncItem(deps, pass)),
  };
};

/** Returns at once; `images` tells how far it is. */
export const syncImages = ({ deps, uid }: Acting, request: SyncImagesRequest): ActionResult => {
  const { organization, image, by } = request;
  if (deps.catalogueSync === undefined) {
    throw new ApiError('prerequisite', 'this process reads no catalogue; start the controller');
  }
  if (![organization, image ?? 'all'].every((part) => /^[a-z0-9][a-z0-9._-]*$/i.test(part))) {
    throw new ApiError(
      'usage',
      'an organisation and an image are each one word of a repository: nvidia, pytorch',
    );
  }
  const scope = image === null ? organization : `${organization}/${image}`;
  const wasRunning = deps.catalogueSync.isRunning(scope);
  const wasCutOff = deps.store.syncs.get(scope)?.finishedAt === null;
  deps.catalogueSync.start(request);
  audit(deps, {
    uid,
    by,
    action: 'images sync',
    project: null,
    environment: null,
    resource: { type: 'catalogue', id: scope },
  });
  const message = wasRunning
    ? `${scope} is being read already`
    : wasCutOff
      ? `the reading of ${scope} that was cut off goes on`
      : `the reading of ${scope} begins`;
  return { keys: [], messages: [message] };
};

/** So many repositories with all their versions, behind this one. */
export const exportImages = ({ deps }: Core, after: number): ExportedImages => {
  const rows = deps.store.catalogue.after(after, imagesAPiece);
  return {
    items: rows.map(({ image, versions }) => ({ ...image, versions })),
    next: rows.length < imagesAPiece ? null : (rows.at(-1)?.id ?? null),
  };
};

const imagesAPiece = 20;

/** Adds and changes, and takes nothing away: a file may hold a part of a catalogue. */
export const importImages = (
  { deps, uid }: Acting,
  { images, by }: ImportImagesRequest,
): ImportedImages => {
  const pieces = images.map(({ versions, ...image }) => ({ image, versions }));
  return deps.store.transaction(() => {
    const count = deps.store.catalogue.put(pieces, 'import', deps.clock.now());
    audit(deps, {
      uid,
      by,
      action: 'images import',
      project: null,
      environment: null,
      resource: { type: 'catalogue', id: '*' },
      after: { images: images.length, changed: count.images + count.versions },
    });
    return count;
  });
};

const syncItem = ({ store, catalogueSync }: Deps, pass: SyncPass): SyncItem => {
  const isRunning = catalogueSync?.isRunning(pass.scope) === true;
  const { images, listed, versions, checked } = store.syncs.counts(pass.pass);
  return {
    scope: pass.scope,
    state: isRunning ? 'running' : pass.finishedAt === null ? 'stopped' : 'complete',
    why: pass.failure,
    by: pass.by,
    startedAt: timeOf(pass.startedAt),
    finishedAt: timeOf(pass.finishedAt),
    images,
    listed,
    versions,
    checked,
    retired: pass.retired,
    unchanged: pass.unchanged,
  };
};

const imageItem = (image: KnownImage): ImageItem => ({
  repository: repositoryOf(image),
  title: image.displayName,
  category: image.category,
  description: image.description,
  tags: image.tags,
  newestTag: image.newestTag,
  updatedAt: timeOf(image.updatedAt),
  origin: image.origin,
  problem: image.problem,
});

export function timeOf(at: number): string;
export function timeOf(at: number | null): string | null;
export function timeOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
