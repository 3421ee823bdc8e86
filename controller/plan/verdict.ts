import type { RecordPatch } from '../model/plan.ts';
import type { Reason } from '../model/reason.ts';
import type { Step } from '../model/step.ts';
import type { Decision } from './lifecycle.ts';

/** What one rule decides: a step, or that nothing is done and why. */
export type Verdict =
  | {
      readonly kind: 'step';
      readonly step: Step;
      readonly reason: Reason;
      readonly message: string;
      readonly patch?: RecordPatch;
    }
  | {
      /** Something differs from the wish, or a person keeps it so. */
      readonly kind: 'hold';
      readonly reason: Reason;
      readonly message: string;
      readonly decision?: Decision;
      readonly lookAgainAfterMs?: number;
      readonly patch?: RecordPatch;
      readonly needsGrant?: boolean;
    }
  | {
      /** All is as it should be. */
      readonly kind: 'settled';
      readonly reason: Reason;
      readonly message: string;
      readonly decision?: Decision;
      readonly lookAgainAfterMs?: number;
      readonly patch?: RecordPatch;
      readonly forget?: boolean;
      /** Whatever differs is not going to be made so by itself. */
      readonly asItIs?: boolean;
    };

export const step = (
  what: Step,
  reason: Reason,
  patch?: RecordPatch,
): Extract<Verdict, { kind: 'step' }> => ({
  kind: 'step',
  step: what,
  reason,
  message: what.why,
  ...(patch === undefined ? {} : { patch }),
});

export const hold = (
  reason: Reason,
  message: string,
  more: Omit<Extract<Verdict, { kind: 'hold' }>, 'kind' | 'reason' | 'message'> = {},
): Verdict => ({ kind: 'hold', reason, message, ...more });

export const settled = (
  reason: Reason,
  message: string,
  more: Omit<Extract<Verdict, { kind: 'settled' }>, 'kind' | 'reason' | 'message'> = {},
): Verdict => ({ kind: 'settled', reason, message, ...more });

/** Rules stand in a table; the first that answers decides. */
export interface Rule<F> {
  readonly id: string;
  readonly why: string;
  readonly decide: (facts: F) => Verdict | null;
}

export const firstMatch = <F>(rules: readonly Rule<F>[], facts: F): Verdict => {
  for (const rule of rules) {
    const verdict = rule.decide(facts);
    if (verdict !== null) return verdict;
  }
  throw new Error('the last rule of a table must always answer');
};
