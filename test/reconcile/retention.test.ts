import { expect, test } from 'vitest';
import { defaultHostConfig, type RetentionConfig } from '../../controller/model/config.ts';
import { environmentKey } from '../../controller/model/key.ts';
import { runLogName } from '../../controller/model/runs.ts';
import { emptyMemory } from '../../controller/reconcile/deps.ts';
import { createRetention, upkeepSteps } from '../../controller/reconcile/retention.ts';
import { container, environment, openTestStore, project } from '../store/support.ts';
import { createMemoryRunLogs } from '../support/memory-run-logs.ts';
import { chunksOf, runRecord } from '../support/run-builders.ts';
import { createSimulatedClock, type SimulatedClock } from '../support/simulated-clock.ts';

const hour = 3_600_000;
const datetime = (at: number): string => new Date(at).toISOString().slice(0, 19).replace('T', ' ');

const setUp = (over: Partial<RetentionConfig> = {}, clock = createSimulatedClock()) => {
  const { store, hand } = openTestStore();
  const config = {
    current: () => ({
      ...defaultHostConfig,
      retention: { ...defaultHostConfig.retention, ...over },
    }),
  };
  const memory = emptyMemory();
  const deps = { store, clock, config, memory, runLogs: createMemoryRunLogs() };
  const sample = hand.prepare(
    `INSERT INTO resource_metrics (container_id, timestamp, cpu_percent, memory_used_gb, gpu_metrics,
       disk_read_mb, disk_write_mb, network_rx_mb, network_tx_mb)
     VALUES (?, ?, 200, 4, '[{"gpu_id":0,"utilization":50},{"gpu_id":1,"utilization":100}]', ?, 0, ?, 1)`,
  );
  return {
    ...deps,
    hand,
    ...createRetention(deps),
    sampleAt: (id: string, at: number, moved = 0) => sample.run(id, datetime(at), moved, moved),
    usage: () =>
      hand.prepare('SELECT * FROM usage_hours ORDER BY hour_ms').all() as Record<string, unknown>[],
    count: (table: string) =>
      (hand.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number }).n,
    whole: () => [...upkeepSteps(deps)].length,
  };
};

const event = (at: number, message: string) =>
  ({
    at,
    type: 'Normal',
    reason: 'Running',
    message,
    projectId: null,
    environment: null,
  }) as const;

test('once an hour, what the configuration no longer keeps goes, batch by batch with pauses', async () => {
  const at = setUp({ eventsMs: 2 * hour });
  at.store.transaction(() => {
    for (let n = 0; n < 1200; n += 1) {
      at.store.events.add({ ...event(at.clock.now(), 'old'), environment: `env-${n}` });
    }
  });
  await at.clock.advance(3 * hour - 1000);
  at.store.events.add(event(at.clock.now(), 'young'));
  at.sweep();
  // One batch at once; the rest when others had their turn.
  expect(at.count('events')).toBe(701);
  await at.clock.advance(5000);
  expect(at.store.events.list({ limit: 9 }).map(({ message }) => message)).toEqual(['young']);
  await at.clock.advance(hour - 6000);
  at.store.events.add(event(at.clock.now() - 3 * hour, 'late'));
  at.sweep();
  expect(at.count('events')).toBe(2);
  await at.clock.advance(1000);
  at.sweep();
  expect(at.count('events')).toBe(1);
});

test('a round that is stopped does nothing any more', async () => {
  const at = setUp({ eventsMs: hour });
  at.store.transaction(() => {
    for (let n = 0; n < 1200; n += 1) {
      at.store.events.add({ ...event(at.clock.now(), 'old'), environment: `env-${n}` });
    }
  });
  await at.clock.advance(3 * hour);
  at.sweep();
  at.stop();
  await at.clock.advance(60_000);
  expect(at.count('events')).toBe(700);
});

const filled = (clock: SimulatedClock = createSimulatedClock()) => {
  const at = setUp({ metricsMs: hour, deletedContainersMs: hour, healthChecksMs: hour }, clock);
  const start = Math.floor(clock.now() / hour) * hour;
  at.store.projects.insert(project());
  at.store.containers.observe(container({ createdAt: start - hour, startedAt: start - hour }));
  return { ...at, start };
};

