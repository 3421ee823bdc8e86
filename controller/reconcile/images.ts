import {
  catalogueRegistry,
  repositoryOf,
  type KnownVersion,
  type ListedImage,
} from '../model/catalogue.ts';
import type { Result } from '../model/failure.ts';
import type { Deps } from './deps.ts';

/** What is on the engine now, and in the record where this process may write. */
export const lookAtImages = async (
  deps: Pick<Deps, 'store' | 'reader' | 'clock'>,
  { records }: { readonly records: boolean },
): Promise<Result<readonly ListedImage[]>> => {
  const images = await deps.reader.images();
  if (images.ok && records) {
    deps.store.transaction(() => {
      deps.store.engineImages.replace(images.value, deps.clock.now());
      deps.store.catalogue.markCached(images.value);
    });
  }
  return images;
};

/** Events tell of most at once: a round is for those that were lost, and for what came into use. */
export const sweepImages = async (
  deps: Pick<Deps, 'store' | 'reader' | 'clock'>,
  round?: number,
): Promise<void> => {
  if (round === undefined || round % 10 === 1) await lookAtImages(deps, { records: true });
};

/** By its tag; or by its digest, where it was pulled by that. */
export const isOn = (images: readonly ListedImage[]): ((version: KnownVersion) => boolean) => {
  const names = new Set(images.flatMap(({ tags, digests }) => [...tags, ...digests]));
  return (version) => {
    const repository = `${catalogueRegistry}/${repositoryOf(version)}`;
    return (
      names.has(`${repository}:${version.tag}`) ||
      names.has(`${repository}@${version.digest ?? ''}`)
    );
  };
};
