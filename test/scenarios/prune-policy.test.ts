import { expect } from 'vitest';
import { scenario } from './scenario.ts';
import { bringUp, containerOf, folder, isGone, runs, says, write } from './vision.ts';

const cache = { mounts: [{ volume: 'cache', target: '/cache' }] };
const own = { mounts: [...cache.mounts, { volume: 'own', target: '/own' }] };
const loses = { image: 'app:1', prunePolicy: 'remove-volumes', ...own } as const;

scenario(
  'prunePolicy: remove-volumes takes what nothing else mounts, after the grace',
  async (world) => {
    const keeps = { image: 'app:1', ...cache };
    await bringUp(world, { train: loses, web: keeps });
    const before = world.engine.volumeNames.length;
    write(world, { web: keeps });
    await world.until('it is to be pruned', says(world, 'train', 'PruneScheduled'));
    world.crash();
    await world.start();
    await world.advance(300_000);
    expect(world.engine.volumeNames).toHaveLength(before);
    await world.until(
      'it is forgotten',
      () => world.environment(folder, 'train') === null,
      900_000,
    );
    expect(isGone(world, 'train')()).toBe(true);
    expect(world.engine.volumeNames.some((name) => name.includes('own'))).toBe(false);
    expect(world.engine.volumeNames.some((name) => name.includes('cache'))).toBe(true);
    expect(runs(world, 'web')()).toBe(true);
  },
);

scenario('an environment that comes back within the grace has its volumes', async (world) => {
  await bringUp(world, { train: loses });
  const volumes = world.engine.volumeNames.length;
  const { id } = containerOf(world, 'train') ?? {};
  world.files.remove(`${folder}/mlenv.yaml`);
  await world.until('it is to be pruned', says(world, 'train', 'PruneScheduled'));
  write(world, { train: loses });
  await world.until('it is as before', says(world, 'train', 'Running'));
  await world.advance(900_000);
  expect(containerOf(world, 'train')?.id).toBe(id);
  expect(world.engine.volumeNames).toHaveLength(volumes);
});
