import type { ObservedContainer } from '../model/container.ts';
import type { Failure } from '../model/failure.ts';
import { environmentKey, type EnvironmentKey } from '../model/key.ts';
import { label } from '../model/labels.ts';
import type { EnvironmentRecord } from '../model/record.ts';
import type { Store } from '../model/store.ts';
import { isLive } from '../plan/input.ts';
import type { Deps } from './deps.ts';
import { holdRebuilt, leasesOf } from './rebuild.ts';
import { setRebuilding } from './rebuilding.ts';

/** Written into a backup that takes the record's place. */
const metaKey = 'restored';

export const isRestored = (store: Store): boolean => store.meta.get(metaKey) === '1';

/**
 * A backup remembers a day that is past, and the engine knows today. What runs goes on and has what it runs
 * on; what the backup says of anything else gives nothing to anybody: no card, no port, no order to stop or
 * to remove. What does not run is held, as after a record that was lost, which the rest is left to.
 */
export const settleRestored = async (deps: Deps): Promise<Failure | null> => {
  const { store, reader } = deps;
  const listed = await reader.list({ [label.instance]: deps.instance });
  if (!listed.ok) return listed.failure;
  const live = new Map<EnvironmentKey, ObservedContainer>();
  for (const { id } of listed.value) {
    const seen = await reader.inspect(id);
    if (!seen.ok && seen.failure.kind !== 'absent') return seen.failure;
    if (!seen.ok || !isLive(seen.value)) continue;
    const projectId = seen.value.labels[label.projectId];
    const environment = seen.value.labels[label.environment];
    if (projectId !== undefined && environment !== undefined) {
      live.set(environmentKey({ projectId, environment }), seen.value);
    }
  }
  store.transaction(() => {
    for (const { id: projectId } of store.projects.list()) {
      for (const kind of ['down', 'rm'] as const) {
        store.holds.lift({ projectId, environment: null, kind });
      }
    }
    const records = store.environments.all();
    // What is given back first cannot be in the way of who has it now.
    for (const record of records) giveBack(deps, record, live.get(environmentKey(record)) ?? null);
    for (const record of records) {
      const container = live.get(environmentKey(record));
      if (container !== undefined) adopt(deps, record, container);
    }
    setRebuilding(store, true);
    store.meta.set(metaKey, '0');
  });
  return null;
};

const giveBack = (
  deps: Deps,
  record: EnvironmentRecord,
  container: ObservedContainer | null,
): void => {
  const { store } = deps;
  const key = environmentKey(record);
  store.gpus.keep(key, container?.config.gpus?.ids ?? [], deps.clock.now());
  if (container?.id !== record.containerId) store.ports.replace(key, []);
  store.environments.update(key, {
    requestedAt: null,
    restartRequestedAt: null,
    nextAttemptAt: null,
    removeVolumes: false,
  });
  if (container !== null) return;
  store.environments.update(key, {
    containerId: null,
    grantedAt: null,
    grantedGeneration: null,
    grantedCpus: null,
    grantedMemoryBytes: null,
  });
  holdRebuilt(deps, record.projectId, record.environment);
};

const adopt = (
  { store, clock }: Deps,
  record: EnvironmentRecord,
  container: ObservedContainer,
): void => {
  if (container.id === record.containerId) return;
  const { labels } = container;
  const key = environmentKey(record);
  store.environments.update(key, {
    ...(labels[label.uid] === undefined ? {} : { uid: labels[label.uid] }),
    // Until the file is read again nothing is known of its wish, and so it is protected.
    raw: { updates: 'manual' },
    digest: labels[label.digest] ?? '',
    generation: Math.max(record.generation, Number(labels[label.generation] ?? 1) || 1),
    phase: 'unknown',
    reason: 'Rebuilt',
    message: 'rebuilt from the labels of its container',
    containerId: container.id,
    grantedAt: clock.now(),
    anonymousVolumes: container.anonymousVolumes,
  });
  store.ports.replace(key, leasesOf(container, record.projectId, record.environment));
};
