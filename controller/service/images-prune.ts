import { catalogueRegistry, repositoryOf } from '../model/catalogue.ts';
import type { PruneImagesRequest, PruneItem, PruneReport } from '../model/catalogue-api.ts';
import { pinnedImage } from '../model/image-choice.ts';
import { ApiError } from '../model/api.ts';
import { environmentKey } from '../model/key.ts';
import { pruneImages, repositoryIn, type NamedImage } from '../plan/image-prune.ts';
import { audit } from '../reconcile/audit.ts';
import type { Core } from '../reconcile/core.ts';
import { lookAtImages } from '../reconcile/images.ts';
import type { Acting } from './acting.ts';

/**
 * What may go, and with `remove` the going itself: of what the plan showed only that goes which the plan of
 * now lets go as well.
 */
export const prune = async (
  acting: Acting,
  request: PruneImagesRequest,
  records: boolean,
): Promise<PruneReport> => {
  const { remove } = request;
  const plan = await planned(acting, request, records);
  if (remove === null) return reportOf(plan);
  const asked = new Set(remove);
  const items: PruneItem[] = [];
  for (const item of plan) {
    if (!asked.has(item.reference)) continue;
    items.push(item.verdict === 'remove' ? await removed(acting, item, request.by) : item);
  }
  await lookAtImages(acting.deps, { records });
  return reportOf(items);
};

const planned = async (
  { deps }: Core,
  { unusedForMs, keep }: PruneImagesRequest,
  records: boolean,
): Promise<readonly PruneItem[]> => {
  const images = await lookAtImages(deps, { records });
  if (!images.ok) throw ApiError.ofEngine(images.failure);
  const { store, clock } = deps;
  const known = new Set([
    ...store.catalogue
      .images({ text: null, category: null, organization: null })
      .map((image) => `${catalogueRegistry}/${repositoryOf(image)}`),
    ...store.engineImages.madeOf().map(repositoryIn),
  ]);
  return pruneImages({
    images: images.value,
    named: namedImages(deps),
    seen: store.engineImages.all(),
    isKnown: (repository) => known.has(repository),
    now: clock.now(),
    unusedForMs,
    keep,
  });
};

/** In all specs that are known: as the file has it, and as it was resolved where this process did. */
const namedImages = ({ store, memory }: Core['deps']): readonly NamedImage[] =>
  store.environments.all().flatMap((row) => {
    const by = `${store.projects.get(row.projectId)?.name ?? row.projectId}/${row.environment}`;
    const key = environmentKey(row);
    const wish = memory.wishes.get(key);
    const pin = store.pins.of(key);
    const named = [
      row.raw['image'],
      ...(wish?.kind === 'wanted' ? [wish.environment.image] : []),
      ...(pin === null ? [] : [pinnedImage(pin)]),
    ];
    return named.flatMap((image) => (typeof image === 'string' ? [{ image, by }] : []));
  });

const removed = async ({ deps, uid }: Acting, item: PruneItem, by: string): Promise<PruneItem> => {
  const done = await deps.writer.removeImage(item.reference);
  audit(deps, {
    uid,
    by,
    action: 'images prune',
    project: null,
    environment: null,
    resource: { type: 'image', id: item.reference },
    outcome: done.ok ? 'done' : 'refused',
    why: done.ok ? item.why : done.failure.message,
  });
  return done.ok
    ? { ...item, verdict: 'removed' }
    : { ...item, verdict: 'failed', why: done.failure.message };
};

/** An image counts once, however many names it has. */
const reportOf = (items: readonly PruneItem[]): PruneReport => {
  const going = items.filter(({ verdict }) => verdict === 'remove' || verdict === 'removed');
  const sizes = new Map(going.map(({ imageId, sizeBytes }) => [imageId, sizeBytes]));
  return { items, atMostBytes: [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0) };
};
