import Database, { type Database as Connection } from 'better-sqlite3';
import { defaultHostConfig } from '../../controller/model/config.ts';
import { upkeepSteps } from '../../controller/reconcile/retention.ts';
import { migrate, readMigrations } from '../../controller/store/migrate.ts';
import { storeOf } from '../../controller/store/sqlite-store.ts';
import { environmentKey } from '../../controller/model/key.ts';
import { runsKept } from '../../controller/model/runs.ts';
import type { Store } from '../../controller/model/store.ts';
import { migrationsFolder } from '../../schema/files.ts';
import { container, environment, project } from '../store/support.ts';
import { createMemoryRunLogs } from './memory-run-logs.ts';
import { told, trouble } from './notice-builders.ts';

/**
 * The record of a host with 100 environments, day after day, with the real tables, triggers and upkeep: what a busy
 * machine writes, as often as it does. Only how often samples are taken is asked for.
 */
export const environments = 100;
const snapshotsADay = 24;
const healthChecksADay = 10;
const eventsADay = 2;
const auditADay = 1;
const noticesADay = 20;
/** So many are replaced each day, which is a new generation and four effects. */
const replacedADay = 20;
const effectsOfOne = 4;

export const dayMs = 86_400_000;
const hourMs = 3_600_000;
export const start = Date.UTC(2026, 0, 1);

const names = Array.from({ length: environments }, (_, n) => `env-${n}`);

export interface Year {
  readonly db: Connection;
  readonly store: Store;
  /** A container that runs. */
  readonly containerId: () => string;
  readonly now: () => number;
  /** Lives through it, then does its upkeep. */
  readonly day: (day: number) => void;
  readonly count: (table: string) => number;
  readonly tables: () => readonly string[];
}

