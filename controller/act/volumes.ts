import type { Failure } from '../model/failure.ts';
import { heldName, isForeign } from '../model/name-holder.ts';
import type { Clock, EngineReader, EngineWriter } from '../model/ports.ts';
import type { EnvironmentRecord } from '../model/record.ts';
import type { VolumeSeed } from '../model/step.ts';
import type { Store } from '../model/store.ts';
import { label } from '../model/labels.ts';

interface Hands {
  readonly reader: Pick<EngineReader, 'volumes'>;
  readonly writer: Pick<EngineWriter, 'createVolume'>;
  readonly store: Store;
  readonly clock: Clock;
}

export type Unmade =
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'held'; readonly reason: 'NameConflict'; readonly message: string };

/** The volumes of a container that is about to be made. null: all are there, and are ours. */
export const makeVolumes = async (
  { reader, writer, store, clock }: Hands,
  volumes: readonly VolumeSeed[],
  { projectId }: Pick<EnvironmentRecord, 'projectId'>,
): Promise<Unmade | null> => {
  if (volumes.length === 0) return null;
  const there = await reader.volumes({});
  if (!there.ok) return { kind: 'failed', failure: there.failure };
  for (const volume of volumes) {
    const { name } = volume;
    const found = there.value.find((other) => other.name === name);
    const held = (labels: Readonly<Record<string, string>>): Unmade => {
      const here = volume.labels[label.instance] ?? '';
      const message = heldName(`the name ${name}`, 'volume', { id: null, labels, here });
      return { kind: 'held', reason: 'NameConflict', message };
    };
    if (found !== undefined && isForeign(found.labels, volume.labels)) return held(found.labels);
    // Removed outside MLEnv since: the new one is given to its user again.
    if (found === undefined && store.volumes.unseeded([name]).length === 0) {
      store.transaction(() => {
        store.volumes.forget(name);
        store.volumes.intend(name, projectId, clock.now());
      });
    }
    const made = await writer.createVolume(volume);
    if (made.ok) continue;
    return made.failure.kind === 'conflict'
      ? held(found?.labels ?? {})
      : { kind: 'failed', failure: made.failure };
  }
  return null;
};
