import { expect, test } from 'vitest';
import { World } from '../support/world.ts';
import { approve, down, remove, restart, up } from './people.ts';
import { scenario } from './scenario.ts';
import { bringUp, containerOf, folder, runs, says, write } from './vision.ts';

/** How often a job may fail, and how long a run of it may take. */
const minute = 60_000;
const limited = (limit: number) => ({ image: 'app:1', restart: { when: 'on-failure', limit } });

/** Ends so many runs with an error. */
const fails = async (world: World, times: number, afterMs = 1000): Promise<void> => {
  for (let run = 0; run < times; run += 1) {
    await world.until('it runs', runs(world, 'job'), 10 * minute);
    await world.advance(afterMs);
    world.engine.exit(containerOf(world, 'job')?.id ?? '', 3);
    await world.advance(2000);
  }
};
const messageOf = (world: World): string => world.environment(folder, 'job')?.message ?? '';

const play = async (story: (world: World) => Promise<void>): Promise<void> => {
  const world = new World();
  try {
    await story(world);
  } finally {
    world.close();
  }
};

scenario('a limit of restarts ends them, until restart', async (world) => {
  await bringUp(world, { job: limited(1) });
  // An end that no controller saw is no failure.
  while (!says(world, 'job', 'Failed')()) {
    await fails(world, 1);
    await world.until('it is seen', () => runs(world, 'job')() || says(world, 'job', 'Failed')());
  }
  expect(messageOf(world)).toBe(
    'it ended with exit code 3; failed 2 times; limit 1; mlenv restart job runs it again',
  );
  await restart(world, folder, 'job');
  await fails(world, 1);
  // Counted from zero: this was the first failure.
  await world.until('it runs', runs(world, 'job'));
});

scenario('a job that takes too long is stopped, and has failed', async (world) => {
  await bringUp(world, {
    job: {
      image: 'app:1',
      restart: 'never',
      timeout: '1m',
      command: ['sh', '-c', "trap 'exit 0' TERM; sleep 9000"],
    },
  });
  await world.until('it is over', says(world, 'job', 'TimedOut'), 2 * minute);
  // What it ended with says nothing of why.
  expect(containerOf(world, 'job')?.exitCode).toBe(0);
  expect(messageOf(world)).toBe('it was stopped, as it took longer than its timeout of 60 s');
});

test('runs that were long count as well, and up repeats none', () =>
  play(async (world) => {
    await bringUp(world, { job: limited(2) });
    await fails(world, 3, 15 * minute);
    await world.until('it is over', says(world, 'job', 'Failed'));
    await world.advance(60 * minute);
    await up(world, folder);
    await world.advance(5 * minute);
    expect(says(world, 'job', 'Failed')()).toBe(true);
  }));

test('a raised limit, a change, and rm with up run it again', () =>
  play(async (world) => {
    await bringUp(world, { job: limited(1) });
    await fails(world, 2);
    await world.until('it is over', says(world, 'job', 'Failed'));
    write(world, { job: limited(2) });
    await fails(world, 1);
    await world.until('it is over again', says(world, 'job', 'Failed'));
    expect(messageOf(world)).toContain('failed 3 times; limit 2');
    write(world, { job: { ...limited(1), command: ['fixed'] } });
    await fails(world, 1);
    await world.until('it runs', runs(world, 'job'));
    await remove(world, folder, { environment: 'job' });
    await world.until('it is gone', () => containerOf(world, 'job') === undefined);
    await up(world, folder);
    await fails(world, 1);
    await world.until('it runs', runs(world, 'job'));
    await fails(world, 1);
    await world.until('it is over', says(world, 'job', 'Failed'));
  }));

test('what MLEnv or the engine ends is no failure', () =>
  play(async (world) => {
    await bringUp(world, { job: limited(1) });
    await fails(world, 1);
    await world.until('it runs', runs(world, 'job'));
    await down(world, folder, 'job');
    await world.until('it is held', says(world, 'job', 'HeldDown'));
    await up(world, folder);
    await world.until('it runs', runs(world, 'job'));
    await world.advance(minute);
    world.engine.goDown('gone');
    await world.advance(3000);
    world.engine.restartDaemon();
    world.engine.comeUp();
    await world.until('it runs again', runs(world, 'job'));
    await world.advance(minute);
    await fails(world, 1);
    await world.until('it is over', says(world, 'job', 'Failed'));
    expect(messageOf(world)).toContain('failed 2 times; limit 1');
  }));

test('what took too long is tried again within its limit, and its dependents wait', () =>
  play(async (world) => {
    write(world, {
      job: { ...limited(1), timeout: '20m' },
      after: { image: 'app:1', dependsOn: { job: 'completed' } },
    });
    await world.start();
    await world.until('it is over', says(world, 'job', 'Failed'), 60 * minute);
    expect(messageOf(world)).toBe(
      'it was stopped, as it took longer than its timeout of 20 min; failed 2 times; limit 1; mlenv restart job runs it again',
    );
    expect(containerOf(world, 'after')).toBeUndefined();
  }));

test('a shorter time is a change, and waits for what is protected', () =>
  play(async (world) => {
    const job = { image: 'app:1', restart: 'never' };
    await bringUp(world, { job });
    await world.advance(30 * minute);
    write(world, { job: { ...job, timeout: '10m' } });
    await world.until('it waits', says(world, 'job', 'UpdatePending'));
    expect(messageOf(world)).toBe('timeout: (none) → 10 min; waits until it ends or mlenv approve');
    await world.advance(30 * minute);
    expect(containerOf(world, 'job')?.state).toBe('running');
    await approve(world, folder, 'job');
    await world.until('it is over', says(world, 'job', 'TimedOut'));
  }));
