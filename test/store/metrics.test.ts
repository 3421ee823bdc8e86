import { describe, expect, test } from 'vitest';
import type { UsageSample } from '../../controller/model/metrics.ts';
import { container, noon, openTestStore, project } from './support.ts';

const gb = 2 ** 30;
const mb = 2 ** 20;
const sample = (over: Partial<UsageSample> = {}): UsageSample => ({
  containerId: 'c1',
  cpuPercent: null,
  memoryBytes: null,
  memoryPercent: null,
  gpus: [],
  diskReadBytes: null,
  diskWriteBytes: null,
  networkRxBytes: null,
  networkTxBytes: null,
  ...over,
});
const card = (
  index: number,
  utilization: number | null,
  memoryBytes: number | null = 8192 * mb,
) => ({
  uuid: `GPU-${index}`,
  index,
  utilization,
  memoryBytes,
});

const given = () => {
  const { store, hand } = openTestStore();
  store.projects.insert(project());
  store.containers.observe(container());
  const record = (...samples: readonly UsageSample[]): void =>
    store.metrics.record({ at: noon + 60_999, host: null, samples });
  const averages = () =>
    hand
      .prepare<[], Record<'cpu' | 'memory' | 'gpu', number | null>>(
        `SELECT cpu_usage_avg AS cpu, memory_usage_avg_gb AS memory, gpu_utilization_avg AS gpu
         FROM container_instances WHERE container_id = 'c1'`,
      )
      .get();
  return { store, hand, record, averages };
};

test('what runs by the record is what is sampled', () => {
  const { store } = given();
  store.containers.observe(container({ containerId: 'c2', containerName: 'b', status: 'stopped' }));
  expect(store.metrics.running()).toEqual([
    {
      containerId: 'c1',
      containerName: 'mlenv-vision-notebook-p1',
      startedAt: noon + 1000,
    },
  ]);
});

test('a sample is a row in the document’s units; nothing known is NULL and no card an empty list', () => {
  const { hand, record } = given();
  record(
    sample({
      cpuPercent: 150,
      memoryBytes: 1.5 * gb,
      memoryPercent: 75,
      gpus: [card(0, 78), card(1, null, null)],
      diskReadBytes: 0,
      diskWriteBytes: 3 * mb,
      networkRxBytes: mb / 2,
      networkTxBytes: 0,
    }),
    sample({ gpus: null }),
    sample(),
  );
  const rows = hand.prepare('SELECT * FROM resource_metrics').all();
  expect(rows).toMatchObject([
    {
      container_id: 'c1',
      timestamp: '2026-03-01 12:01:00',
      cpu_percent: 150,
      memory_used_gb: 1.5,
      memory_percent: 75,
      gpu_metrics: JSON.stringify([
        { gpu_id: 0, utilization: 78, memory_used: 8192, uuid: 'GPU-0' },
        { gpu_id: 1, utilization: null, memory_used: null, uuid: 'GPU-1' },
      ]),
      disk_read_mb: 0,
      disk_write_mb: 3,
      network_rx_mb: 0.5,
      network_tx_mb: 0,
    },
    { cpu_percent: null, memory_used_gb: null, gpu_metrics: null, network_tx_mb: null },
    { gpu_metrics: '[]' },
  ]);
});

describe('averages', () => {
  test('are of the samples in which a thing was known, and stay when the samples go', () => {
    const { hand, record, averages } = given();
    record(sample({ memoryBytes: 4 * gb, gpus: [card(0, 80), card(1, 20)] }));
    expect(averages()).toEqual({ cpu: null, memory: 4, gpu: 50 });
    record(sample({ cpuPercent: 100, memoryBytes: 2 * gb, gpus: [card(0, null), card(1, 20)] }));
    hand.exec('DELETE FROM resource_metrics');
    record(sample({ cpuPercent: 50, gpus: [card(0, 10), card(1, 10)] }));
    expect(averages()).toEqual({ cpu: 75, memory: 3, gpu: 30 });
  });

  test('begin anew with each start', () => {
    const { store, record, averages } = given();
    record(sample({ cpuPercent: 100, memoryBytes: gb, gpus: [card(0, 10)] }));
    store.containers.observe(container({ startedAt: noon + 50_000 }));
    record(sample({ cpuPercent: 20 }));
    record(sample({ cpuPercent: 40 }));
    expect(averages()).toEqual({ cpu: 30, memory: null, gpu: null });
  });

  test('go with the row of their container, when a person takes it out', () => {
    const { hand, record } = given();
    record(sample({ cpuPercent: 100 }));
    hand.pragma('foreign_keys = ON');
    hand.exec(`DELETE FROM resource_metrics; DELETE FROM container_instances`);
    expect(hand.prepare('SELECT count(*) FROM usage_sums').pluck().get()).toBe(0);
  });
});

test('the host is a row as well, and the views answer', () => {
  const { store, hand } = given();
  const at = Date.now();
  const host = {
    cpuPercent: 25,
    cores: 64,
    memoryTotalBytes: 512 * gb,
    memoryAvailableBytes: 384 * gb,
    load1: 1,
    load5: 2,
    load15: 3,
    gpus: [card(0, 45, 1024 * mb)],
  };
  store.metrics.record({ at, host, samples: [sample({ cpuPercent: 10, memoryBytes: gb })] });
  store.metrics.record({
    at,
    host: { ...host, memoryAvailableBytes: null, cpuPercent: null, load1: null, gpus: null },
    samples: [sample({ cpuPercent: 20 })],
  });
  expect(hand.prepare('SELECT * FROM system_snapshots').all()).toMatchObject([
    {
      cpu_percent: 25,
      cpu_cores: 64,
      memory_total_gb: 512,
      memory_used_gb: 128,
      memory_available_gb: 384,
      memory_percent: 25,
      gpu_stats: JSON.stringify([{ gpu_id: 0, utilization: 45, memory_used: 1024, uuid: 'GPU-0' }]),
      load_1min: 1,
      load_5min: 2,
      load_15min: 3,
    },
    { memory_used_gb: null, memory_percent: null, cpu_percent: null, gpu_stats: null },
  ]);
  expect(hand.prepare('SELECT * FROM v_system_summary').get()).toEqual({
    avg_cpu_percent: 25,
    max_cpu_percent: 25,
    avg_memory_percent: 25,
    max_memory_percent: 25,
    avg_available_gb: 384,
    snapshot_count: 2,
  });
  expect(hand.prepare('SELECT avg_cpu, avg_memory_gb FROM v_active_containers').all()).toEqual([
    { avg_cpu: 15, avg_memory_gb: 1 },
  ]);
});

test('a pass is written whole or not at all', () => {
  const { store, hand } = given();
  const samples = [sample(), sample({ containerId: 'nobody' })];
  expect(() => store.metrics.record({ at: noon, host: null, samples })).toThrow(/FOREIGN KEY/);
  expect(hand.prepare('SELECT count(*) FROM resource_metrics').pluck().get()).toBe(0);
});
