import { environmentKey } from '../model/key.ts';
import type { BindSource } from '../model/ports.ts';
import type { EnvironmentRecord } from '../model/record.ts';
import { stopOfSwap } from '../model/run.ts';
import type { Step } from '../model/step.ts';
import type { Hands, StepResult } from './execute.ts';

type StartStep = Extract<Step, { kind: 'start' }>;

/** Starts it, and stops it at once where it was given another folder than the one that was judged. */
export const startWitnessed = async (
  hands: Hands,
  step: StartStep,
  {
    sources,
    record,
  }: { readonly sources: readonly BindSource[]; readonly record: EnvironmentRecord },
): Promise<StepResult> => {
  const { writer, stopper, mountWitness } = hands;
  const { containerId } = step;
  const taken = await mountWitness?.hold(sources);
  if (taken?.kind === 'changed') return { ...taken, kind: 'held', reason: 'MountSourceChanged' };
  try {
    stopper.runsAnew(containerId);
    const started = await writer.start(containerId);
    if (!started.ok) return { kind: 'failed', failure: started.failure };
    const message = (await taken?.held.compare(containerId)) ?? null;
    return message === null
      ? { kind: 'done', containerId }
      : await undo(hands, step, { record, message });
  } finally {
    await taken?.held.release();
  }
};

/** Of one that ran for the first time nothing is lost by its removal, nor is what it may have copied kept in it. */
const undo = async (
  { writer, store, clock }: Hands,
  { containerId, seed }: StartStep,
  { record, message }: { readonly record: EnvironmentRecord; readonly message: string },
): Promise<StepResult> => {
  // Before its effect, as with every stop: else the next look would take it for a hand or a crash.
  store.environments.update(environmentKey(record), {
    stopIntent: stopOfSwap(containerId, clock.now()),
  });
  const stopped = await writer.stop(containerId, 0);
  const removed = seed !== null && (await writer.remove(containerId, { volumes: false })).ok;
  const isOver = stopped.ok || removed;
  return {
    kind: 'swapped',
    containerId,
    removed,
    message: isOver ? message : `${message}; it cannot be stopped: ${stopped.failure.message}`,
  };
};
