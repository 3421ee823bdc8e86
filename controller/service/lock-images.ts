import type { ListedImage } from '../model/catalogue.ts';
import type {
  LockedImage,
  LockImage,
  LockImagesReport,
  LockImagesRequest,
} from '../model/catalogue-api.ts';
import { pinOf } from '../model/image-choice.ts';
import type { ImagePin } from '../model/image-pin.ts';
import { environmentKey } from '../model/key.ts';
import { isSameReference } from '../plan/image-prune.ts';
import { chooseFor } from '../reconcile/pins.ts';
import type { Acting } from './acting.ts';
import { readNamed } from './named-folder.ts';

/** The digest of each image: of what runs already where `fresh` does not say otherwise. Nothing is written. */
export const lockImages = async (
  core: Acting,
  { path, images }: LockImagesRequest,
): Promise<LockImagesReport> => {
  const { deps } = core;
  const read = await readNamed(core, path);
  const project = deps.store.projects.byPath(read.folder.path);
  const listed = await deps.reader.images();
  const items: LockedImage[] = [];
  // One after the other: a registry that allows few requests is asked for one at a time.
  for (const image of images) {
    const { environment } = image;
    const pin =
      project === null
        ? null
        : deps.store.pins.of(environmentKey({ projectId: project.id, environment }));
    items.push(await lockOne(core, image, { pin, listed: listed.ok ? listed.value : [] }));
  }
  return { items };
};

interface Known {
  readonly pin: ImagePin | null;
  readonly listed: readonly ListedImage[];
}

const lockOne = async (core: Acting, image: LockImage, known: Known): Promise<LockedImage> => {
  const { environment, choice, asked, fresh } = image;
  const { pin } = known;
  const found = (reference: string, digest: string): LockedImage => ({
    environment,
    image: asked,
    reference,
    digest,
    trouble: null,
  });
  const none = (trouble: string): LockedImage => ({
    environment,
    image: asked,
    reference: '',
    digest: '',
    trouble,
  });
  if (!fresh && pin?.choice === asked) return found(pin.reference, pin.digest);
  if (choice !== null) {
    const chosen = chooseFor(core.deps, choice);
    if (chosen.kind === 'none') return none(chosen.message);
    const { reference } = chosen;
    if (!fresh && chosen.digest !== null) return found(reference, chosen.digest);
    const asking = await digestOf(core, reference);
    return asking.digest === null ? none(asking.trouble) : found(reference, asking.digest);
  }
  const here = digestHere(asked, known.listed);
  if (!fresh && here !== null) return found(asked, here);
  const asking = await digestOf(core, asked);
  if (asking.digest !== null) return found(asked, asking.digest);
  // Whoever asks for what is new is not given what is old.
  return none(asking.trouble);
};

/** Of what the engine pulled under this name. */
const digestHere = (asked: string, listed: readonly ListedImage[]): string | null => {
  const image = listed.find(({ tags }) => tags.some((tag) => isSameReference(tag, asked)));
  const digests = image?.digests.flatMap((one) => pinOf(one)?.digest ?? []) ?? [];
  return digests[0] ?? null;
};

const digestOf = async (
  { deps }: Acting,
  reference: string,
): Promise<
  | { readonly digest: string; readonly trouble: '' }
  | { readonly digest: null; readonly trouble: string }
> => {
  if (deps.registry === undefined) {
    return { digest: null, trouble: 'this process asks no registry' };
  }
  const { signal } = new AbortController();
  const result = await deps.registry.digest(reference, { signal });
  return result.ok
    ? { digest: result.value, trouble: '' }
    : { digest: null, trouble: `${result.fault.message}; ${result.fault.cure}` };
};
