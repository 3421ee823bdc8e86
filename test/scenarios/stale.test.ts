import { expect } from 'vitest';
import { environmentKey } from '../../controller/model/key.ts';
import { worldDevices } from '../support/world-cards.ts';
import type { World } from '../support/world.ts';
import { restart } from './people.ts';
import { scenario } from './scenario.ts';
import { bringUp, containerOf, folder, runs, says, write } from './vision.ts';

/** What a container was made with goes while it does not run. How often it is made again is left open. */
const again = { createsAgain: true };

const saysOf = (world: World, environment: string): string =>
  world.environment(folder, environment)?.message ?? '';
const isGranted = (world: World, environment: string): boolean =>
  world.environment(folder, environment)?.grantedAt !== null;
/** It waits for its next try, says why, and holds nothing meanwhile. */
const waits = (world: World, environment: string, words: string) => (): boolean =>
  says(world, environment, 'BackOff')() &&
  saysOf(world, environment).includes(words) &&
  !isGranted(world, environment);
const networkOf = (world: World): string => world.engine.networkNames[0] ?? '';
const idOf = (world: World, environment: string): string =>
  containerOf(world, environment)?.id ?? '';

scenario(
  'a network that was removed and made again under its name is another one to a container that ran',
  async (world) => {
    await bringUp(world, { web: { image: 'app:1' } });
    const before = idOf(world, 'web');
    world.crash();
    world.engine.exit(before, 1);
    world.engine.removeNetworkBehindBack(networkOf(world));
    await world.start();
    await world.until('it runs anew', () => runs(world, 'web')() && idOf(world, 'web') !== before);
    expect(world.engine.networkNames).toHaveLength(1);
  },
  again,
);

scenario(
  'a network that has lost its bridge is made anew once nothing runs on it',
  async (world) => {
    await bringUp(world, { web: { image: 'app:1' }, db: { image: 'data:1' } });
    world.engine.breakBridge(networkOf(world));
    world.engine.exit(idOf(world, 'web'), 1);
    await world.until('it says why it cannot start', waits(world, 'web', 'could not find bridge'));
    expect(runs(world, 'db', 'data:1')()).toBe(true);
    await world.advance(1000);
    // What runs there is cut off, and its people are told to restart it.
    await restart(world, folder, 'db');
    await world.until(
      'both run',
      () => runs(world, 'web')() && runs(world, 'db', 'data:1')(),
      900_000,
    );
  },
  again,
);

scenario(
  'a volume that was removed is made anew and given to its user',
  async (world) => {
    const mounts = [{ volume: 'cache', target: '/cache' }];
    await bringUp(world, { web: { image: 'app:1', mounts } });
    const volume = world.engine.volumeNames.find((name) => name.endsWith('-v-cache')) ?? '';
    const owner = world.engine.volumeOwner(volume);
    world.crash();
    world.engine.exit(idOf(world, 'web'), 1);
    world.engine.removeVolumeBehindBack(volume);
    await world.start();
    await world.until('it runs anew', runs(world, 'web'));
    expect(owner).not.toBe('0:0');
    expect(world.engine.volumeOwner(volume)).toBe(owner);
  },
  again,
);

scenario(
  'a volume whose folder is gone is told of until somebody removes it',
  async (world) => {
    const mounts = [{ volume: 'cache', target: '/cache' }];
    await bringUp(world, { web: { image: 'app:1', mounts } });
    const volume = world.engine.volumeNames.find((name) => name.endsWith('-v-cache')) ?? '';
    world.engine.loseVolume(volume);
    world.engine.exit(idOf(world, 'web'), 1);
    await world.until('it says why', waits(world, 'web', `volumes/${volume}: no such file`));
    // What may only be unmounted is nobody's to throw away.
    expect(world.engine.volumeNames).toContain(volume);
    world.engine.removeVolumeBehindBack(volume);
    await world.until('it runs anew', runs(world, 'web'), 900_000);
  },
  again,
);

scenario(
  'a folder of the host that went and came again is waited for, and the container stays',
  async (world) => {
    const mounts = [{ source: './data', target: '/data' }];
    world.files.write(`${folder}/data/file`, 'x');
    await bringUp(world, { web: { image: 'app:1', mounts } });
    const before = idOf(world, 'web');
    world.engine.removePath(`${folder}/data`);
    world.engine.exit(before, 1);
    await world.until('it says why', waits(world, 'web', 'bind source path does not exist'));
    await world.advance(30_000);
    expect(containerOf(world, 'web')).toMatchObject({ id: before, state: 'exited' });
    world.engine.restorePath(`${folder}/data`);
    await world.until('it runs', runs(world, 'web'), 900_000);
    expect(idOf(world, 'web')).toBe(before);
  },
);

