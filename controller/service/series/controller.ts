import { flag, one, type Readings, type Sample } from '../../model/series.ts';
import type { Core } from '../../reconcile/core.ts';
import { freezeOf } from '../../reconcile/freeze.ts';
import type { ScrapeFacts } from './facts.ts';

/** The controller itself, and its record. */
export const controllerReadings = (core: Core, facts: ScrapeFacts): Readings => {
  const { deps } = core;
  const { memory, store } = deps;
  const { bytes, freeBytes } = store.upkeep.size();
  const pending = store.notices.pending();
  const sources = store.sources.all();
  return {
    mlenv_build_info: one(1, { version: facts.version }),
    mlenv_engine_up: flag(memory.engineTrouble === null),
    mlenv_engine_events_up: flag(memory.outageSince() === null),
    mlenv_engine_info: one(1, {
      version: facts.engine.version,
      api_version: facts.engine.apiVersion,
    }),
    mlenv_record_writable: flag(memory.recordTrouble === null),
    mlenv_frozen: flag(freezeOf(store) !== null),
    mlenv_observing: flag(freezeOf(store, 'Observing') !== null),
    ...loopReadings(core.stats()),
    mlenv_resync_last_success_timestamp_seconds: one(seconds(memory.resyncedAt)),
    mlenv_backup_last_success_timestamp_seconds: one(seconds(facts.backupAt)),
    mlenv_upkeep_failed: upkeepParts.flatMap((part) =>
      flag(memory.upkeepFaults.has(part), { part }),
    ),
    mlenv_database_size_bytes: one(bytes),
    mlenv_database_free_bytes: one(freeBytes),
    mlenv_state_disk_free_bytes: one(facts.freeDiskBytes),
    mlenv_source_up: sources.flatMap(({ name, failure }) => flag(failure === '', { source: name })),
    mlenv_source_last_success_timestamp_seconds: sources.flatMap(({ name, checkedAt }) =>
      one(seconds(checkedAt), { source: name }),
    ),
    mlenv_source_waiting: sources.flatMap(({ name, waiting }) =>
      flag(waiting !== null, { source: name }),
    ),
    ...noticeReadings(
      deps.config.current().notices.map(({ name }) => name),
      pending,
    ),
    process_cpu_seconds_total: one(facts.process.cpuSeconds),
    process_resident_memory_bytes: one(facts.process.residentBytes),
    process_start_time_seconds: one(seconds(facts.process.startedAt)),
    process_open_fds: one(facts.process.openFiles),
  };
};

const upkeepParts = ['retention', 'backup'] as const;

/** A receiver for whom nothing waits has 0, so that a rule sees it come down. */
const noticeReadings = (
  receivers: readonly string[],
  pending: ReturnType<Core['deps']['store']['notices']['pending']>,
): Readings => {
  const counts = new Map(pending.map((each) => [each.receiver, each]));
  const names = [...new Set([...receivers, ...counts.keys()])];
  const of = (field: 'notices' | 'retrying'): readonly Sample[] =>
    names.flatMap((receiver) => one(counts.get(receiver)?.[field] ?? 0, { receiver }));
  return { mlenv_notices_pending: of('notices'), mlenv_notices_retrying: of('retrying') };
};

type NamedStats = ReturnType<Core['stats']>[number];

const loopReadings = (all: readonly NamedStats[]): Readings => {
  const each = (value: (stats: NamedStats) => number): readonly Sample[] =>
    all.flatMap((stats) => one(value(stats), { controller: stats.name }));
  return {
    mlenv_reconcile_duration_seconds: all.flatMap(durationSamples),
    mlenv_reconcile_passes_total: all.flatMap(({ name, outcomes }) =>
      Object.entries(outcomes).flatMap(([outcome, count]) =>
        one(count, { controller: name, outcome }),
      ),
    ),
    mlenv_reconcile_panics_total: each(({ panics }) => panics),
    mlenv_reconcile_timeouts_total: each(({ timeouts }) => timeouts),
    mlenv_workqueue_depth: each(({ waiting }) => waiting),
    mlenv_workqueue_processing: each(({ processing }) => processing),
    mlenv_workqueue_delayed: each(({ delayed }) => delayed),
  };
};

/** The buckets of a histogram count what lies below them too. */
const durationSamples = ({ name, passes, durations }: NamedStats): readonly Sample[] => {
  const labels = { controller: name };
  let below = 0;
  const buckets = durations.boundsSeconds.map((bound, index): Sample => {
    below += durations.counts[index] ?? 0;
    return { labels: { ...labels, le: String(bound) }, value: below, suffix: '_bucket' };
  });
  return [
    ...buckets,
    { labels: { ...labels, le: '+Inf' }, value: passes, suffix: '_bucket' },
    { labels, value: durations.sumMs / 1000, suffix: '_sum' },
    { labels, value: passes, suffix: '_count' },
  ];
};

export const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);
