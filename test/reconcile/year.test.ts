import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { defaultHostConfig } from '../../controller/model/config.ts';
import { upkeepSteps } from '../../controller/reconcile/retention.ts';
import { migrate, readMigrations } from '../../controller/store/migrate.ts';
import { storeOf } from '../../controller/store/sqlite-store.ts';
import { migrationsFolder } from '../../schema/files.ts';
import { container, environment, project } from '../store/support.ts';

/**
 * A year of 100 environments, in short: a sample every fourth hour instead of every half minute, all else as
 * often as on a busy machine. What a table may hold follows from how often it grows and how long it is kept.
 */
const environments = 100;
const days = 365;
const samplesADay = 6;
const snapshotsADay = 24;
const healthChecksADay = 10;
const eventsADay = 2;
const auditADay = 1;
/** So many are replaced each day. */
const replacedADay = 20;

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const start = Date.UTC(2026, 0, 1);

const names = Array.from({ length: environments }, (_, n) => `env-${n}`);

const createYear = () => {
  const db = new Database(':memory:');
  db.pragma('auto_vacuum = INCREMENTAL');
  db.pragma('recursive_triggers = ON');
  const migrations = readMigrations(migrationsFolder());
  migrate(db, { migrations, backupFolder: '/none', now: start });
  const store = storeOf(db);
  store.projects.insert(project());
  const ids = new Map<string, string>();
  const create = (name: string, at: number): void => {
    const id = `${name}-${at}`;
    ids.set(name, id);
    store.containers.observe(
      container({
        containerId: id,
        containerName: name,
        environment: name,
        createdAt: at,
        startedAt: at,
      }),
    );
  };
  for (const name of names) {
    store.environments.insert(environment({ environment: name, uid: name }));
    create(name, start);
  }
  const sample = db.prepare(
    `INSERT INTO resource_metrics (container_id, timestamp, cpu_percent, memory_used_gb, gpu_metrics,
       disk_read_mb, disk_write_mb, network_rx_mb, network_tx_mb)
     SELECT value, datetime(? / 1000, 'unixepoch'), 150, 12.5,
       '[{"gpu_id":0,"utilization":78,"memory_used":8192}]', 1, 1, 1, 1 FROM json_each(?)`,
  );
  const rows = `FROM (WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?) SELECT i FROM n)`;
  const spread = `datetime((? + i * 60000) / 1000, 'unixepoch')`;
  const snapshots = db.prepare(
    `INSERT INTO system_snapshots (timestamp, cpu_percent, gpu_stats) SELECT ${spread}, 50, '[{"gpu_id":0,"utilization":45}]' ${rows}`,
  );
  const checks = db.prepare(
    `INSERT INTO health_checks (container_id, timestamp, status) SELECT ?, ${spread}, 'healthy' ${rows}`,
  );
  const audit = db.prepare(
    `INSERT INTO audit_log (timestamp, action, details) SELECT ${spread}, 'up', '{"by":"ada"}' ${rows}`,
  );
  const events = db.prepare(
    `INSERT INTO events (at_ms, first_at_ms, type, reason, message) SELECT ? + i * 60000, 1, 'Normal', 'Running', 'it runs' ${rows}`,
  );
  const live = (day: number): void => {
    const at = start + day * dayMs;
    for (let n = 0; n < samplesADay; n += 1) {
      // Half a minute on either side of the hour.
      const sampleAt = at + Math.floor((n * 24) / samplesADay + (n % 2)) * hourMs - 15_000;
      sample.run(n % 2 === 0 ? sampleAt : sampleAt + 30_000, JSON.stringify([...ids.values()]));
    }
    snapshots.run(at, snapshotsADay);
    for (const id of ids.values()) checks.run(id, at, healthChecksADay);
    audit.run(at, environments * auditADay);
    events.run(at, environments * eventsADay);
    for (let n = 0; n < replacedADay; n += 1) {
      const name = names[(day * replacedADay + n) % environments] ?? '';
      store.containers.deleted(ids.get(name) ?? '', at + dayMs / 2);
      create(name, at + dayMs / 2);
    }
  };
  let now = start;
  const clock = { now: () => now, setTimer: () => () => {} };
  const upkeep = (day: number): number => {
    now = start + (day + 1) * dayMs;
    return [...upkeepSteps({ store, clock, config: { current: () => defaultHostConfig } })].length;
  };
  const count = (table: string): number =>
    Number(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
  return { db, store, live, upkeep, count };
};

test('a year of 100 environments: rows and bytes stay inside what retention says', () => {
  const { db, store, live, upkeep, count } = createYear();
  let bytesAtHalf = 0;
  let usageAtHalf = 0;
  for (let day = 0; day < days; day += 1) {
    db.transaction(() => live(day))();
    upkeep(day);
    if (day === Math.floor(days / 2)) {
      bytesAtHalf = store.upkeep.size().bytes;
      usageAtHalf = count('usage_hours');
    }
  }
  const { retention } = defaultHostConfig;
  const kept = (ms: number, aDay: number): number => (ms / dayMs + 1) * aDay;
  const bounds: Readonly<Record<string, number>> = {
    resource_metrics: kept(retention.metricsMs, environments * samplesADay),
    system_snapshots: kept(retention.snapshotsMs, snapshotsADay),
    health_checks: kept(retention.healthChecksMs, environments * healthChecksADay),
    events: kept(retention.eventsMs, environments * eventsADay),
    audit_log: kept(retention.auditMs, environments * auditADay),
    container_instances: environments + kept(retention.deletedContainersMs, replacedADay),
    usage_hours: days * environments * samplesADay,
  };
  for (const [table, most] of Object.entries(bounds)) {
    expect(count(table), table).toBeGreaterThan(most * 0.5);
    expect(count(table), table).toBeLessThanOrEqual(most);
  }
  // Beyond what is kept for a year and grows until then, the second half of the year adds nothing.
  const { bytes, freeBytes } = store.upkeep.size();
  const rows = count('usage_hours') - usageAtHalf + (days / 2) * environments * auditADay;
  expect(bytes - bytesAtHalf).toBeLessThan(rows * 250);
  expect(freeBytes).toBeLessThan(bytes * 0.15);
  // An hour of an environment, for a year of which 8760 are kept: less than 200 MB for 100 that never end.
  const { usage } = db
    .prepare<[], { readonly usage: number }>(
      "SELECT sum(pgsize) AS usage FROM dbstat WHERE name IN ('usage_hours', 'idx_usage_hour')",
    )
    .get() ?? { usage: Number.POSITIVE_INFINITY };
  expect(usage / count('usage_hours')).toBeLessThan(200);
  expect(db.pragma('foreign_key_check')).toEqual([]);
  // No day was lost.
  const counted = db.prepare(`SELECT count(DISTINCT hour_ms / ${dayMs}) FROM usage_hours`).pluck();
  expect(counted.get()).toBeGreaterThanOrEqual(days);
  db.close();
}, 60_000);
