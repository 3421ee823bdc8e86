import type { LastRun, RunEnd } from '../model/run.ts';

/** A fault of the run itself. Of an end that no controller saw nobody can say whose fault it was. */
export const isFailure = ({ cause, watched }: RunEnd): boolean =>
  cause === 'out-of-memory' ||
  cause === 'timeout' ||
  cause === 'unhealthy' ||
  (cause === 'failed' && watched);

/**
 * The newest run with what its limits are judged by. Its failures are counted on from those of the run before,
 * unless that one was well or was of another spec; its time limit is the one that it began with.
 */
export const withLimits = (
  run: LastRun | null,
  before: LastRun | null,
  fileTimeoutMs: number | null,
): LastRun | null => {
  if (run === null) return run;
  const isSame =
    before !== null && before.containerId === run.containerId && before.startedAt === run.startedAt;
  const failures = isSame ? recounted(run, before) : countedOn(before, run) + failed(run);
  const timeoutMs = isSame ? before.timeoutMs : (fileTimeoutMs ?? undefined);
  const { containerId, startedAt, digest, end } = run;
  return {
    containerId,
    startedAt,
    digest,
    end,
    ...(failures === 0 ? {} : { failures }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
};

const failed = ({ end }: LastRun): number => (end !== null && isFailure(end) ? 1 : 0);

/** A person may have set the count to zero since; the engine may turn out to have ended it. */
const recounted = (run: LastRun, before: LastRun): number =>
  Math.max(0, (before.failures ?? 0) + failed(run) - failed(before));

const countedOn = (before: LastRun | null, run: LastRun): number =>
  before === null || before.end?.cause === 'completed' || before.digest !== run.digest
    ? 0
    : (before.failures ?? 0);

/** It failed more often than it may be restarted: only a person's request, or a change, runs it again. */
export const isExhausted = (limit: number | null, run: LastRun | null): boolean =>
  limit !== null && run !== null && failed(run) === 1 && (run.failures ?? 0) > limit;