export const createYear = ({
  file = ':memory:',
  samplesADay,
}: {
  readonly file?: string;
  /** Of each environment, on that day. */
  readonly samplesADay: (day: number) => number;
}): Year => {
  const db: Connection = new Database(file);
  db.pragma('auto_vacuum = INCREMENTAL');
  db.pragma('recursive_triggers = ON');
  if (file !== ':memory:') db.pragma('journal_mode = WAL');
  const migrations = readMigrations(migrationsFolder());
  migrate(db, { migrations, backupFolder: '/none', now: start });
  const store = storeOf(db);
  store.projects.insert(project());
  const { id: projectId } = project();
  const ids = new Map<string, string>();
  const generations = new Map<string, number>();
  const create = (name: string, at: number): void => {
    const containerId = `${name}-${at}`;
    ids.set(name, containerId);
    const generation = (generations.get(name) ?? 0) + 1;
    generations.set(name, generation);
    store.generations.begin({
      projectId,
      environment: name,
      generation,
      digest: 'mle1:aa',
      image: '',
      revision: 'c0ffee',
      author: 'ada',
      subject: 'Train longer',
      at,
      outcome: 'Running',
    });
    for (let n = 0; n < effectsOfOne; n += 1) {
      const effect = { projectId, environment: name, effect: 'create', detail: containerId };
      store.intents.close(store.intents.open({ ...effect, at }), 'done', at);
    }
    store.containers.observe(
      container({
        containerId,
        containerName: name,
        environment: name,
        createdAt: at,
        startedAt: at,
      }),
    );
    const before = store.runs.newest(environmentKey({ projectId, environment: name }));
    if (before !== null) {
      const log = { state: 'none', bytes: 0, note: 'its copy was dropped for newer ones' } as const;
      store.runs.put({ ...before, endedAt: at, exitCode: 0, cause: 'stopped', log });
    }
    store.runs.put({
      projectId,
      environment: name,
      run: (before?.run ?? 0) + 1,
      containerId,
      generation,
      revision: 'c0ffee',
      startedAt: at,
      endedAt: null,
      exitCode: null,
      cause: null,
      log: { state: 'engine', bytes: 0, note: '' },
    });
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
  const cached = db.prepare(
    `INSERT INTO api_cache (endpoint, response, expires_at) SELECT '/images/' || i || '/' || ?, '{}', datetime(? / 1000, 'unixepoch', '+1 hour') ${rows}`,
  );
  const tell = (at: number): void => {
    for (let n = 0; n < noticesADay; n += 1) {
      const one = trouble({ subject: `environment:${projectId}/${names[n]}`, openedAt: at });
      const { id: _, ...notice } = told(one, { at, state: 'sent', settledAt: at });
      store.notices.add(notice);
    }
  };
  const live = (day: number): void => {
    const at = start + day * dayMs;
    for (const sampleAt of timesOf(at, samplesADay(day))) {
      sample.run(sampleAt, JSON.stringify([...ids.values()]));
    }
    snapshots.run(at, snapshotsADay);
    for (const id of ids.values()) checks.run(id, at, healthChecksADay);
    audit.run(at, environments * auditADay);
    events.run(at, environments * eventsADay);
    cached.run(day, at, environments);
    tell(at);
    for (let n = 0; n < replacedADay; n += 1) {
      const name = names[(day * replacedADay + n) % environments] ?? '';
      store.containers.deleted(ids.get(name) ?? '', at + dayMs / 2);
      create(name, at + dayMs / 2);
    }
  };
  let now = start;
  const clock = { now: () => now, setTimer: () => () => {} };
  const config = { current: () => defaultHostConfig };
  const runLogs = createMemoryRunLogs();
  return {
    db,
    store,
    containerId: () => ids.get(names[0] ?? '') ?? '',
    now: () => now,
    day: (day: number): void => {
      db.transaction(() => live(day))();
      now = start + (day + 1) * dayMs;
      for (const _ of upkeepSteps({ store, clock, config, runLogs }));
    },
    count: (table: string): number =>
      Number(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()),
    tables: (): readonly string[] =>
      db
        .prepare<[], string>(
          `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`,
        )
        .pluck()
        .all(),
  };
};

/** Few are half a minute on either side of an hour, so that hours have something in them. */
const timesOf = (at: number, aDay: number): readonly number[] =>
  Array.from({ length: aDay }, (_, n) => {
    if (aDay > 24) return at + Math.floor(((n + 0.5) * dayMs) / aDay);
    const hour = at + Math.floor((n * 24) / aDay + (n % 2)) * hourMs;
    return n % 2 === 0 ? hour - 15_000 : hour + 15_000;
  });

/**
 * The most rows that each table may hold that grows by itself: how often it is written, times how long it is kept,
 * as docs/upkeep.md says. Every other table has rows for what is there now, and for nothing that was.
 */
export const mostRows = ({
  days,
  samplesADay,
}: {
  readonly days: number;
  readonly samplesADay: number;
}): Readonly<Record<string, number>> => {
  const { retention } = defaultHostConfig;
  const kept = (ms: number, aDay: number): number => Math.min(ms / dayMs + 1, days) * aDay;
  const created = environments + kept(retention.deletedContainersMs, replacedADay);
  return {
    resource_metrics: kept(retention.metricsMs, environments * samplesADay),
    system_snapshots: kept(retention.snapshotsMs, snapshotsADay),
    health_checks: kept(retention.healthChecksMs, environments * healthChecksADay),
    events: Math.min(20_000, kept(retention.eventsMs, environments * eventsADay)),
    audit_log: kept(retention.auditMs, environments * auditADay),
    notices: kept(retention.eventsMs, noticesADay),
    generations: Math.min(
      environments * 100,
      environments + kept(retention.generationsMs, replacedADay),
    ),
    runs: Math.min(environments * runsKept, environments + kept(retention.runsMs, replacedADay)),
    intents: Math.min(10_000, effectsOfOne * (environments + days * replacedADay)),
    container_instances: created,
    usage_sums: created,
    usage_hours: kept(retention.usageMs, environments * Math.min(24, samplesADay)),
    api_cache: environments,
  };
};
