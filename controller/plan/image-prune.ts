import type { PruneItem } from '../model/catalogue-api.ts';
import type { ListedImage } from '../model/catalogue.ts';
import { byTag } from '../model/tag-order.ts';

export interface PruneInput {
  readonly images: readonly ListedImage[];
  /** References in specs, with what names them. */
  readonly named: readonly NamedImage[];
  /** Since when each image is known to be there, and when it was used last. */
  readonly seen: ReadonlyMap<string, { readonly seenAt: number; readonly usedAt: number | null }>;
  /** Repositories that MLEnv knows: of its catalogue, or that its containers were made of. */
  readonly isKnown: (repository: string) => boolean;
  readonly now: number;
  readonly unusedForMs: number;
  /** The newest so many of each repository stay. */
  readonly keep: number;
}

export interface NamedImage {
  /** As the file has it: `pytorch:24.05-py3`, `pytorch:${TAG}`. */
  readonly image: string;
  /** `speech/train` */
  readonly by: string;
}

/**
 * What may go, and why the rest stays; the first rule that keeps an image says it. Images of which one
 * reference is kept are kept with all their references, as nothing would be freed.
 */
export const pruneImages = (input: PruneInput): readonly PruneItem[] => {
  const places = placesOf(input.images);
  const all = input.images.flatMap((image) =>
    namesOf(image).map((reference) => ({
      reference,
      image,
      kept: keptFor(input, image, { reference, place: places.get(reference) ?? 0 }),
    })),
  );
  return all
    .map(({ reference, image, kept }): PruneItem => {
      const item = { reference, imageId: image.id, sizeBytes: image.sizeBytes };
      const sibling = all.find((other) => other.image.id === image.id && other.kept !== null);
      if (kept !== null) return { ...item, verdict: 'keep', why: kept };
      if (sibling !== undefined) {
        return { ...item, verdict: 'keep', why: `the same image as ${sibling.reference}` };
      }
      return { ...item, verdict: 'remove', why: unusedText(input, image) };
    })
    .toSorted((a, b) => byReference(a.reference, b.reference));
};

/** What was pulled by its digest, or whose tag was moved on, has no tag. */
const namesOf = ({ tags, digests }: ListedImage): readonly string[] =>
  tags.length > 0 ? tags : digests;

/** null: nothing keeps it. */
const keptFor = (
  { named, seen, isKnown, now, unusedForMs, keep }: PruneInput,
  image: ListedImage,
  { reference, place }: { readonly reference: string; readonly place: number },
): string | null => {
  if (image.isUsed) return 'a container is made of it';
  const names = named.find((one) => isNamedBy(image, reference, one.image));
  if (names !== undefined) return `${names.by} names it`;
  const { repository } = split(reference);
  if (!isKnown(repository)) return 'MLEnv does not know it';
  if (!image.digests.some((digest) => digest.startsWith(`${repository}@`))) {
    return 'no registry is known that it could be pulled from again';
  }
  if (place < keep) return keep === 1 ? 'the newest here' : `one of the ${keep} newest here`;
  const known = seen.get(image.id);
  if (known === undefined) return 'not known since when it is here';
  const unusedMs = now - Math.max(known.usedAt ?? 0, known.seenAt);
  if (unusedMs < unusedForMs) {
    const [what, at] =
      known.usedAt !== null && known.usedAt >= known.seenAt
        ? ['used', known.usedAt]
        : ['here since', known.seenAt];
    return `${what} ${daysText(now - at)} ago`;
  }
  return null;
};

const unusedText = ({ seen, now }: PruneInput, { id }: ListedImage): string => {
  const known = seen.get(id);
  return `unused for ${daysText(now - Math.max(known?.usedAt ?? 0, known?.seenAt ?? 0))}`;
};

const daysText = (ms: number): string => {
  const days = Math.floor(ms / 86_400_000);
  if (days >= 2) return `${days} days`;
  const hours = Math.floor(ms / 3_600_000);
  return hours >= 2 ? `${hours} hours` : `${Math.floor(ms / 60_000)} min`;
};

/** A variable may stand for anything. */
const isNamedBy = (image: ListedImage, reference: string, named: string): boolean => {
  if (named.includes('$')) {
    const parts = named.split(/\$\{[^}]*\}|\$\w+/).map((part) => escaped(part));
    const pattern = new RegExp(`^(?:.*/)?${parts.join('.*')}(?::.*)?$`, 's');
    return pattern.test(reference);
  }
  const digest = /@(sha256:[0-9a-f]{64})$/.exec(named)?.[1];
  if (digest !== undefined) return image.digests.some((one) => one.endsWith(`@${digest}`));
  return whole(named) === whole(reference);
};

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** Whether both name the same, for the engine. */
export const isSameReference = (a: string, b: string): boolean => whole(a) === whole(b);

/** As the engine knows it: with registry, namespace and tag. */
const whole = (reference: string): string => {
  const { repository, tag } = split(reference);
  return `${hubName(repository)}:${tag ?? 'latest'}`;
};

/** Docker Hub's names stand without it in the engine's lists, and may stand with it in a file. */
const hubName = (repository: string): string =>
  repository.replace(/^(?:index\.)?docker\.io\//, '').replace(/^library\//, '');

/** The repository of a reference, as the engine's lists have it. */
export const repositoryIn = (reference: string): string => hubName(split(reference).repository);

const split = (reference: string): { readonly repository: string; readonly tag: string | null } => {
  const bare = reference.replace(/@sha256:[0-9a-f]{64}$/, '');
  const found = /^(.+?)(?::([^:/]+))?$/.exec(bare);
  return { repository: found?.[1] ?? bare, tag: found?.[2] ?? null };
};

/** Place of each reference among those of its repository, the newest being 0. */
const placesOf = (images: readonly ListedImage[]): ReadonlyMap<string, number> => {
  const places = new Map<string, number>();
  const counts = new Map<string, number>();
  for (const reference of images.flatMap(namesOf).toSorted(byReference)) {
    const { repository } = split(reference);
    const place = counts.get(repository) ?? 0;
    places.set(reference, place);
    counts.set(repository, place + 1);
  }
  return places;
};

const byReference = (a: string, b: string): number => {
  const [left, right] = [split(a), split(b)];
  if (left.repository !== right.repository) return left.repository < right.repository ? -1 : 1;
  return byTag(left.tag ?? '', right.tag ?? '');
};
