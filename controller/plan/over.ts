import type { RecordPatch } from '../model/plan.ts';
import type { Reason } from '../model/reason.ts';
import { isToContinue, type EndCause, type RunEnd } from '../model/run.ts';
import type { Facts } from './input.ts';
import { isExhausted } from './failures.ts';
import { settled, type Verdict } from './verdict.ts';
import { endText } from './words.ts';

/**
 * Whether what it is for is done, well or not, so that only a person's request runs it again: every end
 * of a `restart: never` job but a stop of MLEnv's own, and exit code 0 of one that restarts on failure
 * only, as long as its spec is the one that it ran with.
 */
export const isOver = (facts: Facts): boolean => {
  const { wish, lastRun, restartPending, record } = facts;
  if (wish.kind !== 'wanted' || lastRun === null || lastRun.end === null) return false;
  if (restartPending || isToContinue(lastRun.end)) return false;
  switch (wish.environment.restart) {
    case 'never':
      return (
        !restarted.has(lastRun.end.cause) &&
        (wish.environment.rerun === 'never' || lastRun.digest === record.digest)
      );
    case 'on-failure':
      return (
        (lastRun.end.cause === 'completed' ||
          isExhausted(wish.environment.restartLimit, lastRun)) &&
        lastRun.digest === record.digest
      );
    case 'always':
      return (
        isExhausted(wish.environment.restartLimit, lastRun) && lastRun.digest === record.digest
      );
    default:
      return wish.environment.restart satisfies never;
  }
};

/** Stops of ours after which it is tried again, as it was sick or was not given what it asked for. */
const restarted: ReadonlySet<EndCause> = new Set(['unhealthy', 'gpu-lost', 'mount-changed']);

/** Done: its grant goes back; a restart that was asked for before this very run is fulfilled by it. */
export const overVerdict = (facts: Facts): Verdict => {
  const { lastRun, record } = facts;
  const end = lastRun?.end ?? null;
  if (end === null) throw new Error('what is over has an end');
  const said = endText(facts, end);
  const changed =
    lastRun !== null && lastRun.digest !== record.digest
      ? `; the spec has changed since: mlenv restart ${record.environment} runs it again`
      : '';
  const limit = limitOf(facts);
  const exhausted = isExhausted(limit, lastRun);
  const reason = exhausted ? 'Failed' : reasonOf(end);
  const more = exhausted ? exhaustedText(facts, limit) : changed;
  return settled(reason, `${said}${more}`, {
    decision: reason === 'Completed' ? 'complete' : 'fail',
    patch: { ...over(facts), ...(reason === 'Completed' ? {} : { lastFailure: said }) },
    asItIs: true,
  });
};

export const limitOf = ({ wish }: Pick<Facts, 'wish'>): number | null =>
  wish.kind === 'wanted' ? wish.environment.restartLimit : null;

const exhaustedText = ({ lastRun, record }: Facts, limit: number | null): string =>
  `; failed ${lastRun?.failures ?? 0} times; limit ${limit ?? 0}; mlenv restart ${record.environment} runs it again`;

export const over = ({ record }: Facts): RecordPatch => ({
  grantedAt: null,
  ...(record.restartRequestedAt === null ? {} : { restartRequestedAt: null }),
});

const reasonOf = ({ cause }: RunEnd): Reason => {
  switch (cause) {
    case 'completed':
      return 'Completed';
    case 'interrupted':
      return 'Interrupted';
    case 'out-of-memory':
      return 'OutOfMemory';
    case 'timeout':
      return 'TimedOut';
    default:
      return 'Failed';
  }
};
