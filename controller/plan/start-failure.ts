import type { EnvironmentRecord } from '../model/record.ts';
import { startFaultOf, type StartFailure, type StartFault } from '../model/start-fault.ts';
import type { Facts } from './input.ts';
import { likenessOf } from './notice-text.ts';
import { settled, type Rule } from './verdict.ts';

/** So often in the same words, and the same container is not tried once more. */
const sameWords = 3;

export const isHopeless = (
  { count }: Pick<StartFailure, 'count'>,
  { terminal }: StartFault,
): boolean => terminal || count >= sameWords;

/** One more refusal: counted as long as the engine says the same of the same thing. */
export const failedAgain = (
  record: EnvironmentRecord,
  now: Pick<StartFailure, 'containerId' | 'reason' | 'message' | 'at'>,
): StartFailure => {
  const { startFailure: before, generation } = record;
  const isSame =
    before?.containerId === now.containerId &&
    before.generation === generation &&
    likenessOf(before.message) === likenessOf(now.message);
  return { ...now, generation, count: isSame ? before.count + 1 : 1 };
};

/** Nothing is gained by the same call again: others may have its GPUs until the next try. */
export const givesUp = (failure: StartFailure): boolean =>
  isHopeless(failure, startFaultOf(failure.message));

/** A job of a spec that the engine refuses: only another spec, or a person, makes it worth a try. */
export const createRefusedRule: Rule<Facts> = {
  id: 'create-refused',
  why: 'A job whose container cannot be made for a fault of its own spec has failed, as one that cannot start has.',
  decide: ({ record, wish, restartPending }) => {
    const { startFailure } = record;
    return wish.kind === 'wanted' &&
      wish.environment.restart === 'never' &&
      startFailure?.reason === 'CreateRefused' &&
      startFailure.generation === record.generation &&
      startFaultOf(startFailure.message).blame === 'spec' &&
      !restartPending
      ? settled('CreateRefused', `create: ${startFailure.message}`, {
          decision: 'fail',
          patch: { grantedAt: null, nextAttemptAt: null },
        })
      : null;
  },
};
