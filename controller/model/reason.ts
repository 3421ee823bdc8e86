import { eventReasons } from './reasons/events.ts';
import { failureReasons } from './reasons/failures.ts';
import type { ReasonRow, Tells } from './reasons/row.ts';
import { stateReasons } from './reasons/states.ts';
import { waitReasons } from './reasons/waits.ts';

/**
 * Every word that may stand as a reason in status, conditions and events. A code is never reused for
 * another meaning. `docs/reasons.md` is generated from this table.
 */
export const reasons = {
  ...stateReasons,
  ...waitReasons,
  ...eventReasons,
  ...failureReasons,
} as const satisfies Record<string, ReasonRow>;

export type { ReasonRow, Tells };

export type Reason = keyof typeof reasons;

export const isReason = (value: string): value is Reason => Object.hasOwn(reasons, value);

/** What a notice makes of it. */
export const tellsOf = (reason: Reason): Tells => {
  const row: ReasonRow = reasons[reason];
  return row.tells ?? byKind[row.kind];
};

const byKind = {
  good: 'well',
  progress: 'nothing',
  wait: 'nothing',
  unknown: 'nothing',
  failure: 'failure',
} as const satisfies Record<ReasonRow['kind'], Tells>;
