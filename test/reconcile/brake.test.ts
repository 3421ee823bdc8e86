import { expect, it, onTestFinished } from 'vitest';
import type { CallName, Verdict } from '../support/memory-engine.ts';
import { World } from '../support/world.ts';
import { down, restart } from '../scenarios/people.ts';
import { containerOf, folder, runs, says, write } from '../scenarios/vision.ts';

const GB = 2 ** 30;

interface Case {
  readonly call: CallName;
  readonly answers: Verdict;
  /** What leads to the call; what runs before it runs as the file says. */
  readonly provoke: (world: World) => Promise<unknown> | void;
  readonly isOver: (world: World) => () => boolean;
}

const lowerMemory = (world: World): void =>
  world.engine.updateBehindBack(containerOf(world, 'web')?.id ?? '', { memoryBytes: 2 * GB });
const hasMemory = (world: World) => () =>
  containerOf(world, 'web')?.config.memoryBytes === GB && runs(world, 'web')();
const otherImage = (world: World): void => write(world, { web: { image: 'app:2' }, other });
const runsOther = (world: World): (() => boolean) => runs(world, 'web', 'app:2');
const takeDown = (world: World): Promise<unknown> => down(world, folder, 'web');
const isDown = (world: World) => (): boolean =>
  containerOf(world, 'web')?.state === 'exited' && says(world, 'web', 'HeldDown')();
const end = (world: World): void => world.engine.exit(containerOf(world, 'web')?.id ?? '', 1);
const goneAway = (world: World): void =>
  world.engine.removeBehindBack(containerOf(world, 'web')?.id ?? '');
const runsAgain = (world: World): (() => boolean) => runs(world, 'web');

const cases: readonly Case[] = (['denied', 'ignored'] as const).flatMap((answers) => [
  { call: 'create', answers, provoke: goneAway, isOver: runsAgain },
  { call: 'start', answers, provoke: end, isOver: runsAgain },
  { call: 'stop', answers, provoke: takeDown, isOver: isDown },
  { call: 'remove', answers, provoke: otherImage, isOver: runsOther },
  { call: 'update', answers, provoke: lowerMemory, isOver: hasMemory },
]);

const other = { image: 'app:1' };

/** Two environments, so that a pass over their project which rings both of them shows. */
const begin = async (): Promise<World> => {
  const world = new World();
  onTestFinished(() => world.close());
  write(world, { web: { image: 'app:1', memory: '1GB' }, other });
  await world.start();
  await world.until('both run', () => runs(world, 'web')() && runs(world, 'other')());
  await world.settle();
  return world;
};

/** The engine's answers to one call are spoiled, and all calls that are no part of the resync are counted. */
const spoil = (world: World, { call, answers }: Case): { total: number; ofStep: number } => {
  const counted = { total: 0, ofStep: 0 };
  world.weather.verdict = (name) => {
    if (name !== 'list' && name !== 'info') counted.total += 1;
    if (name !== call) return 'ok';
    counted.ofStep += 1;
    return answers;
  };
  return counted;
};

it.each(cases)(
  'a $call that is $answers for good costs few calls, is told, and heals',
  async (one) => {
    const world = await begin();
    const counted = spoil(world, one);
    await one.provoke(world);
    await world.advance(10_000);
    const begun = counted.ofStep;
    for (let minute = 0; minute < 8; minute += 1) {
      const before = { ...counted };
      await world.advance(60_000);
      const total = counted.total - before.total;
      expect(total, `in minute ${minute + 1}, of all calls`).toBeLessThanOrEqual(30);
    }
    expect(counted.ofStep - begun, 'tried again all the while').toBeGreaterThan(1);
    const told = world.environment(folder, 'web');
    expect(told?.reason).toBe('NoProgress');
    expect(told?.message).toContain(one.call);
    const events = world.process?.store.events.list({ limit: 500 }) ?? [];
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'Warning', reason: 'NoProgress', environment: 'web' }),
    );
    expect(runs(world, 'other')()).toBe(true);

    world.weather.verdict = null;
    await world.until('it goes on by itself', one.isOver(world), 400_000);
  },
);

it('a person who asks again does not wait for the brake', async () => {
  const world = await begin();
  spoil(world, { ...(cases[1] as Case), answers: 'denied' });
  end(world);
  await world.advance(300_000);
  expect(says(world, 'web', 'NoProgress')()).toBe(true);
  world.weather.verdict = null;
  await restart(world, folder, 'web');
  await world.until('at once', runs(world, 'web'), 3000);
});

it('a person who restarts it again and again waits for nothing', async () => {
  const world = await begin();
  for (let round = 0; round < 6; round += 1) {
    const before = containerOf(world, 'web')?.startedAt ?? 0;
    await world.advance(1000);
    await restart(world, folder, 'web');
    const isNew = (): boolean => (containerOf(world, 'web')?.startedAt ?? 0) > before;
    await world.until('it runs anew', () => isNew() && runs(world, 'web')(), 12_000);
  }
  expect(world.process?.core.deps.memory.attempts.size).toBe(0);
});
