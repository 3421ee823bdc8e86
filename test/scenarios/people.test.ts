import { expect } from 'vitest';
import { down, remove, restart, resume, suspend, up } from './people.ts';
import { scenario } from './scenario.ts';
import { bringUp, containerOf, folder, isGone, runs, says, write } from './vision.ts';

scenario('suspend blocks every mutation until resume', async (world) => {
  await bringUp(world, { web: { image: 'app:1' } });
  await suspend(world, folder, 'web');
  write(world, { web: { image: 'app:2' } });
  world.engine.exit(containerOf(world, 'web')?.id ?? '', 1);
  await world.until('it waits', says(world, 'web', 'Suspended'));
  await world.advance(300_000);
  expect(containerOf(world, 'web')?.state).toBe('exited');
  await resume(world, folder, 'web');
  await world.until('the new one runs', runs(world, 'web', 'app:2'));
});

scenario('down keeps it stopped over edits and restarts, up lifts it', async (world) => {
  await bringUp(world, { web: { image: 'app:1', dependsOn: ['db'] }, db: { image: 'data:1' } });
  await down(world, folder);
  await world.until('web rests', says(world, 'web', 'HeldDown'));
  await world.until('db rests', says(world, 'db', 'HeldDown'));
  expect(containerOf(world, 'web')?.finishedAt).toBeLessThanOrEqual(
    containerOf(world, 'db')?.finishedAt ?? 0,
  );
  write(world, { web: { image: 'app:1' }, db: { image: 'data:1' } });
  world.crash();
  await world.start();
  await world.advance(120_000);
  expect(containerOf(world, 'web')?.state).toBe('exited');
  await up(world, folder);
  await world.until('both run', () => runs(world, 'web')() && runs(world, 'db', 'data:1')());
});

scenario('down waits for nobody whose own end waits for a person', async (world) => {
  const db = { image: 'data:1' };
  await bringUp(world, {
    train: { image: 'app:1', updates: 'manual', dependsOn: ['db'] },
    db,
  });
  write(world, { db });
  await world.advance(700_000);
  await world.until('its removal waits', says(world, 'train', 'UpdatePending'));
  await down(world, folder, 'db');
  await world.until('db rests', says(world, 'db', 'HeldDown'));
  expect(runs(world, 'train')()).toBe(true);
});

scenario('rm keeps it absent, up brings it back with its volumes', async (world) => {
  await bringUp(world, {
    web: { image: 'app:1', mounts: [{ volume: 'cache', target: '/cache' }] },
  });
  await remove(world, folder);
  await world.until('it is gone', () => {
    return isGone(world, 'web')() && says(world, 'web', 'HeldRemoved')();
  });
  expect(world.engine.volumeNames).toHaveLength(2);
  await up(world, folder);
  await world.until('it runs', runs(world, 'web'));
});

scenario('rm --volumes takes the named volumes with it', async (world) => {
  await bringUp(world, {
    web: { image: 'app:1', mounts: [{ volume: 'cache', target: '/cache' }] },
  });
  await remove(world, folder, { volumes: true });
  await world.until('all is gone', () => {
    return isGone(world, 'web')() && world.engine.volumeNames.length === 0;
  });
  expect(world.environment(folder, 'web')?.removeVolumes).toBe(false);
});

scenario(
  'rm --volumes waits for what still mounts one, and tries nothing meanwhile',
  async (world) => {
    const mounts = [{ volume: 'cache', target: '/cache' }];
    await bringUp(world, { web: { image: 'app:1', mounts }, db: { image: 'data:1', mounts } });
    await suspend(world, folder, 'db');
    await remove(world, folder, { volumes: true });
    await world.until('web is gone', isGone(world, 'web'));
    await world.settle();
    expect(world.engine.volumeNames.some((name) => name.includes('cache'))).toBe(true);
    await resume(world, folder, 'db');
    await world.until('all is gone', () => world.engine.volumeNames.length === 0);
  },
);

scenario('rm of one leaves the others', async (world) => {
  await bringUp(world, { web: { image: 'app:1' }, db: { image: 'data:1' } });
  await remove(world, folder, { environment: 'web' });
  await world.until('web is gone', isGone(world, 'web'));
  expect(runs(world, 'db', 'data:1')()).toBe(true);
});

scenario('restart ends it and starts it again, protected or not', async (world) => {
  await bringUp(world, { train: { image: 'app:1', updates: 'manual' } });
  const before = containerOf(world, 'train');
  await world.advance(5000);
  await restart(world, folder, 'train');
  await world.until('it runs anew', () => {
    const now = containerOf(world, 'train');
    return now?.state === 'running' && (now.startedAt ?? 0) > (before?.startedAt ?? 0);
  });
  expect(containerOf(world, 'train')?.id).toBe(before?.id);
});

scenario('state: stopped is a wish, not a hold', async (world) => {
  await bringUp(world, { web: { image: 'app:1' } });
  write(world, { web: { image: 'app:1', state: 'stopped' } });
  await world.until('it rests', says(world, 'web', 'Stopped'));
  write(world, { web: { image: 'app:1' } });
  await world.until('it runs', runs(world, 'web'));
});

scenario('what was removed gives its host port to another project', async (world) => {
  const wish = { web: { image: 'app:1', ports: ['18080:80'] } };
  await bringUp(world, wish);
  write(world, wish, '/srv/other');
  const other = () => world.environment('/srv/other', 'web');
  await world.until('the other waits', () => other()?.reason === 'PortInUse');
  await remove(world, folder);
  await world.until('the other runs', () => other()?.phase === 'running.healthy');
  await up(world, folder);
  await world.until('now this one waits', says(world, 'web', 'PortInUse'));
});
