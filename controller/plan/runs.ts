import type { ObservedContainer } from '../model/container.ts';
import { label } from '../model/labels.ts';
import type { EnvironmentRecord } from '../model/record.ts';
import type { RunRecord } from '../model/runs.ts';
import type { KnownSnapshot } from '../model/snapshot.ts';
import { isLive } from './input.ts';
import { endOf } from './restart.ts';

export interface RunsSeen {
  /** The newest run that is known. */
  readonly newest: RunRecord | null;
  /** The container that counts. */
  readonly container: ObservedContainer | null;
  /** All of this environment. */
  readonly seen: readonly ObservedContainer[];
  readonly record: EnvironmentRecord;
  readonly heard: Pick<KnownSnapshot, 'outages' | 'watchedSince'>;
}

/** Which runs began, ended or were lost, as the rows that say so; none: nothing has changed. */
export const runChanges = (facts: RunsSeen): readonly RunRecord[] => {
  const { newest, container } = facts;
  if (container === null || container.startedAt === null || isSame(newest, container)) {
    const now = newest === null ? null : closed(newest, facts);
    return now === null ? [] : [now];
  }
  const before = newest === null ? null : closed(newest, facts);
  const begun = begin(facts, { ...container, startedAt: container.startedAt });
  return [
    ...(before === null ? [] : [before]),
    closed(begun, { ...facts, newest: begun }) ?? begun,
  ];
};

/**
 * What follows from the exit code alone gives way to what is known a moment later; and an engine that goes down ends its
 * containers first, in just the way in which somebody outside does.
 */
const tellsMore = (before: string, now: string): boolean =>
  (isByCode(before) && !isByCode(now)) || (before === 'stopped-outside' && now === 'interrupted');

const isByCode = (cause: string): boolean => cause === 'completed' || cause === 'failed';

const isSame = (run: RunRecord | null, container: ObservedContainer): boolean =>
  run?.containerId === container.id && run.startedAt === container.startedAt;

const begin = (
  { newest, record }: RunsSeen,
  container: ObservedContainer & { readonly startedAt: number },
): RunRecord => ({
  projectId: record.projectId,
  environment: record.environment,
  run: (newest?.run ?? 0) + 1,
  containerId: container.id,
  generation: Number(container.labels[label.generation] ?? record.generation),
  revision: container.labels[label.revision] ?? '',
  startedAt: container.startedAt,
  endedAt: null,
  exitCode: null,
  cause: null,
  log: { state: 'engine', bytes: 0, note: '' },
});

/** The row of a run as it is now; null: as it was. */
const closed = (run: RunRecord, facts: RunsSeen): RunRecord | null => {
  const container = facts.seen.find(({ id }) => id === run.containerId);
  if (container === undefined) return lost(run, facts);
  if (container.startedAt !== run.startedAt) return restartedUnseen(run, container);
  if (isLive(container)) return null;
  const { cause } = endOf(container, facts.record, facts.heard);
  if (run.cause !== null && !tellsMore(run.cause, cause)) return null;
  return { ...run, endedAt: container.finishedAt, exitCode: container.exitCode, cause };
};

/** Its container is gone, and no log was copied from it. */
const lost = (run: RunRecord, { record }: RunsSeen): RunRecord | null => {
  if (run.cause !== null && run.log.state !== 'engine') return null;
  const byUs = record.removingId === run.containerId;
  return {
    ...run,
    cause: run.cause ?? (byUs ? 'unknown' : 'removed-outside'),
    log: run.log.state === 'engine' ? { state: 'none', bytes: 0, note: removedOutside } : run.log,
  };
};

export const removedOutside =
  'its container was removed outside MLEnv before its logs could be copied';

/** It ended and was started again between two observations: of the end, the engine still tells the time at most. */
const restartedUnseen = (run: RunRecord, container: ObservedContainer): RunRecord | null => {
  if (run.cause !== null) return null;
  const { finishedAt, startedAt } = container;
  const isIts =
    finishedAt !== null && finishedAt >= run.startedAt && finishedAt <= (startedAt ?? finishedAt);
  return { ...run, endedAt: isIts ? finishedAt : null, cause: 'unknown' };
};
