import type { Failure, Result } from '../model/failure.ts';
import { environmentKey } from '../model/key.ts';
import type { Clock, EngineWriter } from '../model/ports.ts';
import type { EnvironmentRecord } from '../model/record.ts';
import type { Step } from '../model/step.ts';
import type { Store } from '../model/store.ts';
import type { Puller } from './puller.ts';
import type { Stopper } from './stopper.ts';

export interface Hands {
  readonly writer: EngineWriter;
  readonly store: Store;
  readonly clock: Clock;
  readonly puller: Puller;
  readonly stopper: Stopper;
}

export type StepResult =
  | { readonly kind: 'done'; readonly containerId: string | null }
  /** Begun, and goes on beside the passes; its end brings the key back. */
  | { readonly kind: 'underway' }
  | { readonly kind: 'failed'; readonly failure: Failure };

/**
 * Carries out one step: intent row, effect, result row. Killed between any two of them, the next pass
 * sees what is there and goes on from it; the open intent tells the log where the last process died.
 * What the caller writes `before` and `after` commits together with them: each commit waits for the
 * disk, and the whole process with it.
 */
export const execute = async <T>(
  hands: Hands,
  step: Step,
  {
    record,
    before,
    after,
  }: {
    readonly record: EnvironmentRecord;
    readonly before: () => void;
    readonly after: (result: StepResult) => T;
  },
): Promise<T> => {
  const { store, clock } = hands;
  const intent = store.transaction(() => {
    before();
    // The rows come first: a volume without one counts as given to its user already.
    for (const { name } of step.kind === 'create' ? step.volumes : []) {
      store.volumes.intend(name, record.projectId, clock.now());
    }
    return store.intents.open({
      projectId: record.projectId,
      environment: record.environment,
      effect: step.kind,
      detail: step.why,
      at: clock.now(),
    });
  });
  const result = await perform(hands, step, record);
  return store.transaction(() => {
    store.intents.close(
      intent,
      result.kind === 'failed' ? `failed: ${result.failure.message}` : result.kind,
      clock.now(),
    );
    return after(result);
  });
};

const perform = async (
  hands: Hands,
  step: Step,
  record: EnvironmentRecord,
): Promise<StepResult> => {
  const { writer, puller, stopper } = hands;
  const key = environmentKey(record);
  switch (step.kind) {
    case 'pull':
      puller.begin(step.image, key);
      return { kind: 'underway' };
    case 'stop':
      stopper.begin({ key, containerId: step.containerId, graceMs: step.graceMs });
      return { kind: 'underway' };
    case 'create':
      return create(hands, step, record);
    case 'start':
      return start(hands, step);
    case 'update':
      return done(await writer.update(step.containerId, step.resources), step.containerId);
    case 'unpause':
      return done(await writer.unpause(step.containerId), step.containerId);
    case 'remove':
      return done(await writer.remove(step.containerId, { volumes: step.volumes }), null);
    default:
      return step satisfies never;
  }
};

const create = async (
  { writer, puller }: Hands,
  step: Extract<Step, { kind: 'create' }>,
  record: EnvironmentRecord,
): Promise<StepResult> => {
  for (const volume of step.volumes) {
    const made = await writer.createVolume(volume);
    if (!made.ok) return fail(made.failure);
  }
  const created = await writer.create(step.config, record.anonymousVolumes);
  if (!created.ok) return fail(created.failure);
  puller.used(step.config.image);
  return { kind: 'done', containerId: created.value.id };
};

const start = async (
  { writer, store, clock, stopper }: Hands,
  step: Extract<Step, { kind: 'start' }>,
): Promise<StepResult> => {
  if (step.seed !== null) {
    const fresh = new Set(store.volumes.unseeded(step.seed.volumes.map(({ name }) => name)));
    const targets = step.seed.volumes.filter(({ name }) => fresh.has(name));
    if (step.seed.account !== null || (step.seed.owner !== null && targets.length > 0)) {
      const seeded = await writer.seed(
        step.containerId,
        step.seed,
        targets.map(({ target }) => target),
      );
      if (!seeded.ok) return fail(seeded.failure);
    }
    if (fresh.size > 0) store.volumes.seeded([...fresh], clock.now());
  }
  stopper.runsAnew(step.containerId);
  return done(await writer.start(step.containerId), step.containerId);
};

const done = (result: Result<void>, containerId: string | null): StepResult =>
  result.ok ? { kind: 'done', containerId } : fail(result.failure);

const fail = (failure: Failure): StepResult => ({ kind: 'failed', failure });
