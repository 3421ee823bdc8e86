import type { RetentionConfig } from '../model/config.ts';
import {
  isRecordFull,
  keptTables,
  type CappedTable,
  type KeptTable,
} from '../model/store-upkeep.ts';
import type { Deps } from './deps.ts';
import { sweepRunLogs } from './runs.ts';

/** One batch is a transaction of a few milliseconds; between two of them everybody else has the process. */
const batch = 500;
const pauseMs = 100;
const everyMs = 3_600_000;
const hourMs = 3_600_000;
const askedAgainMs = 7 * 24 * hourMs;
/** A sample may be written a little after it was taken. */
const settledMs = 60_000;
/** Environments whose hour is counted at once. */
const rollUpBatch = 8;
const pagesAtOnce = 256;
/** Free pages below this share stay, as they are used again. */
const slack = 0.1;

const rolledKey = 'usage-rolled-to';

export interface Retention {
  /** Begins a round where an hour has passed since the last one. */
  readonly sweep: () => void;
  readonly stop: () => void;
}

/**
 * Once an hour: samples are counted into hours, old rows go, and the room they had is given back. All of it
 * in small steps with pauses, each of which may be the last: the next round goes on from what is there.
 */
export const createRetention = (
  deps: Pick<Deps, 'store' | 'config' | 'clock' | 'memory' | 'runLogs'>,
): Retention => {
  const { clock, memory } = deps;
  let sweptAt = clock.now();
  let cancel: (() => void) | null = null;
  const run = (steps: Iterator<void>): void => {
    cancel = null;
    try {
      if (steps.next().done === true) {
        memory.upkeepFaults.delete('retention');
        return;
      }
    } catch (error) {
      // The next round tries again. Without room nothing can be taken away either.
      if (isRecordFull(error)) memory.recordTrouble ??= { freeBytes: null };
      else memory.upkeepFaults.set('retention', String(error));
      return;
    }
    cancel = clock.setTimer(pauseMs, () => run(steps));
  };
  return {
    sweep: () => {
      const now = clock.now();
      // A clock that was set back begins a new hour.
      const isEarly = now >= sweptAt && now - sweptAt < everyMs;
      if (isEarly || cancel !== null || memory.recordTrouble !== null) return;
      sweptAt = now;
      run(upkeepSteps(deps));
    },
    stop: () => cancel?.(),
  };
};

/** One round; a step lies between two yields. */
export function* upkeepSteps(
  deps: Pick<Deps, 'store' | 'config' | 'clock' | 'runLogs'>,
): Generator<void, void, void> {
  yield* countHours(deps);
  const { store, config } = deps;
  const { retention } = config.current();
  const before = limitsOf(deps);
  for (const table of keptTables) {
    while (store.upkeep.prune(table, { before: before[table], atMost: batch }) === batch) yield;
  }
  store.notices.prune(before.events, batch);
  sweepRunLogs(deps);
  yield;
  for (const table of cappedTables) {
    while (store.upkeep.trim(table, { keep: retention.maxRows, atMost: batch }) === batch) yield;
  }
  for (const table of ['metrics', 'snapshots'] as const) {
    while (usedBytes(deps) > retention.maxBytes) {
      const taken = store.upkeep.prune(table, { before: rolledTo(deps), atMost: batch });
      if (taken === 0) break;
      yield;
    }
  }
  for (;;) {
    const { bytes, freeBytes } = store.upkeep.size();
    if (freeBytes <= bytes * slack || store.upkeep.reclaim(pagesAtOnce) === 0) break;
    yield;
  }
  store.upkeep.checkpoint();
}

const cappedTables: readonly CappedTable[] = ['metrics', 'snapshots', 'healthChecks', 'audit'];

/** Since when each table is kept. Samples that no hour counts yet stay. */
export const limitsOf = (
  deps: Pick<Deps, 'store' | 'config' | 'clock'>,
): Readonly<Record<KeptTable, number>> => {
  const now = deps.clock.now();
  const { retention } = deps.config.current();
  const ago = (name: MsName): number => Math.max(0, now - retention[name]);
  return {
    metrics: Math.min(ago('metricsMs'), rolledTo(deps)),
    snapshots: ago('snapshotsMs'),
    cache: now,
    // One with an ETag has expired and is still worth asking for.
    askedAgain: Math.max(0, now - askedAgainMs),
    healthChecks: ago('healthChecksMs'),
    events: ago('eventsMs'),
    audit: ago('auditMs'),
    generations: ago('generationsMs'),
    runs: ago('runsMs'),
    usage: ago('usageMs'),
    leases: ago('usageMs'),
    containers: ago('deletedContainersMs'),
  };
};

type MsName = Exclude<
  keyof RetentionConfig,
  'maxRows' | 'maxBytes' | 'freeDiskBytes' | 'runLogBytes'
>;

/** Hour after hour that is over, from where the last round came to; hours without samples are passed over. */
function* countHours({ store, clock }: Pick<Deps, 'store' | 'clock'>): Generator<void, void, void> {
  const end = startOf(clock.now() - settledMs);
  for (;;) {
    const oldest = store.upkeep.oldestSample(rolledTo({ store }));
    const hour = oldest === null ? end : startOf(oldest);
    if (hour >= end) return;
    const environments = store.upkeep.sampled(hour);
    for (let from = 0; from < environments.length; from += rollUpBatch) {
      store.upkeep.rollUp(hour, environments.slice(from, from + rollUpBatch));
      yield;
    }
    store.meta.set(rolledKey, String(hour + hourMs));
  }
}

export const rolledTo = ({ store }: Pick<Deps, 'store'>): number =>
  Number(store.meta.get(rolledKey) ?? 0);

const startOf = (at: number): number => Math.floor(at / hourMs) * hourMs;

const usedBytes = ({ store }: Pick<Deps, 'store'>): number => {
  const { bytes, freeBytes } = store.upkeep.size();
  return bytes - freeBytes;
};
