import { expect, it, onTestFinished } from 'vitest';
import { statusOf } from '../../controller/service/status.ts';
import { worldDevices } from '../support/world-cards.ts';
import { receiver } from '../support/notice-builders.ts';
import { World } from '../support/world.ts';
import { runs, write } from '../scenarios/vision.ts';

const [, , h100, otherH100] = worldDevices;

const training = async (): Promise<World> => {
  const world = new World({ cards: 'best-effort', notices: [receiver({ format: 'event' })] });
  onTestFinished(() => world.close());
  write(world, {
    train: { image: 'app:1', gpus: { devices: [h100.id] }, updates: 'manual' },
    other: { image: 'app:1', gpus: { devices: [otherH100.id] } },
  });
  await world.start();
  await world.until('both run', () => runs(world, 'train')() && runs(world, 'other')());
  await world.settle();
  return world;
};

const statusNow = (world: World) => {
  const core = world.process?.core;
  if (core === undefined) throw new Error('no controller');
  return statusOf(core.deps, core.deps.store.projects.list());
};
const itemOf = (world: World, environment: string) =>
  statusNow(world).items.find((item) => item.environment === environment);

it.each(['lost', 'unhealthy'] as const)(
  'a held GPU that is %s is told with the next look to its holder and on the host, and when it is well again',
  async (state) => {
    const world = await training();
    world.cards?.setHealth(h100.gpuUuid, state);
    await world.advance(35_000);

    const item = itemOf(world, 'train');
    expect(item).toMatchObject({ phase: 'Running', ready: false, reason: 'GpuUnhealthy' });
    expect(item?.message).toContain(state);
    expect(item?.conditions).toContainEqual(
      expect.objectContaining({ type: 'GpuHealth', status: 'False', reason: 'GpuUnhealthy' }),
    );
    expect(itemOf(world, 'other')).toMatchObject({ ready: true, reason: 'Running' });
    expect(statusNow(world).notices).toContainEqual(
      expect.objectContaining({
        reason: 'GpuUnhealthy',
        message: expect.stringContaining('held by vision/train') as string,
      }),
    );
    const events = world.process?.store.events.list({ limit: 100 }) ?? [];
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'Warning', reason: 'GpuUnhealthy', environment: 'train' }),
    );
    await world.advance(30_000);
    expect(
      world.sent.map(({ facts: { EVENT, REASON, SUBJECT } }) => `${EVENT} ${REASON} ${SUBJECT}`),
    ).toEqual(['failure GpuUnhealthy vision/train']);

    world.cards?.heal();
    await world.until('it is well again', () => itemOf(world, 'train')?.ready === true, 600_000);
    expect(itemOf(world, 'train')?.reason).toBe('Running');
    expect(statusNow(world).notices).toEqual([]);
  },
);

it('a driver that does not answer is told although nobody waits, and heals nothing meanwhile', async () => {
  const world = await training();
  world.cards?.setHealth(h100.gpuUuid, 'lost');
  await world.advance(35_000);
  world.cards?.setKnown(false);
  await world.advance(61_000);
  const reasons = statusNow(world).notices.map(({ reason }) => reason);
  expect(reasons).toEqual(expect.arrayContaining(['GpuUnhealthy', 'GpuUnknown']));
  expect(itemOf(world, 'train')?.ready).toBe(false);
  expect(itemOf(world, 'other')?.ready).toBe(true);
});