test('samples become hours: time between them, cards held and used, bytes moved', async () => {
  const at = filled();
  // 30 s apart through one hour, with a restart of its counters in the middle and a gap that nobody saw.
  for (let second = 0; second < 3600; second += 30) {
    if (second >= 900 && second < 1500) continue;
    at.sampleAt('c1', at.start + second * 1000, second < 1800 ? second : second - 1800);
  }
  await at.clock.advance(at.start + hour + 61_000 - at.clock.now());
  at.whole();
  const seconds = 3570 - 630;
  expect(at.usage()).toEqual([
    {
      project_id: 'p1',
      environment: 'notebook',
      hour_ms: at.start,
      project_path: '/home/ada/vision',
      user_id: 1000,
      samples: 100,
      observed_seconds: seconds,
      cpu_core_seconds: 2 * seconds,
      memory_gib_hours: expect.closeTo((4 * seconds) / 3600, 4) as number,
      gpu_hours_held: expect.closeTo((2 * seconds) / 3600, 4) as number,
      gpu_hours_used: expect.closeTo((1.5 * seconds) / 3600, 4) as number,
      gpu_hours_measured: expect.closeTo((2 * seconds) / 3600, 4) as number,
      gpu_hours_unleased: 0,
      project_name: 'vision',
      network_rx_mb: 1770 + 1770,
      network_tx_mb: 0,
      disk_read_mb: 1770 + 1770,
      disk_write_mb: 0,
    },
  ]);
  // The first sample of the next hour stands for the time since the last one of this.
  at.sampleAt('c1', at.start + hour, 1800);
  await at.clock.advance(hour);
  at.whole();
  expect(at.usage()[1]).toMatchObject({ samples: 1, observed_seconds: 30, network_rx_mb: 30 });
});

test('an hour that was cut off is counted anew and comes out the same; a counted one stays when its samples go', async () => {
  const at = filled();
  for (let minute = 0; minute < 60; minute += 1) at.sampleAt('c1', at.start + minute * 60_000);
  await at.clock.advance(at.start + hour + 61_000 - at.clock.now());
  const cut = upkeepSteps(at);
  cut.next();
  const first = at.usage();
  expect(first).toHaveLength(1);
  expect(at.store.meta.get('usage-rolled-to')).toBeNull();
  at.whole();
  expect(at.usage()).toEqual(first);
  await at.clock.advance(3 * hour);
  at.whole();
  expect(at.count('resource_metrics')).toBe(0);
  expect(at.usage()).toEqual(first);
});

test('a deleted container goes after the last row that points at it', async () => {
  const at = filled();
  at.sampleAt('c1', at.start);
  at.hand
    .prepare("INSERT INTO health_checks (container_id, timestamp) VALUES ('c1', ?)")
    .run(datetime(at.start + 5 * hour));
  at.store.containers.deleted('c1', at.start);
  await at.clock.advance(3 * hour);
  at.whole();
  expect([at.count('resource_metrics'), at.count('container_instances')]).toEqual([0, 1]);
  await at.clock.advance(6 * hour);
  at.whole();
  expect([at.count('health_checks'), at.count('container_instances')]).toEqual([0, 0]);
});

test('a container that lives stays, however old', async () => {
  const at = filled();
  await at.clock.advance(900 * 24 * hour);
  at.whole();
  expect(at.count('container_instances')).toBe(1);
});

test('caps hold whatever the age: rows, and the bytes of the file, which grows smaller', async () => {
  const at = setUp({ maxRows: 1000, maxBytes: 2 ** 20 });
  const fill = at.hand.prepare(
    `INSERT INTO system_snapshots (timestamp, gpu_stats)
     SELECT ?, json_array(hex(randomblob(1000))) FROM generate_series(1, 5000)`.replace(
      'generate_series(1, 5000)',
      '(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i FROM n)',
    ),
  );
  fill.run(datetime(at.clock.now()));
  const full = at.store.upkeep.size().bytes;
  await at.clock.advance(2 * hour);
  at.store.meta.set('usage-rolled-to', String(at.clock.now()));
  at.whole();
  const { bytes, freeBytes } = at.store.upkeep.size();
  expect(at.count('system_snapshots')).toBeLessThan(500);
  expect(bytes - freeBytes).toBeLessThanOrEqual(2 ** 20);
  expect(bytes).toBeLessThan(full / 5);
});

