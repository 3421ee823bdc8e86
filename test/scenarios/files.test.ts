import { expect } from 'vitest';
import { specOf } from '../support/world-words.ts';
import { approve, confirm, remove, up } from './people.ts';
import { scenario } from './scenario.ts';
import { bringUp, containerOf, folder, isGone, runs, says, write } from './vision.ts';

scenario('what vanishes from the file is pruned after 10 minutes', async (world) => {
  await bringUp(world, { web: { image: 'app:1' }, db: { image: 'data:1' } });
  write(world, { db: { image: 'data:1' } });
  await world.until('it is announced', says(world, 'web', 'PruneScheduled'));
  await world.advance(590_000);
  expect(containerOf(world, 'web')?.state).toBe('running');
  await world.until('it is gone', isGone(world, 'web'), 60_000);
});

scenario('rm --volumes comes to its end, though the file has a fault by then', async (world) => {
  await bringUp(world, {
    web: { image: 'app:1', mounts: [{ volume: 'cache', target: '/cache' }] },
  });
  world.files.write(`${folder}/mlenv.yaml`, 'environments: nonsense');
  await world.until('its fault is shown', () => world.project(folder)?.specError !== null);
  await remove(world, folder, { volumes: true });
  await world.until('its volumes are gone', () => world.engine.volumeNames.length === 0);
  expect(world.environment(folder, 'web')?.removeVolumes).toBe(false);
});

scenario('a network that goes while the file has a fault is made anew', async (world) => {
  await bringUp(world, { web: { image: 'app:1' } });
  world.files.write(`${folder}/mlenv.yaml`, 'environments: nonsense');
  await world.until('its fault is shown', () => world.project(folder)?.specError !== null);
  const before = containerOf(world, 'web');
  world.engine.removeBehindBack(before?.id ?? '');
  world.engine.removeNetworkBehindBack(world.engine.networkNames[0] ?? '');
  await world.until('it runs again', runs(world, 'web'));
  expect(containerOf(world, 'web')?.id).not.toBe(before?.id);
});

scenario('what comes back before that is left alone', async (world) => {
  await bringUp(world, { web: { image: 'app:1' }, db: { image: 'data:1' } });
  const before = containerOf(world, 'web');
  write(world, { db: { image: 'data:1' } });
  await world.until('it is announced', says(world, 'web', 'PruneScheduled'));
  await world.advance(300_000);
  write(world, { web: { image: 'app:1' }, db: { image: 'data:1' } });
  await world.until('it is as before', runs(world, 'web'));
  await world.advance(900_000);
  expect(containerOf(world, 'web')?.id).toBe(before?.id);
});

scenario('what is protected is not pruned while it runs', async (world) => {
  await bringUp(world, { train: { image: 'app:1', updates: 'manual' }, db: { image: 'data:1' } });
  write(world, { db: { image: 'data:1' } });
  await world.until('its removal waits', says(world, 'train', 'UpdatePending'), 900_000);
  await world.advance(900_000);
  expect(containerOf(world, 'train')?.state).toBe('running');
  await approve(world, folder, 'train');
  await world.until('it is gone', isGone(world, 'train'));
});

scenario('a mass removal waits for confirm', async (world) => {
  await bringUp(world, {
    a: { image: 'app:1' },
    b: { image: 'app:1' },
    c: { image: 'app:1' },
    d: { image: 'app:1' },
  });
  world.files.remove(`${folder}/mlenv.yaml`);
  await world.until('it waits', says(world, 'a', 'MassRemoval'));
  await world.advance(1_200_000);
  expect(world.ours()).toHaveLength(4);
  await confirm(world);
  await world.until('all are gone', () => world.ours().length === 0, 900_000);
});

scenario('a watch root that vanishes deletes nothing', async (world) => {
  await bringUp(world, {
    a: { image: 'app:1' },
    b: { image: 'app:1' },
    c: { image: 'app:1' },
    d: { image: 'app:1' },
  });
  world.files.move('/srv', '/elsewhere');
  await world.advance(1_800_000);
  expect(world.ours().filter(({ state }) => state === 'running')).toHaveLength(4);
  world.files.move('/elsewhere', '/srv');
  await world.until('all is as before', runs(world, 'a'));
});

