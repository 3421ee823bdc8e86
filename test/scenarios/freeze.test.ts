import { expect } from 'vitest';
import type { World } from '../support/world.ts';
import { freeze, thaw } from './people.ts';
import { scenario } from './scenario.ts';
import { bringUp, containerOf, runs, says, write } from './vision.ts';

/** Calls to the engine that change something, in the whole of the world's history. */
const written = (world: World): number => world.engine.mutations.length;

scenario('a frozen host is changed by nothing until thaw', async (world) => {
  await bringUp(world, { web: { image: 'app:1' } });
  await freeze(world);
  const before = written(world);
  write(world, { web: { image: 'app:2' }, fresh: { image: 'app:1' } });
  world.engine.exit(containerOf(world, 'web')?.id ?? '', 1);
  await world.until('a change waits', says(world, 'web', 'Frozen'));
  await world.until('what is new waits', says(world, 'fresh', 'Frozen'));
  world.crash();
  await world.start();
  await world.advance(70_000);
  expect(world.environment('/srv/vision', 'web')?.message).toMatch(
    /frozen by ada at .* \(the disk is full\); mlenv thaw lets it go on/,
  );
  expect(written(world)).toBe(before);
  await thaw(world);
  await world.until('the file is followed', () => {
    return runs(world, 'web', 'app:2')() && runs(world, 'fresh')();
  });
});
