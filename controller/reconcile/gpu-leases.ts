import type { ObservedContainer } from '../model/container.ts';
import { deviceId, type GpuLease } from '../model/gpu.ts';
import { environmentKey } from '../model/key.ts';
import type { EnvironmentRecord } from '../model/record.ts';
import { GpuTaken } from '../model/store-gpu.ts';
import { isLive, type PlanInput } from '../plan/input.ts';
import { sharingOf } from '../plan/gpus.ts';
import { containerName } from '../plan/names.ts';
import type { Deps } from './deps.ts';

/**
 * A card is given back when nothing of the environment runs on it and no grant names it: never on what
 * was not seen. A container that runs on a card without a row, as after a lost record, gets its row.
 * True: something was given back.
 */
export const settleGpus = (
  deps: Deps,
  { input, after }: { readonly input: PlanInput; readonly after: EnvironmentRecord },
): boolean => {
  const { store } = deps;
  const { snapshot } = input;
  if (snapshot.kind === 'unknown') return false;
  const key = environmentKey(after);
  const held = store.gpus.of(key);
  const live = snapshot.containers.filter(isLive);
  const running = live.flatMap(({ config }) => config.gpus?.ids ?? []);
  const granted =
    after.grantedAt === null ? [] : held.filter(({ current }) => current).map(deviceId);
  adopt(deps, { input, held, live });
  const kept = new Set([...granted, ...running]);
  if (held.every((lease) => kept.has(deviceId(lease)))) return false;
  store.gpus.keep(key, [...kept], deps.clock.now());
  return true;
};

const adopt = (
  { store, clock, gpus }: Deps,
  {
    input,
    held,
    live,
  }: {
    readonly input: PlanInput;
    readonly held: readonly GpuLease[];
    readonly live: readonly ObservedContainer[];
  },
): void => {
  const known = new Set(held.map(deviceId));
  const missing = live.flatMap((container) =>
    (container.config.gpus?.ids ?? [])
      .filter((id) => !known.has(id))
      .map((id) => ({ id, sharing: sharingOf(container) })),
  );
  if (missing.length === 0) return;
  const inventory = gpus.current();
  const cards = inventory?.kind === 'known' ? inventory.gpus : [];
  const devices = missing.map(({ id, sharing }) => {
    const parent = cards.find(({ mig }) => mig?.some(({ uuid }) => uuid === id));
    return parent === undefined
      ? { gpuUuid: id, migUuid: null, sharing }
      : { gpuUuid: parent.uuid, migUuid: id, sharing };
  });
  const key = environmentKey(input.record);
  try {
    store.gpus.grant(
      key,
      containerName(input.context, input.record.environment),
      [...held.filter(({ current }) => current), ...devices],
      clock.now(),
    );
  } catch (error) {
    if (!(error instanceof GpuTaken)) throw error;
    store.events.add({
      at: clock.now(),
      type: 'Warning',
      reason: 'GpuForeign',
      message: `it runs on a card that somebody else holds: ${error.message}`,
      projectId: input.record.projectId,
      environment: input.record.environment,
    });
  }
};

/** Everybody is judged by what the configuration says now; nobody is in a hurry. */
export const ringAll = ({ store, ring }: Deps): void => {
  for (const record of store.environments.all()) ring.environment(environmentKey(record), true);
};

/** Something that others wait for came free: they ask again at once. */
export const ringWaiting = ({ store, ring }: Deps): void => {
  for (const waiting of store.environments.requested()) ring.environment(environmentKey(waiting));
};
