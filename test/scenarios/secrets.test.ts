import { expect } from 'vitest';
import type { World } from '../support/world.ts';
import { remove, restart } from './people.ts';
import { scenario } from './scenario.ts';
import { bringUp, containerOf, folder, isGone, runs, says, write } from './vision.ts';

const secrets = ['TOKEN'];

/** What the environment's container finds in /run/secrets. */
const seen = (world: World): Readonly<Record<string, string>> | undefined => {
  const mount = containerOf(world, 'web')?.config.mounts.find(
    ({ target }) => target === '/run/secrets',
  );
  return mount?.kind === 'bind' && mount.readOnly
    ? world.secrets.laidOut.get(mount.source)
    : undefined;
};

scenario('a secret that is not there is waited for', async (world) => {
  write(world, { web: { image: 'app:1', secrets }, db: { image: 'data:1' } });
  await world.start();
  await world.until('it waits', says(world, 'web', 'SecretMissing'));
  await world.until('its neighbour does not', runs(world, 'db', 'data:1'));
  expect(containerOf(world, 'web')).toBeUndefined();
  world.secrets.keep('TOKEN', 'first');
  await world.until('it runs', runs(world, 'web'));
  expect(seen(world)).toEqual({ TOKEN: 'first' });
});

scenario('a new value is found at the next start, and disturbs nothing before', async (world) => {
  world.secrets.keep('TOKEN', 'first');
  await bringUp(world, { web: { image: 'app:1', secrets } });
  const before = containerOf(world, 'web');
  world.secrets.keep('TOKEN', 'second');
  await world.advance(120_000);
  expect(containerOf(world, 'web')).toMatchObject({ id: before?.id, startedAt: before?.startedAt });
  expect(seen(world)).toEqual({ TOKEN: 'first' });
  await restart(world, folder, 'web');
  await world.until('it has the new one', () => seen(world)?.['TOKEN'] === 'second');
  await world.until('it runs', runs(world, 'web'));
  expect(containerOf(world, 'web')?.id).toBe(before?.id);
});

scenario('what runs goes on without its secret, whatever is asked', async (world) => {
  world.secrets.keep('TOKEN', 'first');
  await bringUp(world, { web: { image: 'app:1', secrets } });
  const before = containerOf(world, 'web');
  world.secrets.lose('TOKEN');
  await world.advance(60_000);
  expect(world.environment(folder, 'web')?.reason).not.toBe('SecretMissing');
  write(world, { web: { image: 'app:2', secrets } });
  await world.until('the change waits', says(world, 'web', 'SecretMissing'));
  expect(containerOf(world, 'web')).toMatchObject({ id: before?.id, state: 'running' });
  world.secrets.keep('TOKEN', 'second');
  await world.until('it is through', runs(world, 'web', 'app:2'));
  expect(seen(world)).toEqual({ TOKEN: 'second' });
});

scenario('a secret that is a variable is a change as any variable is', async (world) => {
  world.secrets.keep('TOKEN', 'first\n');
  await bringUp(world, { web: { image: 'app:1', secrets: [{ name: 'TOKEN', env: true }] } });
  expect(containerOf(world, 'web')?.config.env['TOKEN']).toBe('first');
  world.secrets.keep('TOKEN', 'second\n');
  await world.until('it is made anew', () => {
    return containerOf(world, 'web')?.config.env['TOKEN'] === 'second' && runs(world, 'web')();
  });
  world.secrets.lose('TOKEN');
  await world.until('it waits', says(world, 'web', 'SecretMissing'));
  expect(containerOf(world, 'web')).toMatchObject({
    state: 'running',
    config: { env: { TOKEN: 'second' } },
  });
  world.secrets.keep('TOKEN', 'second\n');
  await world.until('all is as before', runs(world, 'web'));
});

scenario('another secret is another container, and all go with it', async (world) => {
  world.secrets.keep('TOKEN', 'first');
  world.secrets.keep('other', 'one');
  await bringUp(world, { web: { image: 'app:1', secrets } });
  write(world, { web: { image: 'app:1', secrets: ['TOKEN', { name: 'KEY', file: 'other' }] } });
  await world.until('it has both', () => seen(world)?.['KEY'] === 'one');
  await world.until('it runs', runs(world, 'web'));
  await remove(world, folder);
  await world.until('it is gone', isGone(world, 'web'));
  await world.settle();
  expect([...world.secrets.laidOut.keys()]).toEqual([]);
});
