import { describe, expect, test } from 'vitest';
import type { Gpu, GpuLease, GpuProcess, KnownInventory } from '../../controller/model/gpu.ts';
import { gpuUseOf, hostGpuUse } from '../../controller/monitor/gpu-use.ts';

const mb = 2 ** 20;
const card = (index: number, over: Partial<Gpu> = {}): Gpu => ({
  uuid: `GPU-${index}`,
  index,
  model: 'NVIDIA H100',
  busId: `0000:0${index}:00.0`,
  memoryTotalBytes: 80_000 * mb,
  memoryUsedBytes: 900 * mb,
  utilization: 78,
  temperatureC: 40,
  powerW: 300,
  powerLimitW: 700,
  mig: null,
  health: { state: 'healthy', why: '' },
  processes: [],
  ...over,
});
const process = (containerId: string | null, memoryMb: number | null): GpuProcess => ({
  pid: 1,
  name: 'python',
  memoryBytes: memoryMb === null ? null : memoryMb * mb,
  containerId,
  uid: null,
  user: null,
});
const seen = (...gpus: readonly Gpu[]): KnownInventory => ({
  kind: 'known',
  readAt: 0,
  driver: null,
  cuda: null,
  gpus,
  links: [],
  warnings: [],
});
const lease = (index: number, over: Partial<GpuLease> = {}): GpuLease => ({
  gpuUuid: `GPU-${index}`,
  migUuid: null,
  index,
  containerName: 'train',
  key: null,
  sharing: 'exclusive',
  current: true,
  at: 0,
  ...over,
});
const container = { containerId: 'c1', containerName: 'train' };
const use = (leases: readonly GpuLease[], ...gpus: readonly Gpu[]) =>
  gpuUseOf(container, { leases, inventory: seen(...gpus) })?.map(
    ({ index, utilization, memoryBytes }) => [
      index,
      utilization,
      memoryBytes === null ? null : memoryBytes / mb,
    ],
  );

describe('a container and its cards', () => {
  const shared = lease(0, { sharing: 'shared' });
  test.each([
    ['its processes on its own card', lease(0), [process('c1', 300), process('c1', 200)], 78, 500],
    ['a card of its own without a process', lease(0), [], 78, 0],
    [
      'a process that cannot be placed',
      lease(0),
      [process('c1', 300), process(null, 5)],
      null,
      null,
    ],
    ['memory that the driver does not tell', lease(0), [process('c1', null)], 78, 900],
    ['a shared card that it has for itself now', shared, [process('c1', 300)], 78, 300],
    [
      'a shared card that others use too',
      shared,
      [process('c1', 300), process('c2', 1)],
      null,
      300,
    ],
    ['a shared card that only others use', shared, [process('c2', 1)], 0, 0],
    ['memory not told on a shared card', shared, [process('c1', null)], 78, null],
  ])('%s', (_, one, processes, utilization, memory) => {
    expect(use([one], card(0, { processes }))).toEqual([[0, utilization, memory]]);
  });

  test('are told by uuid and put in the order of today’s indexes', () => {
    const moved = [card(3, { uuid: 'GPU-0' }), card(1)];
    expect(use([lease(0), lease(1), lease(2, { containerName: 'other' })], ...moved)).toEqual([
      [1, 78, 0],
      [3, 78, 0],
    ]);
  });

  test('of a lost card nothing is known; no card is an empty list, and not known is not none', () => {
    expect(use([lease(0)], card(0, { health: { state: 'lost', why: 'gone' } }))).toEqual([
      [0, null, null],
    ]);
    expect(gpuUseOf(container, { leases: [], inventory: null })).toEqual([]);
    expect(gpuUseOf(container, { leases: [lease(0)], inventory: null })).toBeNull();
  });
});

test('the host has the cards as they are', () => {
  expect(hostGpuUse(seen(card(0, { utilization: null })))).toEqual([
    { uuid: 'GPU-0', index: 0, utilization: null, memoryBytes: 900 * mb },
  ]);
  expect(hostGpuUse({ kind: 'none', why: '', readAt: 0 })).toEqual([]);
  expect(hostGpuUse({ kind: 'unknown', why: '', todo: '', readAt: 0 })).toBeNull();
});
