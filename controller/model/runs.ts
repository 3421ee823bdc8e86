import type { EnvironmentRef } from './api.ts';
import type { Result } from './failure.ts';
import type { EnvironmentKey } from './key.ts';
import type { LogChunk } from './ports.ts';

/** One start of a container up to its end. Several share a container that was restarted in place. */
export interface RunRecord {
  readonly projectId: string;
  readonly environment: string;
  /** From 1, in the order of their starts; never given twice while one of the environment is kept. */
  readonly run: number;
  readonly containerId: string;
  readonly generation: number;
  /** Commit of the files that the container was made from; '': not in git. */
  readonly revision: string;
  readonly startedAt: number;
  /** null: it runs, or nobody saw its end. */
  readonly endedAt: number | null;
  /** null: it runs, or not known. */
  readonly exitCode: number | null;
  /** Why it ended, in one word; null: it runs. */
  readonly cause: string | null;
  readonly log: RunLog;
}

export interface RunLog {
  /**
   * - `engine`: the container has it.
   * - `kept`: the container was removed, and its end was copied before.
   * - `none`: there is none; `note` says why.
   */
  readonly state: 'engine' | 'kept' | 'none';
  /** Of the copy; 0: there is none. */
  readonly bytes: number;
  /** What of it is missing and why; '': nothing. */
  readonly note: string;
}

/** So many of each environment are kept; the oldest go first. */
export const runsKept = 200;

/** Of the copy of one run's log: its end is what is kept. */
export const maxRunLogBytes = 5 * 2 ** 20;

export interface RunTable {
  /** The one that runs, or that ended last; null: none is known. */
  newest(key: EnvironmentKey): RunRecord | null;
  get(key: EnvironmentKey, run: number): RunRecord | null;
  /** Newest first. */
  of(key: EnvironmentKey, limit: number): readonly RunRecord[];
  /** Newest first. */
  ofContainer(containerId: string): readonly RunRecord[];
  /** Of all environments, the one that ended first in front. */
  withCopies(): readonly RunRecord[];
  /** Begins one, or writes what has become of it. The last 200 of an environment stay. */
  put(run: RunRecord): void;
}

/** Copies of logs of containers that are gone, as files that nobody else may read. */
export interface RunLogs {
  /** Whole or not at all. At most the last `maxBytes` of it are kept. */
  write(
    name: string,
    chunks: AsyncIterable<LogChunk>,
    maxBytes: number,
  ): Promise<Result<WrittenLog>>;
  /** null: there is no such copy. */
  read(name: string): Promise<AsyncIterable<LogChunk> | null>;
  /** Whatever lies there. One that is young may not stand in the database yet. */
  list(): readonly { readonly name: string; readonly isYoung: boolean }[];
  remove(names: readonly string[]): void;
}

export interface WrittenLog {
  readonly bytes: number;
  /** How much of its beginning was left out. */
  readonly cutBytes: number;
}

/** With its start, so that a number that a restored database gives again is another name. */
export const runLogName = (
  run: Pick<RunRecord, 'projectId' | 'environment' | 'run' | 'startedAt'>,
): string => `${run.projectId}.${run.environment}.${run.run}.${run.startedAt}.log`;

/**
 * Which part of its container's log is that of a run: from its start to its end by the engine's clock, with half of the
 * time to its neighbours, a second at most, as the first and the last lines may be stamped before and after.
 * null: open on that side.
 */
export const logWindow = (
  run: RunRecord,
  ofContainer: readonly RunRecord[],
): { readonly since: number | null; readonly until: number | null } => {
  const inOrder = [...ofContainer].sort((one, other) => one.startedAt - other.startedAt);
  const place = inOrder.findIndex(({ startedAt }) => startedAt === run.startedAt);
  const before = place > 0 ? inOrder[place - 1] : undefined;
  const after = place >= 0 ? inOrder[place + 1] : undefined;
  const reach = (gapMs: number): number => Math.min(slackMs, Math.max(0, Math.floor(gapMs / 2)));
  const beforeEnd = before === undefined ? null : (before.endedAt ?? run.startedAt);
  const since = run.startedAt - (beforeEnd === null ? slackMs : reach(run.startedAt - beforeEnd));
  if (after === undefined) return { since, until: null };
  const end = run.endedAt ?? after.startedAt;
  return { since, until: end + reach(after.startedAt - end) };
};

const slackMs = 1000;

/** `mlenv runs` */
export interface RunQuery {
  readonly ref: EnvironmentRef;
  readonly limit: number;
}

/** `mlenv logs` */
export interface LogQuery {
  readonly follow: boolean;
  /** Lines from the end; null: all. */
  readonly tail: number | null;
  /** A number, or the one before the present; left out: all that the present container has. */
  readonly run?: number | 'previous';
}

/** `mlenv runs -o json`; newest first. */
export interface RunsReport {
  readonly items: readonly RunItem[];
}

export interface RunItem {
  readonly project: string;
  readonly environment: string;
  readonly run: number;
  /** It has not ended. */
  readonly isRunning: boolean;
  /** ISO 8601 UTC. */
  readonly startedAt: string;
  /** null: it runs, or nobody saw its end. */
  readonly endedAt: string | null;
  /** null: it runs, or not known. */
  readonly exitCode: number | null;
  /** null: it runs. */
  readonly cause: string | null;
  readonly containerId: string;
  readonly generation: number;
  readonly revision: string;
  readonly log: RunLog;
}
