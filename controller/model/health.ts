import type { HealthWish } from './environment.ts';

/**
 * Who asked.
 * - `docker`: the engine, inside the container.
 * - `http`: MLEnv from outside, as the image has nothing that could ask inside.
 * - `gpu`: MLEnv, by `nvidia-smi -L` in the container.
 */
export type CheckType = 'docker' | 'http' | 'gpu';

/** A row of the document's `health_checks`: how it stood, and what the last check said. */
export interface HealthRow {
  readonly containerId: string;
  readonly type: CheckType;
  /** When it was written; milliseconds since the epoch, of whole seconds once it was read again. */
  readonly at: number;
  /** The verdict: one bad check makes none. */
  readonly status: 'healthy' | 'unhealthy' | 'unknown';
  /** The check itself; null: none has come back yet. */
  readonly checkedAt: number | null;
  /** In a row. */
  readonly failures: number;
  readonly responseMs: number | null;
  /** On one line, of limited length, without values of the environment's variables. */
  readonly message: string;
}

/** The same for whoever asks the API. */
export interface HealthItem {
  readonly at: string;
  readonly type: CheckType;
  readonly status: HealthRow['status'];
  /** In a row. */
  readonly failures: number;
  readonly responseMs: number | null;
  readonly message: string;
}

/** What the engine tells of the last check that it made. */
export interface LastCheck {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly exitCode: number;
  /** As long as the engine keeps it. */
  readonly output: string;
  /** Failures in a row, with this one. */
  readonly failures: number;
}

/** Written by the check that `http:` becomes, where the image has none of the three. */
export const noAsker = 'health: http needs curl, wget or python3 in the image';

/** An http check that could not ask says nothing about who was to be asked. */
export const couldNotAsk = (
  wish: Pick<HealthWish, 'probe'> | null,
  check: LastCheck | null,
): boolean =>
  wish?.probe.kind === 'http' &&
  check !== null &&
  check.exitCode !== 0 &&
  // The second: what engines say where there is no shell.
  (check.output.includes(noAsker) || /exec: "sh"|exec: \\"sh\\"/.test(check.output));

/** What one check of MLEnv's own said. */
export interface CheckResult {
  readonly kind: 'good' | 'bad' | 'unknown';
  readonly responseMs: number | null;
  readonly message: string;
}

/** A verdict follows from the one before, so that it outlives the process that gave it. */
export const nextRow = (
  before: HealthRow | null,
  result: CheckResult,
  what: {
    readonly containerId: string;
    readonly type: CheckType;
    readonly at: number;
    /** Bad ones in a row that make it unhealthy. */
    readonly threshold: number;
    /** A bad one does not count before it was well once. */
    readonly isForgiven: boolean;
  },
): HealthRow => {
  const { containerId, type, at, threshold, isForgiven } = what;
  const forgiven = isForgiven && before?.status !== 'healthy';
  const failures = result.kind !== 'bad' ? 0 : forgiven ? 0 : (before?.failures ?? 0) + 1;
  const status =
    result.kind === 'good'
      ? 'healthy'
      : result.kind === 'unknown'
        ? 'unknown'
        : failures >= threshold
          ? 'unhealthy'
          : (before?.status ?? 'unknown');
  const { responseMs, message } = result;
  return { containerId, type, at, checkedAt: at, status, failures, responseMs, message };
};

/** A row tells of this run of its container, and not of one before. */
export const isOfRun = (
  { at, containerId }: Pick<HealthRow, 'at' | 'containerId'>,
  container: { readonly id: string; readonly startedAt: number | null },
): boolean =>
  containerId === container.id && container.startedAt !== null && at >= container.startedAt;
