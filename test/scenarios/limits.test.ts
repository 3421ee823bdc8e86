import { expect } from 'vitest';
import { remove } from './people.ts';
import { scenario } from './scenario.ts';
import { bringUp, folder, runs, says, write } from './vision.ts';

const five = Object.fromEntries(
  ['a', 'b', 'c', 'd', 'e'].map((name) => [name, { image: 'app:1' }]),
);

scenario(
  'the sixth container waits for the quota, and has its turn when one goes',
  async (world) => {
    await bringUp(world, five);
    write(world, { ...five, f: { image: 'app:1' } });
    await world.until('it waits', says(world, 'f', 'QuotaExceeded'));
    expect(world.ours()).toHaveLength(5);
    await remove(world, folder, { environment: 'a' });
    await world.until('it has its turn', runs(world, 'f'));
  },
);

scenario('a host port that somebody listens on is waited for', async (world) => {
  world.occupy(8080, true);
  write(world, { web: { image: 'app:1', ports: [8080] } });
  await world.start();
  await world.until('it waits', says(world, 'web', 'PortInUse'));
  world.occupy(8080, false);
  await world.until('it runs', runs(world, 'web'));
});

scenario('two projects never hold one port: the second one waits', async (world) => {
  await bringUp(world, { web: { image: 'app:1', ports: [8080] } });
  write(world, { web: { image: 'app:1', ports: [8080] } }, '/srv/other');
  await world.until('it waits', () => {
    return world.environment('/srv/other', 'web')?.reason === 'PortInUse';
  });
  await remove(world, folder);
  await world.until('it has its turn', () => {
    return world.environment('/srv/other', 'web')?.reason === 'Running';
  });
});

scenario('host: auto picks a free port and keeps it', async (world) => {
  await bringUp(world, { web: { image: 'app:1', ports: [{ container: 22, host: 'auto' }] } });
  const port = world.containers(folder, 'web')[0]?.config.ports[0]?.host;
  write(world, { web: { image: 'app:2', ports: [{ container: 22, host: 'auto' }] } });
  await world.until('the new one runs', runs(world, 'web', 'app:2'));
  expect(world.containers(folder, 'web')[0]?.config.ports[0]?.host).toBe(port);
});
