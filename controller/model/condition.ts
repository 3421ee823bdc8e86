import type { Reason } from './reason.ts';

/** As in Kubernetes: one aspect, and since when it is so. */
export interface Condition {
  readonly type: ConditionType;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: Reason;
  readonly message: string;
  /** The generation that was looked at. */
  readonly observedGeneration: number;
  /** Milliseconds; moves only when status, reason or message changes. */
  readonly lastTransitionAt: number;
}

/**
 * - `Ready`: does what it is for: runs (and is healthy), or completed.
 * - `Synced`: what is there is what the file says, with no change waiting.
 * - `Held`: present only while something keeps a step from being taken.
 * - `Policy`: present only while a rule of this host forbids what runs.
 * - `Idle`: present only where something follows from it: nobody uses it.
 * - `Memory`: present only while what runs has lost a process to its memory limit.
 * - `GpuAccess`: present where something runs with cards and was asked whether it still reaches them.
 * - `GpuHealth`: present only while a GPU of what runs is lost or unhealthy, as the host sees it.
 * - `SpecValid`: the file could be read.
 */
export type ConditionType =
  | 'Ready'
  | 'Synced'
  | 'Held'
  | 'Policy'
  | 'Idle'
  | 'Memory'
  | 'GpuAccess'
  | 'GpuHealth'
  | 'SpecValid';
