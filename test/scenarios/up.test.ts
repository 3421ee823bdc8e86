import { expect } from 'vitest';
import { approve, up } from './people.ts';
import { scenario } from './scenario.ts';
import { bringUp, containerOf, folder, runs, says, write } from './vision.ts';

scenario('a file appears, and what it names runs', async (world) => {
  await bringUp(world, { web: { image: 'app:1', ports: [8080] }, db: { image: 'data:1' } });
});

scenario('an edit of the memory is made in place', async (world) => {
  await bringUp(world, { web: { image: 'app:1', memory: '1GB' } });
  const before = containerOf(world, 'web');
  write(world, { web: { image: 'app:1', memory: '2GB' } });
  await world.until('it has more', () => {
    return containerOf(world, 'web')?.config.memoryBytes === 2 * 2 ** 30;
  });
  expect(containerOf(world, 'web')?.id).toBe(before?.id);
});

scenario('an edit of the image makes it anew, with its anonymous volumes', async (world) => {
  await bringUp(world, { db: { image: 'data:1' } });
  const before = containerOf(world, 'db');
  write(world, { db: { image: 'data:2' } });
  await world.until('the new one runs', runs(world, 'db', 'data:2'));
  expect(containerOf(world, 'db')?.anonymousVolumes).toEqual(before?.anonymousVolumes);
});

scenario('a change never kills a training: it waits until approved', async (world) => {
  await bringUp(world, { train: { image: 'app:1', updates: 'manual' } });
  const before = containerOf(world, 'train');
  write(world, { train: { image: 'app:2', updates: 'manual' } });
  await world.until('the change waits', says(world, 'train', 'UpdatePending'));
  await world.advance(600_000);
  expect(containerOf(world, 'train')).toMatchObject({ id: before?.id, state: 'running' });
  await approve(world, folder, 'train');
  await world.until('the new one runs', runs(world, 'train', 'app:2'));
});

scenario('up by a person lets through what up has shown', async (world) => {
  await bringUp(world, { train: { image: 'app:1', updates: 'manual' } });
  write(world, { train: { image: 'app:2', updates: 'manual' } });
  await world.until('the change waits', says(world, 'train', 'UpdatePending'));
  await up(world, folder, ['train']);
  await world.until('the new one runs', runs(world, 'train', 'app:2'));
});

scenario('what is protected changes once it has ended by itself', async (world) => {
  await bringUp(world, { train: { image: 'app:1', updates: 'manual' } });
  write(world, { train: { image: 'app:2', updates: 'manual' } });
  await world.until('the change waits', says(world, 'train', 'UpdatePending'));
  world.engine.exit(containerOf(world, 'train')?.id ?? '', 0);
  await world.until('the new one runs', runs(world, 'train', 'app:2'));
});

scenario('dependsOn orders the start', async (world) => {
  write(world, {
    web: { image: 'app:1', dependsOn: { db: 'healthy' } },
    db: { image: 'data:1', health: { command: ['true'], interval: '5s' } },
  });
  await world.start();
  await world.until('web waits', says(world, 'web', 'DependencyNotReady'));
  await world.until('web runs', runs(world, 'web'));
  expect(containerOf(world, 'web')?.startedAt).toBeGreaterThanOrEqual(
    (containerOf(world, 'db')?.startedAt ?? 0) + 5000,
  );
});

scenario('a cycle in dependsOn is refused, and what runs stays', async (world) => {
  await bringUp(world, { a: { image: 'app:1' }, b: { image: 'app:1' } });
  write(world, {
    a: { image: 'app:2', dependsOn: ['b'] },
    b: { image: 'app:2', dependsOn: ['a'] },
  });
  await world.until('the file is refused', () => {
    return world.project(folder)?.specError?.includes('a → b → a') ?? false;
  });
  expect(runs(world, 'a')()).toBe(true);
});
