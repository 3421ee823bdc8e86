import {
  ApiError,
  type ActionResult,
  type EnvironmentRef,
  type KeepRequest,
} from '../model/api.ts';
import { environmentKey } from '../model/key.ts';
import { isRecordFull } from '../model/store-upkeep.ts';
import { duration } from '../plan/words.ts';
import type { Core } from '../reconcile/core.ts';
import type { Acting } from './acting.ts';
import { noted, result } from './actions.ts';
import { findEnvironment } from './resolve.ts';

/** Puts off what would be done for want of use, or at the end of its life. Asked again, the later request counts. */
export const keep = (core: Acting, { ref, forMs, by }: KeepRequest): ActionResult => {
  const { store, clock, config, timeText } = core.deps;
  const { project, record } = findEnvironment(store, ref);
  const key = environmentKey(record);
  const { maxKeepMs } = config.current().idle;
  if (forMs > maxKeepMs) {
    const message = `this host keeps nothing for longer than ${duration(maxKeepMs)} at once (idle.maxKeep); ask again then`;
    throw new ApiError('refused', message);
  }
  const held = store.holds.of(key).find(({ kind }) => kind === 'idle' || kind === 'lifetime');
  if (held !== undefined) {
    throw new ApiError(
      'refused',
      `${record.environment} was stopped already (${record.message}); mlenv up ${record.environment} starts it`,
    );
  }
  const now = clock.now();
  const until = now + forMs;
  noted(core, { project, action: 'keep', by, environment: record.environment }, () => {
    store.idle.keep(key, { until, by, at: now });
    store.events.add({
      at: now,
      type: 'Normal',
      reason: 'Kept',
      message: `${by} keeps it until ${timeText(until, now)}`,
      projectId: project.id,
      environment: record.environment,
    });
  });
  return result(core, [record], [`kept until ${timeText(until, now)}`]);
};

/** Somebody runs a command in it. A full disk is no reason to refuse that. */
export const noteUse = ({ deps: { store, clock } }: Core, ref: EnvironmentRef): void => {
  try {
    store.idle.used(environmentKey(findEnvironment(store, ref).record), clock.now());
  } catch (error) {
    if (!isRecordFull(error)) throw error;
  }
};
