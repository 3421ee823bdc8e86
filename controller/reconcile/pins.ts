import type { Environment } from '../model/environment.ts';
import { pinnedImage, pinOf, type ImageChoice } from '../model/image-choice.ts';
import type { DigestAnswer, ImagePin } from '../model/image-pin.ts';
import { environmentKey } from '../model/key.ts';
import type { EnvironmentRecord } from '../model/record.ts';
import { chooseImage, type ChosenImage, type ImageOffer } from '../plan/choose-image.ts';
import type { PlanInput } from '../plan/input.ts';
import type { Plan } from '../model/plan.ts';
import type { CachedWish, Deps } from './deps.ts';

/** How often what could not be found is looked up again: a sync may have brought it. */
export const unresolvedRetryMs = 15_000;

/** `generation`: of the wish, which may be newer than the row. */
type Pinned = Pick<EnvironmentRecord, 'projectId' | 'environment' | 'generation'>;

/**
 * The wish with the image that its choice came to, and the pin that says so. `file`: the wish was read
 * with what lies beside it, so that where it names an image itself nothing else counts.
 */
export const resolveImage = (
  deps: Pick<Deps, 'store' | 'clock' | 'architecture'>,
  what: {
    readonly row: Pinned;
    readonly environment: Environment;
    readonly from: 'file' | 'record';
    readonly ask: (reference: string) => DigestAnswer;
  },
): { readonly wish: CachedWish; readonly pin: ImagePin | null } => {
  const { row, environment, from, ask } = what;
  const { choice, asked, image } = environment;
  const before = deps.store.pins.of(environmentKey(row));
  const fresh = {
    projectId: row.projectId,
    environment: row.environment,
    choice: asked,
    generation: row.generation,
    made: false,
    at: deps.clock.now(),
  };
  const known = before !== null && isGood(before, what) ? before : null;
  if (choice === null) {
    const said = image === asked ? null : pinOf(image);
    if (said !== null) {
      const isSame = known !== null && pinnedImage(known) === image && known.choice === asked;
      return wanted(environment, isSame ? known : { ...fresh, ...said, source: 'lock' });
    }
    // The record's text alone does not say what the lock beside the file did.
    return from === 'record' && known?.source === 'lock'
      ? wanted(environment, known)
      : { wish: { kind: 'wanted', environment }, pin: null };
  }
  if (known !== null) return wanted(environment, { ...known, choice: asked });
  const found = chooseFor(deps, choice);
  if (found.kind === 'none') return unresolved('ImageUnresolved', `${asked}: ${found.message}`);
  const isSure = environment.pull !== 'always';
  if (isSure && found.digest !== null) {
    const { reference, digest } = found;
    return wanted(environment, { ...fresh, reference, digest, source: 'catalogue' });
  }
  return asking(environment, { found, answer: ask(found.reference), fresh });
};

const asking = (
  environment: Environment,
  what: {
    readonly found: Extract<ChosenImage, { kind: 'chosen' }>;
    readonly answer: DigestAnswer;
    readonly fresh: Omit<ImagePin, 'reference' | 'digest' | 'source'>;
  },
): ReturnType<typeof resolveImage> => {
  const { answer, fresh } = what;
  const { reference } = what.found;
  switch (answer.kind) {
    case 'asking':
      return unresolved(
        'ImageResolving',
        `${environment.asked} is ${reference}; its registry is asked for the digest`,
      );
    case 'failed':
      return unresolved(
        'ImageUnresolved',
        `${environment.asked} is ${reference}: ${answer.message}`,
      );
    case 'found':
      return wanted(environment, {
        ...fresh,
        reference,
        digest: answer.digest,
        source: 'registry',
      });
    default:
      return answer satisfies never;
  }
};

/** Good for exactly the choice that it was made for. */
const isGood = (
  pin: ImagePin,
  { row, environment }: { readonly row: Pinned; readonly environment: Environment },
): boolean => {
  // Found on a container: its label said the digest of the wish, and so the generation is the same.
  if (pin.choice === '') return pin.generation === row.generation;
  if (pin.choice !== environment.asked) return false;
  return environment.pull !== 'always' || pin.generation === row.generation;
};

const wanted = (environment: Environment, pin: ImagePin): ReturnType<typeof resolveImage> => ({
  wish: { kind: 'wanted', environment: { ...environment, image: pinnedImage(pin), choice: null } },
  pin,
});