test('what fails is said, and the next round tries again', async () => {
  const at = setUp({ eventsMs: hour });
  at.store.events.add(event(at.clock.now(), 'old'));
  await at.clock.advance(3 * hour);
  at.hand.exec('BEGIN IMMEDIATE');
  at.sweep();
  expect(at.memory.upkeepFaults.get('retention')).toContain('locked');
  at.hand.exec('COMMIT');
  await at.clock.advance(hour);
  at.sweep();
  await at.clock.advance(5000);
  expect(at.memory.upkeepFaults.size).toBe(0);
  expect(at.count('events')).toBe(0);
});

const endpoint = (path: string) => ({ origin: 'https://ngc.test', path });

test('an answer that has expired goes, and with an ETag a week later', () => {
  const { store, clock, whole, count } = setUp();
  const now = clock.now();
  store.answers.set(endpoint('plain'), { response: '1', etag: null, expiresAt: now + hour }, now);
  store.answers.set(endpoint('tagged'), { response: '1', etag: '"a"', expiresAt: now + hour }, now);
  whole();
  expect(count('api_cache')).toBe(2);
  const later = {
    store,
    config: { current: () => defaultHostConfig },
    memory: emptyMemory(),
    runLogs: createMemoryRunLogs(),
  };
  const at = (ms: number) => [...upkeepSteps({ ...later, clock: createSimulatedClock(now + ms) })];
  at(hour + 2000);
  expect([
    store.answers.get(endpoint('plain')),
    store.answers.get(endpoint('tagged'))?.etag,
  ]).toEqual([null, '"a"']);
  at(7 * 24 * hour);
  expect(count('api_cache')).toBe(1);
  at(7 * 24 * hour + hour + 2000);
  expect(count('api_cache')).toBe(0);
});

test('runs go after their time, but for the newest of what is there and for what goes on', () => {
  const at = setUp({ runsMs: hour });
  const { projectId, environment: name } = { projectId: 'p1', environment: 'notebook' };
  at.store.projects.insert(project());
  at.store.environments.insert(environment());
  const now = at.clock.now();
  const old = { projectId, startedAt: now - 9 * hour, endedAt: now - 8 * hour, cause: 'failed' };
  const log = { state: 'none', bytes: 0, note: '' } as const;
  const runs = (of: string) =>
    at.store.runs.of(environmentKey({ projectId, environment: of }), 9).map(({ run }) => run);
  for (const run of [1, 2]) at.store.runs.put(runRecord({ ...old, log, environment: name, run }));
  at.store.runs.put(runRecord({ ...old, log, environment: 'forgotten' }));
  const goesOn = { endedAt: null, cause: null, environment: 'old' };
  at.store.runs.put(runRecord({ ...old, ...goesOn }));
  at.whole();
  expect([runs(name), runs('forgotten'), runs('old')]).toEqual([[2], [], [1]]);
});

test('200 runs of each environment are kept', () => {
  const { store } = setUp();
  for (let run = 1; run <= 205; run += 1) store.runs.put(runRecord({ run }));
  const kept = store.runs.of(environmentKey(runRecord()), 999).map(({ run }) => run);
  expect([kept.length, kept.at(-1), kept[0]]).toEqual([200, 6, 205]);
});

test('a copy without a run goes, and a run whose copy is gone says so', async () => {
  const at = setUp();
  const kept = {
    endedAt: at.clock.now(),
    cause: 'failed',
    log: { state: 'kept', bytes: 9, note: '' },
  } as const;
  const [one, two] = [runRecord({ ...kept, run: 1 }), runRecord({ ...kept, run: 2 })];
  for (const run of [one, two]) at.store.runs.put(run);
  for (const name of [runLogName(one), 'p.x.9.9.log', 'p.x.9.9.log.new']) {
    await at.runLogs.write(name, chunksOf('x'), 100);
  }
  at.whole();
  expect(at.runLogs.list()).toEqual([{ name: runLogName(one), isYoung: false }]);
  expect(at.store.runs.of(environmentKey(one), 9).map((run) => run.log)).toEqual([
    { state: 'none', bytes: 0, note: expect.stringContaining('its copy was dropped') },
    kept.log,
  ]);
});
