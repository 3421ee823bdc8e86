import { expect } from 'vitest';
import type { World } from '../support/world.ts';
import { down, up } from './people.ts';
import { scenario } from './scenario.ts';
import { containerOf, folder, runs, says, write } from './vision.ts';

const networksOf = async (world: World): Promise<unknown> => {
  const listed = await world.byHand(() => world.engine.reader.networks({}));
  return listed.ok ? listed.value : listed.failure;
};

const waitForUp = (world: World): void => {
  world.starts = { usual: 'onFirstUp', roots: [] };
};

scenario('what is found waits for one up, and from then on the file is kept', async (world) => {
  waitForUp(world);
  write(world, { web: { image: 'app:1', ports: [8080] }, db: { image: 'data:1' } });
  await world.start();
  await world.until('it waits', says(world, 'web', 'NotYetStarted'));
  await world.until('so does the other one', says(world, 'db', 'NotYetStarted'));
  await world.advance(600_000);
  expect(containerOf(world, 'web')).toBeUndefined();
  expect(await networksOf(world)).toEqual([]);
  await up(world, folder);
  await world.until('it runs', runs(world, 'web'));
  await world.until('so does the other one', runs(world, 'db', 'data:1'));
  write(world, { web: { image: 'app:2', ports: [8080] }, db: { image: 'data:1' } });
  await world.until('an edit is taken as it is saved', runs(world, 'web', 'app:2'));
});

scenario('an up of one leaves the others where they are', async (world) => {
  waitForUp(world);
  write(world, { web: { image: 'app:1' }, db: { image: 'data:1' } });
  await world.start();
  await world.until('it waits', says(world, 'web', 'NotYetStarted'));
  await up(world, folder, [], 'web');
  await world.until('it runs', runs(world, 'web'));
  await world.advance(60_000);
  expect(says(world, 'db', 'NotYetStarted')()).toBe(true);
  expect(containerOf(world, 'db')).toBeUndefined();
  await up(world, folder);
  await world.until('the other one runs', runs(world, 'db', 'data:1'));
});

scenario('a folder that starts by itself from now on starts what waits in it', async (world) => {
  waitForUp(world);
  write(world, { web: { image: 'app:1' } });
  await world.start();
  await world.until('it waits', says(world, 'web', 'NotYetStarted'));
  world.starts = { usual: 'onFirstUp', roots: [{ pattern: '/srv', start: 'automatic' }] };
  await world.until('it runs', runs(world, 'web'));
  // It has started: the other way round stops nothing.
  waitForUp(world);
  const before = containerOf(world, 'web');
  world.engine.exit(before?.id ?? '', 1);
  await world.until('it runs again', runs(world, 'web'));
  expect(world.process?.store.holds.all()).toEqual([]);
});

scenario('what ran before goes on, with its edits', async (world) => {
  write(world, { web: { image: 'app:1' } });
  await world.start();
  await world.until('it runs', runs(world, 'web'));
  await world.stop();
  waitForUp(world);
  await world.start();
  write(world, { web: { image: 'app:2' }, more: { image: 'app:1' } });
  await world.until('the edit is taken', runs(world, 'web', 'app:2'));
  await world.until('what is added to it starts', runs(world, 'more'));
});

scenario('down before the first up holds it down, and up starts it', async (world) => {
  waitForUp(world);
  write(world, { web: { image: 'app:1' } });
  await world.start();
  await world.until('it waits', says(world, 'web', 'NotYetStarted'));
  await down(world, folder);
  await world.until('it is held', says(world, 'web', 'HeldDown'));
  await up(world, folder);
  await world.until('it runs', runs(world, 'web'));
});
