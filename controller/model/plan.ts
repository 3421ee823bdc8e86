import type { Condition } from './condition.ts';
import type { Phase } from './phase.ts';
import type { Reason } from './reason.ts';
import type { StoppedFor } from './record.ts';
import type { LastRun, StopIntent } from './run.ts';
import type { Step } from './step.ts';

/** What one environment needs, decided as a value. */
export interface Plan {
  /** In order; a pass carries out the first and looks again. Empty: nothing to do, or something holds. */
  readonly steps: readonly Step[];
  /** Why there is no (further) step although something differs; empty when all is as wished. */
  readonly holds: readonly PlanHold[];
  readonly changes: readonly FieldChange[];
  readonly phase: Phase;
  readonly reason: Reason;
  readonly message: string;
  /** null: nothing but an event or the resync needs to bring it back. */
  readonly lookAgainAfterMs: number | null;
  readonly conditions: readonly Omit<Condition, 'lastTransitionAt' | 'observedGeneration'>[];
  /** The story in plain words, one line a step or hold. */
  readonly explanation: readonly string[];
  /** Columns that this decision sets: at once where no step follows, else together with the step's result. */
  readonly patch: RecordPatch;
  /** The next step needs a grant that the record does not hold: ask admission, then plan again. */
  readonly needsGrant: boolean;
  /** Everything of it is gone and the file no longer has it: the record may forget it. */
  readonly forget: boolean;
}

export interface PlanHold {
  readonly reason: Reason;
  readonly message: string;
}

/** One difference between what is there and what is wished. Secrets never stand in from and to. */
export interface FieldChange {
  /** As in the file: `memory`, `env.HF_HOME`. */
  readonly field: string;
  readonly how: 'in-place' | 'recreate';
  readonly from: string;
  readonly to: string;
}

/** The columns that a plan may set by itself. */
export interface RecordPatch {
  readonly restarts?: number;
  readonly nextAttemptAt?: number | null;
  readonly lastFailure?: string;
  readonly startFailure?: null;
  readonly restartRequestedAt?: null;
  readonly approval?: null;
  readonly grantedAt?: null;
  readonly handRemovedAt?: number;
  /** Not a column: it is held back from now on. */
  readonly hold?: StoppedFor;
  readonly unhealthySince?: number | null;
  /** Recorded before the step that it explains. */
  readonly stopIntent?: StopIntent | null;
  /** What was seen of its newest run. */
  readonly lastRun?: LastRun | null;
}
