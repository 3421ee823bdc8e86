import type { CappedTable, KeptTable, UpkeepTable } from '../model/store-upkeep.ts';
import { backUp } from './backup.ts';
import type { Connection } from './connection.ts';
import { fromDatetime, toDatetime } from './time.ts';
import { usageRollUp } from './usage-hours.ts';

interface Kept {
  readonly table: string;
  /** What is compared with `before`, and the order. */
  readonly at: string;
  readonly form: 'datetime' | 'ms';
  readonly where?: string;
  readonly key?: string;
}

const kept: Readonly<Record<KeptTable, Kept>> = {
  metrics: { table: 'resource_metrics', at: 'timestamp', form: 'datetime' },
  snapshots: { table: 'system_snapshots', at: 'timestamp', form: 'datetime' },
  cache: {
    table: 'api_cache',
    at: 'expires_at',
    form: 'datetime',
    key: 'endpoint',
    where: 'etag IS NULL',
  },
  askedAgain: {
    table: 'api_cache',
    at: 'expires_at',
    form: 'datetime',
    key: 'endpoint',
    where: 'etag IS NOT NULL',
  },
  healthChecks: { table: 'health_checks', at: 'timestamp', form: 'datetime' },
  events: { table: 'events', at: 'at_ms', form: 'ms' },
  audit: { table: 'audit_log', at: 'timestamp', form: 'datetime' },
  // The present one is what history compares with.
  generations: {
    table: 'generations',
    at: 'at_ms',
    form: 'ms',
    key: '(project_id, environment, generation)',
    where: `generation < (SELECT e.generation FROM environments e
      WHERE e.project_id = generations.project_id AND e.environment = generations.environment)`,
  },
  // A run that goes on has no end and is not before it. The newest is what the next one is numbered after.
  runs: {
    table: 'runs',
    at: 'coalesce(ended_at_ms, started_at_ms)',
    form: 'ms',
    key: '(project_id, environment, run)',
    where: `cause IS NOT NULL
      AND (run < (SELECT max(n.run) FROM runs n
             WHERE n.project_id = runs.project_id AND n.environment = runs.environment)
        OR NOT EXISTS (SELECT 1 FROM environments e
             WHERE e.project_id = runs.project_id AND e.environment = runs.environment))`,
  },
  usage: {
    table: 'usage_hours',
    at: 'hour_ms',
    form: 'ms',
    key: '(project_id, environment, hour_ms)',
  },
  // One that goes on has no end and is not before it.
  leases: { table: 'gpu_lease_history', at: 'ended_at_ms', form: 'ms' },
  // Samples point at their container, and tell whose they are by it.
  containers: {
    table: 'container_instances',
    at: 'coalesce(stopped_at, created_at)',
    form: 'datetime',
    where: `status = 'deleted'
      AND NOT EXISTS (SELECT 1 FROM resource_metrics m WHERE m.container_id = container_instances.container_id)
      AND NOT EXISTS (SELECT 1 FROM health_checks h WHERE h.container_id = container_instances.container_id)`,
  },
};

const capped: Readonly<Record<CappedTable, string>> = {
  metrics: 'resource_metrics',
  snapshots: 'system_snapshots',
  healthChecks: 'health_checks',
  audit: 'audit_log',
};

/** Written and taken away again: more than what may still lie free in a last page. */
const probeBytes = 65_536;

export const upkeepTable = (db: Connection): UpkeepTable => {
  const prune = mapped(kept, ({ table, at, where = 'TRUE', key = 'id' }) => {
    const columns = key.replaceAll(/[()]/g, '');
    return db.prepare<[string | number, number]>(
      `DELETE FROM ${table} WHERE ${key} IN
         (SELECT ${columns} FROM ${table} WHERE ${at} < ? AND ${where} ORDER BY ${at} LIMIT ?)`,
    );
  });
  const due = mapped(kept, ({ table, at, where = 'TRUE' }) =>
    db.prepare<[string | number], { readonly n: number }>(
      `SELECT count(*) AS n FROM ${table} WHERE ${at} < ? AND ${where}`,
    ),
  );
  // Rows are numbered one after another, so that nobody has to count them.
  const trim = mapped(capped, (table) =>
    db.prepare<[number, number]>(
      `DELETE FROM ${table} WHERE id IN
         (SELECT id FROM ${table} WHERE id <= (SELECT max(id) FROM ${table}) - ? ORDER BY id LIMIT ?)`,
    ),
  );
  const oldest = db.prepare<[string], { readonly timestamp: string | null }>(
    'SELECT min(timestamp) AS timestamp FROM resource_metrics WHERE timestamp >= ?',
  );
  const write = db.prepare("INSERT OR REPLACE INTO meta VALUES ('probe', ?)");
  const takeAway = db.prepare("DELETE FROM meta WHERE key = 'probe'");
  const limit = (table: KeptTable, before: number): string | number =>
    kept[table].form === 'ms' ? before : toDatetime(before);
  const pragma = (name: string): number => Number(db.pragma(name, { simple: true }));

  return {
    prune: (table, { before, atMost }) => prune[table].run(limit(table, before), atMost).changes,
    trim: (table, { keep, atMost }) => trim[table].run(keep, atMost).changes,
    due: (table, before) => due[table].get(limit(table, before))?.n ?? 0,
    oldestSample: (from) => fromDatetime(oldest.get(toDatetime(from))?.timestamp ?? null),
    ...usageRollUp(db),
    size: () => {
      const pageBytes = pragma('page_size');
      return {
        bytes: pragma('page_count') * pageBytes,
        freeBytes: pragma('freelist_count') * pageBytes,
      };
    },
    reclaim: (pages) => {
      const before = pragma('freelist_count');
      db.pragma(`incremental_vacuum(${Math.max(1, Math.floor(pages))})`);
      return before - pragma('freelist_count');
    },
    // It waits for no reader: what one still needs is left for the next time.
    checkpoint: () => {
      const [state] = db.pragma('wal_checkpoint(PASSIVE)') as readonly CheckpointRow[];
      if (state !== undefined && state.busy === 0 && state.log === state.checkpointed) {
        const wait = pragma('busy_timeout');
        db.pragma('busy_timeout = 0');
        db.pragma('wal_checkpoint(TRUNCATE)');
        db.pragma(`busy_timeout = ${wait}`);
      }
    },
    probe: () => {
      write.run('x'.repeat(probeBytes));
      takeAway.run();
    },
    backup: (file, options) => backUp(db, file, options),
  };
};

interface CheckpointRow {
  readonly busy: number;
  readonly log: number;
  readonly checkpointed: number;
}

const mapped = <K extends string, V, R>(
  record: Readonly<Record<K, V>>,
  make: (value: V) => R,
): Readonly<Record<K, R>> =>
  Object.fromEntries(
    (Object.entries(record) as [K, V][]).map(([name, value]) => [name, make(value)]),
  ) as Record<K, R>;
