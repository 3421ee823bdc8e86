import { ApiError } from '../../model/api.ts';
import type { ListedImage } from '../../model/catalogue.ts';
import type { DrillTools } from './tools.ts';

export interface DrillImage {
  readonly reference: string;
  /** On the host already: nothing is pulled. */
  readonly isHere: boolean;
}

/** The one that was named, else one that is on the host. Throws ApiError where there is none. */
export const drillImage = async (
  named: string | undefined,
  { engine }: Pick<DrillTools, 'engine'>,
): Promise<DrillImage> => {
  if (named !== undefined) return { reference: named, isHere: false };
  if (typeof engine === 'string') {
    throw new ApiError(
      'usage',
      `which images are here cannot be seen by this user (${engine}); --image names one with a shell, say busybox:1.36`,
    );
  }
  const reference = bestImage(await engine.images());
  if (reference === null) {
    throw new ApiError(
      'prerequisite',
      'no image is on this host; --image busybox:1.36 pulls one, or load one with docker load',
    );
  }
  return { reference, isHere: true };
};

/** It has to have `sleep`: the well-known ones first, then what is large, as the smallest are often one program. */
export const bestImage = (images: readonly ListedImage[]): string | null => {
  const tagged = images.flatMap(({ tags, sizeBytes }) => tags.map((tag) => ({ tag, sizeBytes })));
  const rank = (tag: string): number => {
    const at = known.findIndex((name) => new RegExp(`(^|/)${name}[:@]`).test(tag));
    return at === -1 ? known.length : at;
  };
  const [best] = tagged.toSorted(
    (a, b) => rank(a.tag) - rank(b.tag) || b.sizeBytes - a.sizeBytes || (a.tag < b.tag ? -1 : 1),
  );
  return best?.tag ?? null;
};

const known = ['busybox', 'alpine', 'debian', 'ubuntu', 'python', 'cuda', 'pytorch'];
