import { expect, it, onTestFinished } from 'vitest';
import type { Stray } from '../../controller/model/container.ts';
import { specOf } from '../support/world-words.ts';
import { World } from '../support/world.ts';
import { approve, up } from '../scenarios/people.ts';
import { containerOf, folder, runs, says } from '../scenarios/vision.ts';

const policy: Stray = { field: 'restartPolicy', value: 'always', usual: 'no', cure: 'update' };
const network: Stray = { field: 'networks', value: 'bridge', usual: '(none)', cure: 'disconnect' };
const weight: Stray = { field: 'blkioWeight', value: '300', usual: 'none', cure: 'recreate' };

const running = async (web: object = {}, head = ''): Promise<World> => {
  const world = new World();
  onTestFinished(() => world.close());
  world.files.write(
    `${folder}/mlenv.yaml`,
    `${head}${specOf({ web: { image: 'app:1', ...web } })}`,
  );
  await world.start();
  await world.until('it runs', runs(world, 'web'));
  return world;
};
const idOf = (world: World): string => containerOf(world, 'web')?.id ?? '';

it('a restart policy and a second network are put right without a stop', async () => {
  const world = await running({ updates: 'manual' });
  const id = idOf(world);
  world.engine.stray(id, [policy, network]);
  await world.until('they are gone', () => containerOf(world, 'web')?.strays.length === 0);
  expect(idOf(world)).toBe(id);
  expect(containerOf(world, 'web')?.startedAt).toBe(world.engine.containers[0]?.startedAt);
  expect(world.engine.mutations.map(({ call }) => call)).not.toContain('stop');
  const events = world.process?.store.events.list({ limit: 50 }) ?? [];
  expect(events.map(({ reason }) => reason)).toEqual(
    expect.arrayContaining(['Updated', 'Disconnected']),
  );
});

it('one that only a new container is free of waits where updates protects what runs', async () => {
  const world = await running({ updates: 'manual' });
  const id = idOf(world);
  world.engine.stray(id, [weight]);
  await world.until('it waits', says(world, 'web', 'UpdatePending'));
  expect(world.environment(folder, 'web')?.message).toContain('blkioWeight: 300 → none');
  await world.advance(120_000);
  expect(idOf(world)).toBe(id);
  await approve(world, folder, 'web');
  await world.until('made anew', () => runs(world, 'web')() && idOf(world) !== id);
});

it('all of them are reported and left alone where the file says so', async () => {
  const world = await running({}, 'driftPolicy: report\n');
  world.engine.stray(idOf(world), [policy, network, weight]);
  await world.until('it is reported', says(world, 'web', 'DriftReported'));
  await world.advance(120_000);
  expect(containerOf(world, 'web')?.strays.length).toBe(3);
  const message = world.environment(folder, 'web')?.message ?? '';
  for (const field of ['restartPolicy', 'networks.bridge', 'blkioWeight']) {
    expect(message).toContain(field);
  }
  await up(world, folder);
  await world.until('put right', () => {
    return runs(world, 'web')() && containerOf(world, 'web')?.strays.length === 0;
  });
});
