import type { BindSource } from '../model/ports.ts';
import type { Step } from '../model/step.ts';
import type { Hands, StepResult } from './execute.ts';

type StartStep = Extract<Step, { kind: 'start' }>;

/** Starts it, and stops it at once where it was given another folder than the one that was judged. */
export const startWitnessed = async (
  { writer, stopper, mountWitness }: Hands,
  step: StartStep,
  sources: readonly BindSource[],
): Promise<StepResult> => {
  const { containerId } = step;
  const taken = await mountWitness?.hold(sources);
  if (taken?.kind === 'changed') return { ...taken, kind: 'held', reason: 'MountSourceChanged' };
  try {
    stopper.runsAnew(containerId);
    const started = await writer.start(containerId);
    if (!started.ok) return { kind: 'failed', failure: started.failure };
    const message = (await taken?.held.compare(containerId)) ?? null;
    return message === null ? { kind: 'done', containerId } : await undo({ writer }, step, message);
  } finally {
    await taken?.held.release();
  }
};

/** Of one that ran for the first time nothing is lost by its removal, nor is what it may have copied kept in it. */
const undo = async (
  { writer }: Pick<Hands, 'writer'>,
  { containerId, seed }: StartStep,
  message: string,
): Promise<StepResult> => {
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