scenario('a folder that cannot be read deletes nothing', async (world) => {
  await bringUp(world, { web: { image: 'app:1' } });
  const before = containerOf(world, 'web');
  world.files.breakFolder(folder);
  await world.advance(1_800_000);
  expect(containerOf(world, 'web')).toMatchObject({ id: before?.id, state: 'running' });
  world.files.mend(folder);
  await world.until('the fault is gone', () => world.project(folder)?.specError === null);
});

scenario('an invalid file changes status only, the last good one wins', async (world) => {
  await bringUp(world, { web: { image: 'app:1' } });
  const before = containerOf(world, 'web');
  world.files.write(
    `${folder}/mlenv.yaml`,
    'apiVersion: mlenv/v1\nenvironments: { web: { imgae: app:2 } }\n',
  );
  await world.until(
    'it is told',
    () => world.project(folder)?.specError?.includes('imgae') ?? false,
  );
  world.engine.exit(before?.id ?? '', 1);
  await world.until('the last good one runs', runs(world, 'web'));
  expect(containerOf(world, 'web')?.id).toBe(before?.id);
});

scenario('a file that is half written is not believed', async (world) => {
  await bringUp(world, { web: { image: 'app:1' }, db: { image: 'data:1' } });
  const whole = specOf({ web: { image: 'app:2' }, db: { image: 'data:1' } });
  world.files.write(`${folder}/mlenv.yaml`, whole.slice(0, 60));
  await world.advance(16_000);
  world.files.write(`${folder}/mlenv.yaml`, whole);
  await world.until('the whole file is true', runs(world, 'web', 'app:2'));
  expect(world.project(folder)?.specError).toBe(null);
});

scenario('a folder that moves keeps its identity', async (world) => {
  await bringUp(world, { web: { image: 'app:1' } });
  const id = world.project(folder)?.id;
  world.files.move(folder, '/srv/renamed');
  await world.until('it runs at the new place', () => {
    return world.containers('/srv/renamed', 'web')[0]?.state === 'running';
  });
  expect(world.project('/srv/renamed')?.id).toBe(id);
  expect(world.ours()).toHaveLength(1);
});

scenario('a clone is a project of its own', async (world) => {
  await bringUp(world, { web: { image: 'app:1' } });
  const before = containerOf(world, 'web');
  world.files.copy(folder, '/srv/clone');
  await world.until('the clone runs', () => {
    return world.containers('/srv/clone', 'web')[0]?.state === 'running';
  });
  expect(containerOf(world, 'web')).toMatchObject({ id: before?.id, state: 'running' });
  expect(world.project('/srv/clone')?.id).not.toBe(world.project(folder)?.id);
});

scenario('a folder swapped by rename is the same project', async (world) => {
  await bringUp(world, { web: { image: 'app:1' } });
  const id = world.project(folder)?.id;
  write(world, { web: { image: 'app:2' } }, '/srv/.next');
  world.files.move(folder, '/srv/.old');
  world.files.move('/srv/.next', folder);
  await world.until('the new file is true', runs(world, 'web', 'app:2'));
  expect(world.project(folder)?.id).toBe(id);
});

scenario('a folder that changes its owner waits', async (world) => {
  await bringUp(world, { web: { image: 'app:1' } });
  world.files.chown(folder, { uid: 1001, gid: 1001 });
  write(world, { web: { image: 'app:2' } });
  await world.until('it waits', says(world, 'web', 'OwnerChanged'));
  await up(world, folder);
  await world.advance(60_000);
  expect(containerOf(world, 'web')).toMatchObject({ state: 'running', config: { image: 'app:1' } });
  world.files.chown(folder, { uid: 1000, gid: 1000 });
  write(world, { web: { image: 'app:2', cpus: 1 } });
  await world.until('the new one runs', runs(world, 'web', 'app:2'));
});
