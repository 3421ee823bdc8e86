import { isApproved, isLive, mayChangeNow, waitsFor, type Facts } from './input.ts';
import { stopStep } from './stop.ts';
import { hold, type Rule } from './verdict.ts';
import { commitText, duration } from './words.ts';

/** The time that this run has had is over. */
export const timeoutRules: readonly Rule<Facts>[] = [
  {
    id: 'timed-out',
    why: 'timeout is the wish, and no change of the file that waits puts it off.',
    decide: (facts) => {
      const { restartPending, now } = facts;
      const due = dueAt(facts, runTimeoutMs(facts));
      return due === null || due > now || restartPending
        ? null
        : stopStep(facts, 'timeout', { why: timeoutText(facts), reason: 'Stopping' });
    },
  },
];

export const timeoutProtectedRule: Rule<Facts> = {
  id: 'timeout-protected',
  why: 'A change never kills a training, and a shorter timeout is a change.',
  decide: (facts) => {
    const { wish, lastRun } = facts;
    const due = wish.kind === 'wanted' ? dueAt(facts, wish.environment.timeoutMs) : null;
    if (due === null || due > facts.now || wish.kind !== 'wanted') return null;
    const at = dueAt(facts, runTimeoutMs(facts));
    const from = lastRun?.timeoutMs === undefined ? '(none)' : duration(lastRun.timeoutMs);
    const to = duration(wish.environment.timeoutMs ?? 0);
    return hold(
      'UpdatePending',
      `timeout: ${from} → ${to}${commitText(facts.commit)}; ${waitsFor(facts)}`,
      at === null ? {} : { lookAgainAfterMs: Math.max(0, at - facts.now) },
    );
  },
};

/** When what runs is to be looked at for it; null: never. */
export const timeoutDueAt = (facts: Facts): number | null => {
  const { wish } = facts;
  return wish.kind === 'wanted' ? dueAt(facts, wish.environment.timeoutMs) : null;
};

/** What the file says, unless that is less than this run began with and changes of it have to wait. */
const runTimeoutMs = (facts: Facts): number | null => {
  const { wish, lastRun } = facts;
  const timeoutMs = wish.kind === 'wanted' ? wish.environment.timeoutMs : null;
  if (timeoutMs === null || mayChangeNow(facts) || isApproved(facts)) return timeoutMs;
  return lastRun?.timeoutMs === undefined ? null : Math.max(timeoutMs, lastRun.timeoutMs);
};

const dueAt = ({ container }: Facts, timeoutMs: number | null): number | null =>
  timeoutMs === null || container === null || !isLive(container) || container.startedAt === null
    ? null
    : container.startedAt + timeoutMs;

const timeoutText = ({ wish }: Facts): string =>
  wish.kind === 'wanted' && wish.environment.timeoutMs !== null
    ? `it took longer than its timeout of ${duration(wish.environment.timeoutMs)}`
    : 'it took longer than its timeout';
