import { expect } from 'vitest';
import { scenario } from './scenario.ts';
import { bringUp, containerOf, folder, runs, says, write } from './vision.ts';

scenario('an engine that does not answer freezes every decision', async (world, promises) => {
  await bringUp(world, { web: { image: 'app:1' } });
  const before = containerOf(world, 'web');
  await world.settle();
  world.engine.goDown('silent');
  promises.engineDown(true);
  write(world, { web: { image: 'app:2' } });
  const { mutations } = world;
  await world.advance(300_000);
  expect(world.mutations).toBe(mutations);
  if (world.process !== null) {
    expect(world.environment(folder, 'web')?.reason).toBe('EngineUnavailable');
  }
  expect(containerOf(world, 'web')?.id).toBe(before?.id);
  world.engine.comeUp();
  promises.engineDown(false);
  await world.until('then it goes on', runs(world, 'web', 'app:2'));
});

scenario('a pull shows its progress, then the container runs', async (world) => {
  world.engine.addPullable('pulled:1', { ticks: 10, tickMs: 3000 });
  write(world, { web: { image: 'pulled:1' } });
  await world.start();
  await world.until('it tells how far it is', () => {
    return world.environment(folder, 'web')?.message.includes('40 %') ?? false;
  });
  await world.until('it runs', runs(world, 'web', 'pulled:1'));
});

scenario('a pull that fails backs off, and a newer wish does not wait for it', async (world) => {
  write(world, { web: { image: 'absent:1' } });
  await world.start();
  await world.until('it backs off', says(world, 'web', 'ImagePullBackOff'));
  write(world, { web: { image: 'app:1' } });
  await world.until('the newer wish runs', runs(world, 'web'), 20_000);
});

scenario('a pull that fails is tried again', async (world) => {
  write(world, { web: { image: 'late:1' } });
  await world.start();
  await world.until('it backs off', says(world, 'web', 'ImagePullBackOff'));
  world.engine.addPullable('late:1', { ticks: 2, tickMs: 100 });
  await world.until('it runs', runs(world, 'web', 'late:1'), 400_000);
});

scenario('a newer wish cancels a pull under way', async (world) => {
  world.engine.addPullable('pulled:1', { ticks: 100, tickMs: 10_000 });
  write(world, { web: { image: 'pulled:1' } });
  await world.start();
  await world.until('it pulls', says(world, 'web', 'ImagePulling'));
  write(world, { web: { image: 'app:1' } });
  await world.until('the newer wish runs', runs(world, 'web'), 20_000);
  await world.advance(1_200_000);
  expect(world.engine.containers.some(({ config }) => config.image === 'pulled:1')).toBe(false);
});

scenario('the old container runs until the new image is there', async (world) => {
  await bringUp(world, { web: { image: 'app:1' } });
  world.engine.addPullable('pulled:1', { ticks: 10, tickMs: 3000 });
  write(world, { web: { image: 'pulled:1' } });
  await world.until('it pulls', says(world, 'web', 'ImagePulling'));
  expect(containerOf(world, 'web')?.state).toBe('running');
  await world.until('the new one runs', runs(world, 'web', 'pulled:1'));
});

scenario('a daemon with live-restore that restarts disturbs nobody', async (world) => {
  await bringUp(world, { web: { image: 'app:1' } });
  const before = containerOf(world, 'web');
  world.engine.restartDaemon({ liveRestore: true });
  await world.advance(120_000);
  expect(containerOf(world, 'web')).toEqual(before);
});