scenario(
  'a job that never ran is not failed by a folder that its host lacks',
  async (world) => {
    const mounts = [{ source: './data', target: '/data' }];
    world.files.write(`${folder}/data/file`, 'x');
    world.engine.removePath(`${folder}/data`);
    write(world, { job: { image: 'app:1', restart: 'never', mounts } });
    await world.start();
    await world.until('it waits', waits(world, 'job', 'bind source path does not exist'));
    world.engine.restorePath(`${folder}/data`);
    await world.until('it runs', runs(world, 'job'), 900_000);
  },
  again,
);

scenario('a job whose command is not there has failed, and is not tried again', async (world) => {
  const job = { image: 'app:1', restart: 'never', init: false, command: ['no-such-program'] };
  write(world, { job });
  await world.start();
  await world.until('it failed', says(world, 'job', 'StartFailed'));
  await world.advance(900_000);
  expect(world.environment(folder, 'job')).toMatchObject({
    reason: 'StartFailed',
    grantedAt: null,
  });
  expect(saysOf(world, 'job')).toContain('executable file not found');
});

scenario(
  'a folder over a file is the same fault for each user, whichever call meets it first',
  async (world) => {
    world.files.write(`${folder}/data/file`, 'x');
    const mounts = [{ source: './data', target: '/etc/os-release' }];
    const job = { image: 'app:1', restart: 'never', mounts };
    write(world, { host: job, image: { ...job, user: 'image' } });
    await world.start();
    for (const name of ['host', 'image']) {
      await world.until(`${name} failed`, says(world, name, 'StartFailed'));
      expect(saysOf(world, name)).toContain('not a directory');
      expect(world.environment(folder, name)?.phase).toBe('failed');
    }
  },
);

scenario(
  'a GPU that is gone from the machine is left, and the next one taken',
  async (world) => {
    const [, , h100, otherH100] = worldDevices;
    write(world, { train: { image: 'app:1', gpus: { count: 1, model: 'H100' } } });
    await world.start();
    await world.until('it runs', runs(world, 'train'));
    const [had = ''] = containerOf(world, 'train')?.config.gpus?.ids ?? [];
    world.engine.loseGpu(had, true);
    world.cards?.setHealth(had, 'lost');
    world.engine.exit(idOf(world, 'train'), 1);
    await world.until(
      'it runs on another',
      () => {
        const [has] = containerOf(world, 'train')?.config.gpus?.ids ?? [];
        return runs(world, 'train')() && has !== had;
      },
      900_000,
    );
    const row = world.environment(folder, 'train');
    const held = row === null ? [] : (world.process?.store.gpus.of(environmentKey(row)) ?? []);
    expect(held.map(({ gpuUuid }) => gpuUuid)).toEqual([had === h100.id ? otherH100.id : h100.id]);
    world.cards?.setHealth(had, 'healthy');
    world.engine.loseGpu(had, false);
  },
  { ...again, cards: 'best-effort' },
);

scenario(
  'a volume, a network or a container of the name that is needed is told of with whose it is',
  async (world) => {
    write(world, { web: { image: 'app:1', mounts: [{ volume: 'cache', target: '/cache' }] } });
    await world.start();
    await world.until('it runs', runs(world, 'web'));
    const volume = world.engine.volumeNames.find((name) => name.endsWith('-v-cache')) ?? '';
    const network = networkOf(world);
    const theirs = { 'com.docker.compose.project': 'blog' };
    const takeAway = (): void => {
      world.crash();
      world.engine.removeBehindBack(idOf(world, 'web'));
    };

    takeAway();
    world.engine.removeVolumeBehindBack(volume);
    world.engine.plantVolume(volume, theirs);
    await world.start();
    await world.until('the volume', () => {
      return says(world, 'web', 'NameConflict')() && saysOf(world, 'web').includes(volume);
    });
    expect(saysOf(world, 'web')).toContain('of the compose project blog');
    expect(isGranted(world, 'web')).toBe(false);
    world.engine.removeVolumeBehindBack(volume);
    await world.until('it runs', runs(world, 'web'), 900_000);

    takeAway();
    world.engine.removeNetworkBehindBack(network);
    world.engine.plantNetwork(network, theirs);
    await world.start();
    await world.until('the network', () => {
      return says(world, 'web', 'NameConflict')() && saysOf(world, 'web').includes('network');
    });
    expect(saysOf(world, 'web')).toContain('of the compose project blog');
    world.engine.removeNetworkBehindBack(network);
    await world.until('it runs again', runs(world, 'web'), 900_000);
  },
  again,
);
