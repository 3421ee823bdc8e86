import { expect, test } from 'vitest';
import type { GpuInventory } from '../../controller/model/gpu.ts';
import type { HostReading } from '../../controller/model/host.ts';
import type { PassTaken, UsageReading } from '../../controller/model/metrics.ts';
import { createPass } from '../../controller/monitor/pass.ts';
import { container, openTestStore, project } from '../store/support.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';
import { reading } from './readings.ts';

const gb = 2 ** 30;
const host: HostReading = {
  readAt: 0,
  cores: 8,
  cpuPercent: 12.5,
  load1: 1,
  load5: 2,
  load15: 3,
  memoryTotalBytes: 16 * gb,
  memoryAvailableBytes: 12 * gb,
  disks: [],
};
const noCards: GpuInventory = { kind: 'none', why: 'no driver', readAt: 0 };

const given = () => {
  const { store, hand } = openTestStore();
  store.projects.insert(project());
  store.containers.observe(container());
  const clock = createSimulatedClock();
  const stopping = new AbortController();
  const world = { readings: new Map<string, UsageReading>() };
  const taken: PassTaken[] = [];
  const pass = createPass({
    store,
    clock,
    usage: { read: () => Promise.resolve(world.readings) },
    hostLoad: { read: () => Promise.resolve(host) },
    gpus: () => Promise.resolve(noCards),
    onTaken: (one) => taken.push(one),
  });
  const rows = () =>
    hand.prepare('SELECT cpu_percent, memory_percent, gpu_metrics FROM resource_metrics').all();
  const sees = async (one: Partial<UsageReading> | null): Promise<void> => {
    world.readings = new Map(one === null ? [] : [['c1', reading(one)]]);
    await pass(stopping.signal);
  };
  return { store, hand, sees, rows, stopping, taken };
};

test('a rate needs two looks in a row; after one that failed it begins anew', async () => {
  const { sees, rows, hand } = given();
  await sees({ atMs: 0, cpuNs: 0, memoryBytes: 4 * gb });
  await sees({ atMs: 10_000, cpuNs: 5e9, memoryBytes: 8 * gb });
  await sees(null);
  await sees({ atMs: 30_000, cpuNs: 9e9 });
  await sees({ atMs: 40_000, cpuNs: 1e9 });
  const row = (cpu: number | null, memory: number | null) => ({
    cpu_percent: cpu,
    memory_percent: memory,
    gpu_metrics: '[]',
  });
  expect(rows()).toEqual([
    row(null, 25),
    row(50, 50),
    row(null, null),
    row(null, null),
    row(null, null),
  ]);
  expect(
    hand
      .prepare('SELECT DISTINCT cpu_cores, memory_percent, gpu_stats FROM system_snapshots')
      .all(),
  ).toEqual([{ cpu_cores: 8, memory_percent: 25, gpu_stats: '[]' }]);
});

test('what was taken is told, with what could not be read', async () => {
  const { sees, taken } = given();
  await sees({ cpuNs: 5e9, memoryBytes: gb });
  await sees(null);
  expect(taken.map(({ containers }) => containers)).toMatchObject([
    [
      {
        containerName: container().containerName,
        sample: { memoryBytes: gb },
        reading: { cpuNs: 5e9 },
      },
    ],
    [{ sample: { memoryBytes: null }, reading: null }],
  ]);
  expect(taken[0]?.host).toMatchObject({ cores: 8, cpuPercent: 12.5 });
});

test('with nothing running the host is still told', async () => {
  const { store, sees, rows, hand } = given();
  store.containers.deleted('c1', 0);
  await sees(null);
  expect(rows()).toEqual([]);
  expect(hand.prepare('SELECT count(*) FROM system_snapshots').pluck().get()).toBe(1);
});

test('told to end, it writes nothing any more', async () => {
  const { sees, rows, stopping } = given();
  stopping.abort();
  await sees({ atMs: 0, cpuNs: 0 });
  expect(rows()).toEqual([]);
});
