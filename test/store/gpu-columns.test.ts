import { expect, test } from 'vitest';
import type { GrantedGpu } from '../../controller/model/store-gpu.ts';
import { container, environment, noon, openTestStore, project } from './support.ts';

const card = (uuid: string, index: number) => ({ uuid, index, model: 'H100', memoryBytes: null });
const held = (gpuUuid: string, migUuid: string | null = null): GrantedGpu => ({
  gpuUuid,
  migUuid,
  sharing: 'exclusive',
});

const setUp = () => {
  const opened = openTestStore();
  opened.store.projects.insert(project());
  opened.store.environments.insert(environment({ environment: 'notebook' }));
  const devices = (column = 'gpu_devices'): unknown =>
    opened.hand.prepare(`SELECT ${column} FROM container_instances`).pluck().all();
  return { ...opened, devices };
};

test('a container’s GPUs are indexes as text, in their order, and their uuids stand beside', () => {
  const { store, devices } = setUp();
  store.gpus.observe([card('GPU-z', 0), card('GPU-m', 1), card('GPU-a', 2)], [], noon);
  store.containers.observe(container({ gpuDevices: ['GPU-a', 'GPU-z'] }));
  expect(devices()).toEqual(['["0","2"]']);
  expect(devices('gpu_uuids')).toEqual(['["GPU-a","GPU-z"]']);
  expect(devices('mig_uuids')).toEqual([null]);
});

test('indexes follow when GPUs change places, leave and come back; what is deleted is history', () => {
  const { store, devices, hand } = setUp();
  store.gpus.observe([card('GPU-a', 0), card('GPU-b', 1)], [], noon);
  store.containers.observe(
    container({ containerId: 'old', containerName: 'old', gpuDevices: ['GPU-a'] }),
  );
  store.containers.deleted('old', noon);
  store.containers.observe(container({ gpuDevices: ['GPU-a', 'GPU-b'] }));
  store.gpus.grant('p1/notebook', 'c', [held('GPU-a'), held('GPU-b')], noon);
  const allocated = () =>
    hand.prepare('SELECT uuid, gpu_id FROM gpu_allocations ORDER BY uuid').raw().all();
  store.gpus.observe([card('GPU-b', 0), card('GPU-a', 1), card('GPU-c', 2)], [], noon);
  expect(devices()).toEqual(['["0"]', '["0","1"]']);
  expect(allocated()).toEqual([
    ['GPU-a', 1],
    ['GPU-b', 0],
  ]);
  store.gpus.observe([card('GPU-c', 0), card('GPU-a', 1)], [], noon);
  expect(devices()).toEqual(['["0"]', '["1","GPU-b"]']);
  store.gpus.observe([card('GPU-c', 0), card('GPU-a', 1), card('GPU-b', 2)], [], noon);
  expect(devices()).toEqual(['["0"]', '["1","2"]']);
  // A look at the container says the same, and so writes nothing.
  const before = hand.pragma('data_version', { simple: true });
  store.containers.observe(container({ gpuDevices: ['GPU-a', 'GPU-b'] }));
  expect(hand.pragma('data_version', { simple: true })).toBe(before);
});

test('a GPU that is seen after its container gets its index then', () => {
  const { store, devices } = setUp();
  store.containers.observe(container({ gpuDevices: ['GPU-a'] }));
  expect(devices()).toEqual(['["GPU-a"]']);
  store.gpus.observe([card('GPU-a', 3)], [], noon);
  expect(devices()).toEqual(['["3"]']);
});

test('a slice is its GPU’s index, one entry a slice, also when its lease is gone', () => {
  const { store, devices, hand } = setUp();
  store.gpus.observe([card('GPU-a', 4), card('GPU-b', 5)], [], noon);
  store.environments.insert(environment({ environment: 'other' }));
  store.gpus.grant('p1/notebook', 'c', [held('GPU-a', 'MIG-1')], noon);
  store.gpus.grant('p1/other', 'd', [held('GPU-a', 'MIG-2')], noon);
  const gpuIds = hand.prepare(`SELECT gpu_id, mig_uuid FROM gpu_allocations ORDER BY mig_uuid`);
  expect(gpuIds.raw().all()).toEqual([
    [4, 'MIG-1'],
    [4, 'MIG-2'],
  ]);
  const row = container({ gpuDevices: ['MIG-1', 'MIG-2'] });
  store.containers.observe(row);
  const told = () => [devices(), devices('gpu_uuids'), devices('mig_uuids')];
  const all = [['["4","4"]'], ['["GPU-a","GPU-a"]'], ['["MIG-1","MIG-2"]']];
  expect(told()).toEqual(all);
  for (const key of ['p1/notebook', 'p1/other'] as const) store.gpus.keep(key, [], noon);
  store.containers.observe({ ...row, cpuLimit: 1 });
  expect(told()).toEqual(all);
  store.gpus.observe([card('GPU-b', 4), card('GPU-a', 5)], [], noon);
  expect(devices()).toEqual(['["5","5"]']);
});

test('GPUs that a person wrote stay as they were written', () => {
  const { store, hand, devices } = setUp();
  hand.exec(`INSERT INTO container_instances (container_id, container_name, image_name, project_path, gpu_devices)
    VALUES ('h', 'h', 'i', '/h', '["0","1"]')`);
  store.gpus.observe([card('GPU-a', 7)], [], noon);
  expect(devices()).toEqual(['["0","1"]']);
});

test('a row is of the text that it came to be in accord with, and stays so', () => {
  const { store, hand } = setUp();
  const version = () =>
    hand.prepare('SELECT generation, digest, revision FROM container_instances').raw().all();
  const made = { generation: 1, digest: 'mle1:a', revision: 'r1' };
  store.containers.observe(container({ made }));
  expect(version()).toEqual([[1, 'mle1:a', 'r1']]);
  const became = { generation: 3, digest: 'mle1:c', revision: 'r3' };
  store.containers.observe(container({ made, became, memoryLimitBytes: 2 ** 30 }));
  expect(version()).toEqual([[3, 'mle1:c', 'r3']]);
  store.containers.observe(container({ made, became: null, memoryLimitBytes: 2 ** 30 }));
  expect(version()).toEqual([[3, 'mle1:c', 'r3']]);
});
