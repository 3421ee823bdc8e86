import { expect } from 'vitest';
import { restart } from './people.ts';
import { scenario } from './scenario.ts';
import { bringUp, containerOf, folder, runs, says, write } from './vision.ts';

scenario(
  'a crash loop backs off further and further, and is forgiven after 10 min',
  async (world) => {
    await bringUp(world, { web: { image: 'app:1' } });
    const waits: number[] = [];
    let endedAt = 0;
    for (let round = 0; round < 7; round += 1) {
      await world.until('it runs', runs(world, 'web'), 400_000);
      const { id = '', startedAt } = containerOf(world, 'web') ?? {};
      if (endedAt > 0) waits.push((startedAt ?? 0) - endedAt);
      world.engine.exit(id, 1);
      endedAt = world.clock.now();
      await world.advance(1000);
    }
    // One end that no controller watched costs no back-off: the last wait may be the one after it.
    expect(Math.max(...waits)).toBeGreaterThan(70_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(345_000);
    await world.until('it runs', runs(world, 'web'), 400_000);
    await world.until(
      'it is forgiven',
      () => world.environment(folder, 'web')?.restarts === 0,
      700_000,
    );
  },
);

scenario('a never job that completes stays completed, until restart', async (world) => {
  write(world, { job: { image: 'job:1', command: 'sleep 5', restart: 'never' } });
  await world.start();
  await world.until('it is done', says(world, 'job', 'Completed'));
  await world.advance(300_000);
  const first = containerOf(world, 'job')?.startedAt ?? 0;
  await restart(world, folder, 'job');
  await world.until('it runs once more', () => (containerOf(world, 'job')?.startedAt ?? 0) > first);
  await world.until('it is done', says(world, 'job', 'Completed'));
});

scenario('a never job that fails is not run again', async (world) => {
  write(world, { job: { image: 'job:1', command: 'sh -c "sleep 5; exit 3"', restart: 'never' } });
  await world.start();
  await world.until('it failed', says(world, 'job', 'Failed'));
  await world.advance(600_000);
  expect(containerOf(world, 'job')?.exitCode).toBe(3);
});

scenario('a never job that the daemon cuts is Interrupted', async (world) => {
  await bringUp(world, { job: { image: 'job:1', restart: 'never' } });
  await world.advance(5000);
  world.engine.goDown('gone');
  await world.advance(3000);
  world.engine.restartDaemon();
  world.engine.comeUp();
  await world.until('it is told', says(world, 'job', 'Interrupted'));
});

scenario('a daemon restart is infrastructure: it costs no back-off', async (world) => {
  await bringUp(world, { web: { image: 'app:1' } });
  await world.advance(60_000);
  for (let round = 0; round < 3; round += 1) {
    world.engine.goDown('gone');
    await world.advance(3000);
    world.engine.restartDaemon();
    world.engine.comeUp();
    await world.until('it runs again', runs(world, 'web'));
    await world.advance(10_000);
  }
  expect(world.environment(folder, 'web')?.restarts).toBe(0);
});

scenario('exit 0 under on-failure completes, under always runs again', async (world) => {
  await bringUp(world, { job: { image: 'app:1' }, web: { image: 'app:1', restart: 'always' } });
  world.engine.exit(containerOf(world, 'job')?.id ?? '', 0);
  world.engine.exit(containerOf(world, 'web')?.id ?? '', 0);
  await world.until('the job is done', says(world, 'job', 'Completed'));
  await world.until('the other runs', runs(world, 'web'));
});

scenario('what completed does not run again when its container is pruned', async (world) => {
  write(world, { job: { image: 'job:1', command: 'sleep 5' } });
  await world.start();
  await world.until('it is done', says(world, 'job', 'Completed'));
  world.engine.removeBehindBack(containerOf(world, 'job')?.id ?? '');
  await world.advance(300_000);
  expect(says(world, 'job', 'Completed')()).toBe(true);
  write(world, { job: { image: 'job:1', command: 'sleep 6' } });
  await world.until('a change runs it', () => containerOf(world, 'job') !== undefined);
  await world.until('it is done', says(world, 'job', 'Completed'));
});

scenario(
  'a start that fails is told, and tried again with a new container',
  async (world) => {
    write(world, { web: { image: 'app:1', command: 'no-such-program', init: false } });
    await world.start();
    await world.until('it is told', () => {
      return world.environment(folder, 'web')?.message.includes('not found') ?? false;
    });
    write(world, { web: { image: 'app:1' } });
    await world.until('it runs', runs(world, 'web'));
  },
  { createsAgain: true },
);
