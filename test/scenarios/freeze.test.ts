import { expect } from 'vitest';
import type { World } from '../support/world.ts';
import { freeze, thaw } from './people.ts';
import { scenario } from './scenario.ts';
import { bringUp, containerOf, runs, says, write } from './vision.ts';

/** Calls to the engine that change something, in the whole of the world's history. */
const written = (world: World): number => world.engine.mutations.length;

scenario('a frozen host is changed by nothing until thaw', async (world) => {
  await bringUp(world, { web: { image: 'app:1' }, db: { image: 'data:1' } });
  await freeze(world);
  const before = written(world);
  write(world, { web: { image: 'app:2' }, fresh: { image: 'app:1' } });
  world.engine.exit(containerOf(world, 'web')?.id ?? '', 1);
  await world.until('a change waits', says(world, 'web', 'Frozen'));
  await world.until('what is new waits', says(world, 'fresh', 'Frozen'));
  expect(world.environment('/srv/vision', 'web')?.message).toMatch(
    /frozen by ada at .* \(the disk is full\); mlenv thaw lets it go on/,
  );
  world.crash();
  await world.start();
  // Longer than the grace of what is no longer in the file.
  await world.advance(900_000);
  await world.until('the prune waits', says(world, 'db', 'Frozen'));
  expect(written(world)).toBe(before);
  await thaw(world);
  await world.until('the file is followed', () => {
    return runs(world, 'web', 'app:2')() && runs(world, 'fresh')();
  });
  await world.until('what is gone from it goes', () => containerOf(world, 'db') === undefined);
});

scenario('a frozen host keeps the network and volumes of a project that is gone', async (world) => {
  await bringUp(world, {
    web: { image: 'app:1', mounts: [{ volume: 'cache', target: '/cache' }] },
  });
  await freeze(world);
  const before = written(world);
  world.files.remove('/srv/vision/mlenv.yaml');
  await world.until('its prune waits', says(world, 'web', 'Frozen'), 900_000);
  await world.advance(120_000);
  expect(written(world)).toBe(before);
  await thaw(world);
  await world.until('all is gone', () => world.project('/srv/vision') === null);
});
