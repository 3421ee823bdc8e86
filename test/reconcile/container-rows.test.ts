import { expect, onTestFinished, test } from 'vitest';
import { bringUp, containerOf, folder, says, write } from '../scenarios/vision.ts';
import { down } from '../scenarios/people.ts';
import { documentSamples } from '../store/document.ts';
import { World, type WorldOptions } from '../support/world.ts';
import { worldDevices } from '../support/world-cards.ts';

const worldOf = (options: WorldOptions = {}): World => {
  const world = new World(options);
  onTestFinished(() => world.close());
  return world;
};

const rowOf = (world: World): unknown =>
  world.record
    .look()
    .prepare(
      `SELECT c.cpu_limit, c.memory_limit_gb, c.generation, c.digest = e.digest AS is_of_file,
         v.memory_limit_gb AS active_memory_gb
       FROM container_instances c JOIN environments e ON e.container_id = c.container_id
       LEFT JOIN v_active_containers v ON v.container_name = c.container_name
       WHERE c.status <> 'deleted'`,
    )
    .get();

test('a row has the limits, the generation and the digest of a change in place at once', async () => {
  const world = worldOf();
  await bringUp(world, { web: { image: 'app:1', memory: '1GB', cpus: 1 } });
  const before = containerOf(world, 'web');
  expect(rowOf(world)).toMatchObject({ memory_limit_gb: 1, cpu_limit: 1, generation: 1 });
  write(world, { web: { image: 'app:1', memory: '2GB', cpus: 1.5 } });
  await world.until('it has more', () => {
    return containerOf(world, 'web')?.config.memoryBytes === 2 * 2 ** 30;
  });
  await world.until('it is settled', () => {
    return world.environment(folder, 'web')?.observedGeneration === 2;
  });
  expect(rowOf(world)).toEqual({
    cpu_limit: 1.5,
    memory_limit_gb: 2,
    generation: 2,
    is_of_file: 1,
    active_memory_gb: 2,
  });
  expect(containerOf(world, 'web')?.id).toBe(before?.id);
  const [item] = (await world.ask((api) => api.top())).items;
  expect(item).toMatchObject({ memoryLimitBytes: 2 * 2 ** 30 });
});

test('a row is of no text that its container was not seen to be in accord with', async () => {
  const world = worldOf();
  await bringUp(world, { train: { image: 'app:1', updates: 'manual' } });
  write(world, { train: { image: 'app:2', updates: 'manual' } });
  await world.until('the change waits', says(world, 'train', 'UpdatePending'));
  await world.passes(3);
  expect(rowOf(world)).toMatchObject({ generation: 1, is_of_file: 0 });
  await down(world, folder, 'train');
  await world.until('it is down', says(world, 'train', 'HeldDown'));
  write(world, { train: { image: 'app:1', env: { A: '1' }, updates: 'manual' } });
  await world.until('the edit is seen', () => world.environment(folder, 'train')?.generation === 3);
  await world.passes(3);
  expect(rowOf(world)).toMatchObject({ generation: 1, is_of_file: 0 });
});

const sample = (part: string): string =>
  documentSamples({}).find(({ title, sql }) => title.includes(part) || sql.includes(part))?.sql ??
  expect.fail(part);

test('the document’s queries answer rightly over what MLEnv itself wrote, also when indexes move', async () => {
  const world = worldOf({ cards: 'best-effort' });
  const [first, , , last, slice, otherSlice] = worldDevices;
  await bringUp(world, {
    train: { image: 'app:1', memory: '4GB', cpus: 2, gpus: { devices: [last.id, first.id] } },
    slice: { image: 'app:1', gpus: { mig: '1g.10gb', devices: [slice.id] } },
    other: { image: 'app:1', gpus: { mig: '1g.10gb', devices: [otherSlice.id] } },
    web: { image: 'app:1', memory: '1GB' },
  });
  const ask = (part: string): unknown[] => world.record.look().prepare(sample(part)).all();
  const index = (uuid: string): number => world.cards?.indexOf(uuid) ?? -1;
  const devices = (): unknown => {
    const rows = ask('FROM v_active_containers') as {
      container_name: string;
      gpu_devices: string;
    }[];
    return Object.fromEntries(
      rows.map((row) => [
        row.container_name
          .split('-')
          .find((part) => ['train', 'slice', 'other', 'web'].includes(part)),
        JSON.parse(row.gpu_devices) as unknown,
      ]),
    );
  };
  const wanted = () => ({
    train: [first, last]
      .map(({ gpuUuid }) => index(gpuUuid))
      .sort((a, b) => a - b)
      .map(String),
    slice: [String(index(slice.gpuUuid))],
    other: [String(index(slice.gpuUuid))],
    web: [],
  });
  const leased = (): unknown[] =>
    world.record
      .look()
      .prepare(`SELECT uuid, gpu_id FROM gpu_allocations WHERE kind = 'lease' ORDER BY uuid, id`)
      .raw()
      .all();
  const leases = () =>
    [first, last, slice, otherSlice].map(({ gpuUuid }) => [gpuUuid, index(gpuUuid)]);
  expect(wanted()).toEqual({ train: ['0', '3'], slice: ['4'], other: ['4'], web: [] });
  expect(devices()).toEqual(wanted());
  expect(leased()).toEqual(leases());
  // The shared one is not given out as a whole, and is free all the same.
  expect(ask('Find free GPUs')).toEqual([{ gpu_id: 1 }, { gpu_id: 2 }]);
  const quota = sample('Check if project can create').replace('/home/user/project', folder);
  const canCreate = world.record.look().prepare(quota).all();
  expect(canCreate).toEqual([{ can_create: 1, available_slots: 1 }]);

  world.cards?.moveIndexes();
  await world.advance(120_000);
  expect(wanted()).toEqual({ train: ['1', '4'], slice: ['0'], other: ['0'], web: [] });
  expect(devices()).toEqual(wanted());
  expect(leased()).toEqual(leases());
  expect(ask('Find free GPUs')).toEqual([{ gpu_id: 2 }, { gpu_id: 3 }]);
});
