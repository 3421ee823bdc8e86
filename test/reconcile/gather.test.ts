import { expect, it, onTestFinished } from 'vitest';
import { environmentKey } from '../../controller/model/key.ts';
import { approve } from '../scenarios/people.ts';
import { bringUp, containerOf, folder, isGone, says, write } from '../scenarios/vision.ts';
import { World } from '../support/world.ts';

const training = async (): Promise<World> => {
  const world = new World();
  onTestFinished(() => world.close());
  await bringUp(world, { train: { image: 'app:1', updates: 'manual' } });
  return world;
};
const storeOf = (world: World) => {
  if (world.process === null) throw new Error('no controller lives');
  return world.process.store;
};
const revision = 'a1b2c3d4e5'.padEnd(40, '0');

it('a change that waits is told with the commit of its generation', async () => {
  const world = await training();
  write(world, { train: { image: 'app:2', updates: 'manual' } });
  await world.until('it waits', says(world, 'train', 'UpdatePending'));
  const store = storeOf(world);
  const record = world.environment(folder, 'train');
  if (record === null) throw new Error('it is known');
  const generation = store.generations.of(environmentKey(record), record.generation);
  if (generation === null) throw new Error('it has a history');
  store.generations.begin({ ...generation, revision, author: 'Ada' });
  await world.passes(1);
  expect(world.environment(folder, 'train')?.message).toBe(
    'image: app:1 → app:2 (commit a1b2c3d4e5 by Ada); waits until it ends or mlenv approve',
  );
});

it('a prune that waits is told with the commit that removed it, whatever came later', async () => {
  const world = await training();
  const id = containerOf(world, 'train')?.id;
  const project = world.project(folder);
  if (project === null) throw new Error('it is known');
  const commit = { branch: 'main', author: 'Ada', subject: 'Tidy up', at: 0 };
  storeOf(world).projects.update(project.id, { revision, commit });
  world.files.remove(`${folder}/mlenv.yaml`);
  await world.until('it waits', says(world, 'train', 'UpdatePending'), 900_000);
  storeOf(world).projects.update(project.id, { revision: 'f'.repeat(40) });
  await world.advance(120_000);
  expect(world.environment(folder, 'train')?.message).toBe(
    'no longer in the file (commit a1b2c3d4e5 by Ada); its removal waits until it ends or mlenv approve',
  );
  expect(containerOf(world, 'train')).toMatchObject({ id, state: 'running' });
  await approve(world, folder, 'train');
  await world.until('it goes', isGone(world, 'train'));
});
