import { expect } from 'vitest';
import { up } from './people.ts';
import { scenario } from './scenario.ts';
import { bringUp, containerOf, folder, runs, says, write } from './vision.ts';

/** A record that is gone is one effect less, or more, to be killed at: what is made again may differ. */
const again = { createsAgain: true };

scenario('a record that is deleted is rebuilt, and nothing that runs is touched', async (world) => {
  await bringUp(world, { web: { image: 'app:1', ports: [8080] }, db: { image: 'data:1' } });
  const before = world.ours().map(({ id, startedAt }) => `${id} ${startedAt}`);
  world.crash();
  world.record.remove();
  await world.start();
  await world.until('both are known', () => {
    return runs(world, 'web')() && runs(world, 'db', 'data:1')();
  });
  expect(world.ours().map(({ id, startedAt }) => `${id} ${startedAt}`)).toEqual(before);
});

scenario(
  'what did not run when the record was lost stays Rebuilt until up',
  async (world) => {
    await bringUp(world, { web: { image: 'app:1' }, db: { image: 'data:1' } });
    world.crash();
    world.engine.exit(containerOf(world, 'web')?.id ?? '', 1);
    world.record.remove();
    await world.start();
    await world.until('it is held', says(world, 'web', 'Rebuilt'));
    await world.advance(300_000);
    expect(containerOf(world, 'web')?.state).toBe('exited');
    expect(runs(world, 'db', 'data:1')()).toBe(true);
    await up(world, folder);
    await world.until('it runs', runs(world, 'web'));
  },
  again,
);

scenario('a record that is corrupt is moved aside and rebuilt', async (world) => {
  await bringUp(world, { web: { image: 'app:1' } });
  const before = containerOf(world, 'web');
  world.crash();
  world.record.corrupt();
  await world.start();
  await world.until('it is known', runs(world, 'web'));
  expect(containerOf(world, 'web')).toMatchObject({
    id: before?.id,
    startedAt: before?.startedAt,
  });
});

scenario(
  'a record that is lost leaves no network behind',
  async (world) => {
    await bringUp(world, { web: { image: 'app:1' } });
    world.crash();
    world.engine.removeBehindBack(containerOf(world, 'web')?.id ?? '');
    world.record.remove();
    await world.start();
    await world.until('it is held', says(world, 'web', 'Rebuilt'));
    await world.until('the old one is gone', () => world.engine.networkNames.length === 1);
  },
  again,
);

scenario('a change while no controller ran is seen at its start', async (world) => {
  await bringUp(world, { web: { image: 'app:1' }, db: { image: 'data:1' } });
  world.crash();
  write(world, { web: { image: 'app:2' }, db: { image: 'data:1' } });
  world.engine.exit(containerOf(world, 'db')?.id ?? '', 1);
  await world.start();
  await world.until('both are as wished', () => {
    return runs(world, 'web', 'app:2')() && runs(world, 'db', 'data:1')();
  });
});

scenario('a controller that ends in order and starts again touches nothing', async (world) => {
  await bringUp(world, { web: { image: 'app:1' } });
  const before = containerOf(world, 'web');
  await world.stop();
  await world.advance(60_000);
  await world.start();
  await world.until('it is known', runs(world, 'web'));
  expect(containerOf(world, 'web')).toEqual(before);
});

scenario(
  'killing the controller at any instruction: no second container, no restart, nothing leaked',
  async (world) => {
    await bringUp(world, {
      web: { image: 'app:1', ports: [8080], dependsOn: ['db'], memory: '1GB' },
      db: { image: 'data:1', mounts: [{ volume: 'rows', target: '/rows' }] },
    });
    const db = containerOf(world, 'db');
    write(world, {
      web: { image: 'app:2', ports: [8080], dependsOn: ['db'], memory: '2GB' },
      db: { image: 'data:1', mounts: [{ volume: 'rows', target: '/rows' }] },
    });
    await world.until('the change is there', runs(world, 'web', 'app:2'));
    expect(containerOf(world, 'db')).toEqual(db);
  },
);