const unresolved = (
  reason: 'ImageUnresolved' | 'ImageResolving',
  message: string,
): ReturnType<typeof resolveImage> => ({
  wish: { kind: 'unresolved', reason, message },
  pin: null,
});

/** What the catalogue has for it now. */
export const chooseFor = (
  deps: Pick<Deps, 'store' | 'architecture'>,
  choice: ImageChoice,
): ChosenImage => chooseImage(choice, offerOf(deps, choice), deps.architecture);

/** More than any image has. */
const mostVersions = 10_000;

const offerOf = ({ store }: Pick<Deps, 'store'>, { framework }: ImageChoice): ImageOffer => {
  const images = store.catalogue.named(framework);
  const text = framework.split('/').pop()?.slice(0, 4) ?? '';
  const any = { text: null, category: null, cuda: null, python: null, architecture: null };
  return {
    images,
    versions: store.catalogue.search({
      ...any,
      image: framework,
      cachedOnly: false,
      limit: mostVersions,
    }),
    similar:
      images.length > 0
        ? []
        : store.catalogue
            .images({ text, category: null, organization: null })
            .slice(0, 3)
            .map(({ organization, team, name }) =>
              [organization, team, name].filter((part) => part !== '').join('/'),
            ),
  };
};

export type PinOne = (
  deps: Deps,
  what: {
    readonly row: Pinned;
    readonly environment: Environment;
    readonly from: 'file' | 'record';
  },
) => CachedWish;

/** As it would be pinned now: nothing is written, and nobody asked. */
export const foresee: PinOne = (deps, what) =>
  resolveImage(deps, { ...what, ask: (reference) => deps.digests.look(reference) }).wish;

/** Resolves, writes the pin down, and with it what its generation came to. */
export const pinImage: PinOne = (deps, what) => {
  const { store, digests } = deps;
  const { row, environment, from } = what;
  const key = environmentKey(row);
  const ask = (reference: string): DigestAnswer => digests.ask(reference, key);
  const { wish, pin } = resolveImage(deps, { ...what, ask });
  if (pin !== null) {
    store.pins.set(pin);
    store.generations.pinned(key, row.generation, pinnedImage(pin));
  } else if (from === 'file' && environment.choice === null && store.pins.of(key) !== null) {
    store.pins.remove(key);
  }
  return wish;
};

/** `pull: always` looks again before each container. true: it does so now, and the key comes back with the answer. */
export const looksAgain = (deps: Deps, input: PlanInput, decided: Plan): boolean => {
  const { store, memory, ring } = deps;
  const [step] = decided.steps;
  const makesOne = step?.kind === 'pull' || step?.kind === 'create';
  if (!makesOne || input.wish.kind !== 'wanted' || input.wish.environment.pull !== 'always') {
    return false;
  }
  const key = environmentKey(input.record);
  const pin = store.pins.of(key);
  if (pin === null || !pin.made || pin.source === 'lock') return false;
  store.pins.remove(key);
  memory.wishes.set(key, {
    kind: 'unresolved',
    reason: 'ImageResolving',
    message: `${pin.choice} is looked up again, as pull: always says`,
  });
  ring.project(input.record.projectId);
  return true;
};

/** Before a container is made of its pin: whoever dies in between looks once too often. */
export const noteUse = ({ store }: Deps, { wish, record }: PlanInput): void => {
  if (wish.kind === 'wanted' && wish.environment.pull === 'always') {
    store.pins.used(environmentKey(record));
  }
};

/** Whether an image of the project is still to be found, so that its pass comes again. */
export const awaitsImage = ({ store, memory }: Deps, projectId: string): boolean =>
  store.environments.ofProject(projectId).some((row) => {
    const wish = memory.wishes.get(environmentKey(row));
    return wish?.kind === 'unresolved' && wish.reason !== 'SpecUnresolved';
  });

/** What a container that is there was made of, so that a record that was lost moves nothing. */
export const pinOfContainer = (
  image: string,
  row: Pinned & { readonly at: number },
): ImagePin | null => {
  const found = pinOf(image);
  const { projectId, environment, generation, at } = row;
  return found === null
    ? null
    : {
        projectId,
        environment,
        choice: '',
        ...found,
        source: 'container',
        generation,
        made: true,
        at,
      };
};
