import { expect, it, onTestFinished } from 'vitest';
import { specOf } from '../support/world-words.ts';
import { World } from '../support/world.ts';
import { restart, up } from '../scenarios/people.ts';
import { containerOf, folder, isGone, runs, says } from '../scenarios/vision.ts';

const write = (world: World, web: object): void =>
  world.files.write(`${folder}/mlenv.yaml`, `driftPolicy: report\n${specOf({ web })}`);

const reporting = async (web: object = { image: 'app:1' }): Promise<World> => {
  const world = new World();
  onTestFinished(() => world.close());
  write(world, web);
  await world.start();
  await world.until('it runs', runs(world, 'web'));
  return world;
};
const idOf = (world: World): string => containerOf(world, 'web')?.id ?? '';

it.each(['up', 'restart'] as const)(
  'a docker stop is reported over a restart of the controller, until %s',
  async (word) => {
    const world = await reporting();
    world.engine.handStop(idOf(world));
    await world.until('it is reported', says(world, 'web', 'DriftReported'));
    expect(world.environment(folder, 'web')).toMatchObject({ phase: 'stopped', grantedAt: null });
    world.crash();
    await world.start();
    await world.advance(120_000);
    expect(says(world, 'web', 'DriftReported')()).toBe(true);
    expect(containerOf(world, 'web')?.state).toBe('exited');
    await (word === 'up' ? up(world, folder) : restart(world, folder, 'web'));
    await world.until('it runs again', runs(world, 'web'));
    expect(world.environment(folder, 'web')?.repairRequestedAt).toBe(null);
  },
);

it('an end of its own, and of the engine, is no hand', async () => {
  const world = await reporting();
  world.engine.exit(idOf(world), 1);
  await world.until('it runs again', runs(world, 'web'));
  const before = containerOf(world, 'web')?.startedAt ?? 0;
  world.engine.restartDaemon();
  await world.until('it runs after the engine', () => {
    return runs(world, 'web')() && (containerOf(world, 'web')?.startedAt ?? 0) > before;
  });
});

it('the file is followed all the same, and may have drift repaired again', async () => {
  const world = await reporting();
  world.engine.removeBehindBack(idOf(world));
  await world.until('it is reported', says(world, 'web', 'DriftReported'));
  write(world, { image: 'app:2' });
  await world.until('the new one runs', runs(world, 'web', 'app:2'));
  world.engine.removeBehindBack(idOf(world));
  await world.until('it is reported again', () => {
    return isGone(world, 'web')() && says(world, 'web', 'DriftReported')();
  });
  world.files.write(`${folder}/mlenv.yaml`, specOf({ web: { image: 'app:2' } }));
  await world.until('repaired, as the file says now', runs(world, 'web', 'app:2'));
});

it('limits are named field by field, in status and in describe', async () => {
  const world = await reporting({ image: 'app:1', memory: '1GB' });
  world.engine.updateBehindBack(idOf(world), { memoryBytes: 2 ** 20 });
  await world.until('it is reported', says(world, 'web', 'DriftReported'));
  const { items } = await world.ask((api) => api.status({ kind: 'all' }));
  expect(items).toMatchObject([{ sync: 'OutOfSync', ready: true, settled: true }]);
  const ref = { path: folder, project: null, environment: 'web' };
  const { changes } = await world.ask((api) => api.describe(ref));
  expect(changes).toEqual([{ field: 'memory', how: 'in-place', from: '1 MB', to: '1 GB' }]);
  const { environments } = await world.ask((api) => api.plan(folder));
  expect(environments[0]?.steps).toMatchObject([{ kind: 'update' }]);
});

it('is asked for by the very up that brings driftPolicy: report', async () => {
  const world = new World();
  onTestFinished(() => world.close());
  world.files.write(`${folder}/mlenv.yaml`, specOf({ web: { image: 'app:1' } }));
  await world.start();
  await world.until('it runs', runs(world, 'web'));
  world.crash();
  world.engine.handStop(idOf(world));
  write(world, { image: 'app:1' });
  await world.start();
  await up(world, folder);
  await world.until('it runs again', runs(world, 'web'));
});
