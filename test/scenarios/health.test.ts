import { expect } from 'vitest';
import { environmentKey } from '../../controller/model/key.ts';
import { worldDevices } from '../support/world-cards.ts';
import type { World } from '../support/world.ts';
import { scenario } from './scenario.ts';
import { bringUp, containerOf, folder, runs, says } from './vision.ts';

const [, , h100] = worldDevices;
const idOf = (world: World): string => containerOf(world, 'web')?.id ?? '';
const startOf = (world: World): number => containerOf(world, 'web')?.startedAt ?? 0;
/** The check of the engine in memory says healthy after one interval. */
const health = { command: 'true', interval: '10s' };

/** What the probe of a controller would have noted. */
const noteLoss = (world: World): void =>
  world.record.byHand(
    `INSERT INTO health_checks (container_id, timestamp, status, failure_count, check_type, message)
     VALUES (?, ?, 'unhealthy', 2, 'gpu', 'Failed to initialize NVML: Unknown Error')`,
    idOf(world),
    new Date(world.clock.now()).toISOString().slice(0, 19).replace('T', ' '),
  );

scenario(
  'what stays unhealthy is restarted after its grace, though it ends with 0',
  async (world) => {
    await bringUp(world, { web: { image: 'app:1', health } });
    await world.until('it is healthy', says(world, 'web', 'Healthy'), 60_000);
    const [id, before] = [idOf(world), startOf(world)];
    world.engine.setHealth(id, 'unhealthy');
    await world.advance(20_000);
    expect(startOf(world)).toBe(before);
    await world.until('it is restarted', () => startOf(world) > before, 60_000);
    expect(idOf(world)).toBe(id);
    await world.until('it is healthy', says(world, 'web', 'Healthy'), 60_000);
  },
);

const cards = { cards: 'best-effort' } as const;
const heldBy = (world: World): readonly string[] => {
  const row = world.environment(folder, 'web');
  const leases = row === null ? [] : world.process?.store.gpus.of(environmentKey(row));
  return (leases ?? []).map(({ gpuUuid }) => gpuUuid);
};

scenario(
  'a container that lost its card is made anew with the same one',
  async (world) => {
    const gpus = { devices: [h100.id] };
    await bringUp(world, { web: { image: 'app:1', gpus, updates: 'auto' } });
    await world.advance(5000);
    const before = idOf(world);
    noteLoss(world);
    await world.until(
      'another runs',
      () => idOf(world) !== before && runs(world, 'web')(),
      120_000,
    );
    expect(heldBy(world)).toEqual([h100.id]);
    expect(containerOf(world, 'web')?.config.gpus?.ids).toEqual([h100.id]);
  },
  { ...cards, createsAgain: true },
);

scenario(
  'a training that lost its card is only told of',
  async (world) => {
    await bringUp(world, { web: { image: 'app:1', gpus: { devices: [h100.id] } } });
    await world.advance(5000);
    const before = idOf(world);
    noteLoss(world);
    await world.until('it is told', says(world, 'web', 'GpuLost'), 120_000);
    await world.advance(60_000);
    expect(idOf(world)).toBe(before);
    expect(heldBy(world)).toEqual([h100.id]);
  },
  cards,
);
