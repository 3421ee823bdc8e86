import type { ImageDefaults, ListedContainer, ObservedContainer } from '../model/container.ts';
import type { Result } from '../model/failure.ts';
import { label } from '../model/labels.ts';
import type { EngineReader } from '../model/ports.ts';
import type { EnvironmentSnapshot, KnownSnapshot } from '../model/snapshot.ts';

export interface ObserveRequest {
  readonly instance: string;
  readonly projectId: string;
  readonly environment: string;
  /** The deterministic name. */
  readonly name: string;
  /** Ids that the record or a list said are ours. */
  readonly ids: readonly string[];
  /** Reference that is wished; null: nobody wishes one. */
  readonly image: string | null;
  /** What does not come from the engine. */
  readonly known: Pick<
    KnownSnapshot,
    | 'network'
    | 'pull'
    | 'inFlight'
    | 'dependencies'
    | 'dependentsRunning'
    | 'outages'
    | 'watchedSince'
  >;
}

/**
 * One environment as the engine shows it now. Any read that fails makes the whole snapshot unknown:
 * a container that could not be seen is not one that is gone.
 */
export const observeEnvironment = async (
  reader: EngineReader,
  request: ObserveRequest,
): Promise<EnvironmentSnapshot> => {
  const containers: ObservedContainer[] = [];
  for (const id of new Set(request.ids)) {
    const seen = await optional(reader.inspect(id));
    if (seen.kind === 'unknown') return seen;
    if (seen.value !== null && isOurs(seen.value.labels, request)) containers.push(seen.value);
  }
  let nameHolder: ListedContainer | null = null;
  if (containers.length === 0) {
    const named = await optional(reader.inspect(request.name));
    if (named.kind === 'unknown') return named;
    if (named.value !== null) {
      if (isOurs(named.value.labels, request)) containers.push(named.value);
      else nameHolder = { ...named.value, image: named.value.config.image };
    }
  }
  const image = await observeImage(reader, request, containers);
  if (image.kind === 'unknown') return image;
  return { kind: 'known', containers, nameHolder, image: image.value, ...request.known };
};

/** Asked only where something depends on it: nothing exists yet, or another image is wished. */
const observeImage = async (
  reader: EngineReader,
  { image }: ObserveRequest,
  containers: readonly ObservedContainer[],
): Promise<Seen<ImageDefaults | null | 'unseen'>> => {
  if (image === null || containers.some(({ config }) => config.image === image)) {
    return { kind: 'known', value: 'unseen' };
  }
  return optional(reader.image(image));
};

type Seen<T> =
  | { readonly kind: 'known'; readonly value: T }
  | { readonly kind: 'unknown'; readonly why: string };

const optional = async <T>(call: Promise<Result<T>>): Promise<Seen<T | null>> => {
  const result = await call;
  if (result.ok) return { kind: 'known', value: result.value };
  return result.failure.kind === 'absent'
    ? { kind: 'known', value: null }
    : { kind: 'unknown', why: result.failure.message };
};

const isOurs = (
  labels: Readonly<Record<string, string>>,
  { instance, projectId, environment }: ObserveRequest,
): boolean =>
  labels[label.instance] === instance &&
  labels[label.projectId] === projectId &&
  labels[label.environment] === environment;
