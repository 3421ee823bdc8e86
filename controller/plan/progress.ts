import { environmentKey } from '../model/key.ts';
import type { Reason } from '../model/reason.ts';
import type { Step } from '../model/step.ts';
import type { PlanInput } from './input.ts';

/** A step that was taken, and how often it was taken on the very same picture. */
export interface Attempt {
  /** The step and all that it followed from: as soon as anything of it differs there is progress. */
  readonly what: string;
  readonly times: number;
  /** When it was taken last. */
  readonly at: number;
  /** What stands in status while its next turn is waited for. */
  readonly reason: Reason;
  readonly message: string;
}

/** So often a step may follow at once: an engine may be a moment behind its own answers. */
const atOnce = 3;
const firstDelayMs = 1000;
const longestDelayMs = 60_000;
/** Of one key: two steps that undo each other take turns. */
const remembered = 8;

/**
 * The picture that a step follows from, in one line. A container that ran in between, a new generation, or a
 * person who asks again makes another one of it. A count of restarts does not: it goes up with each try.
 */
export const pictureOf = (step: Step, { record, snapshot }: PlanInput): string => {
  const id = 'containerId' in step ? step.containerId : null;
  const seen = snapshot.kind === 'known' ? snapshot.containers.find((one) => one.id === id) : null;
  return JSON.stringify([
    environmentKey(record),
    step.kind,
    id,
    step.kind === 'update' ? step.resources : null,
    seen === null || seen === undefined
      ? null
      : [seen.state, seen.startedAt, seen.finishedAt, seen.error],
    record.generation,
    record.restartRequestedAt,
    record.repairRequestedAt,
    record.approval,
  ]);
};

/** Newest first. */
export const attemptsWith = (
  attempts: readonly Attempt[],
  taken: Omit<Attempt, 'times'>,
): readonly [Attempt, ...Attempt[]] => {
  const before = attempts.find(({ what }) => what === taken.what);
  const others = attempts.filter(({ what }) => what !== taken.what).slice(0, remembered - 1);
  return [{ ...taken, times: (before?.times ?? 0) + 1 }, ...others];
};

/** How long after it the same step has to wait; 0: not at all. */
export const brakeMs = ({ times }: Pick<Attempt, 'times'>): number =>
  times < atOnce ? 0 : Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(times - atOnce, 20));

/** The one that keeps this step from being taken now, and for how long; null: none does. */
export const heldBack = (
  attempts: readonly Attempt[],
  what: string,
  now: number,
): { readonly attempt: Attempt; readonly leftMs: number } | null => {
  const attempt = attempts.find((one) => one.what === what);
  if (attempt === undefined) return null;
  // A clock that was set back holds nobody longer than the brake itself.
  const leftMs = Math.min(brakeMs(attempt), attempt.at + brakeMs(attempt) - now);
  return leftMs > 0 ? { attempt, leftMs } : null;
};
