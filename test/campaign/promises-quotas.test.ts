import { expect, test } from 'vitest';
import { environmentKey, type EnvironmentKey } from '../../controller/model/key.ts';
import { groups } from '../support/world-host.ts';
import { worldDevices } from '../support/world-cards.ts';
import { specOf } from '../support/world-words.ts';
import { World } from '../support/world.ts';
import { setGroupQuota, setQuota, setUserQuota } from './acts-quotas.ts';
import { keepPromises } from './promises.ts';

const [, , h100, otherH100] = worldDevices;
const [students, vision] = groups;

/** Two projects of one person, and then a controller that gives without asking what is left. */
const sabotage = async (
  limit: (world: World) => void,
  grant: (world: World, key: EnvironmentKey) => void,
): Promise<World> => {
  const world = new World({ cards: 'best-effort' });
  world.watch(keepPromises(world).watcher);
  const gpus = { devices: [h100.id] };
  world.files.write('/srv/a/mlenv.yaml', specOf({ train: { image: 'app:1', gpus } }));
  world.files.write('/srv/b/mlenv.yaml', specOf({ train: { image: 'app:1', state: 'stopped' } }));
  await world.start();
  await world.until('one runs', () => world.environment('/srv/a', 'train')?.reason === 'Running');
  limit(world);
  await world.advance(60_000);
  const row = world.environment('/srv/b', 'train');
  if (row === null) throw new Error('the other rests');
  grant(world, environmentKey(row));
  return world;
};

const give = (world: World, key: EnvironmentKey): void => {
  const store = world.process?.core.deps.store;
  store?.transaction(() => {
    const card = { gpuUuid: otherH100.id, migUuid: null, sharing: 'exclusive' } as const;
    store.gpus.grant(key, 'a-name', [card], world.clock.now());
    store.environments.update(key, { grantedAt: world.clock.now(), grantedGeneration: 1 });
  });
};

const passed = "no grant passes a person's quota";

test.each<[string, (world: World) => void]>([
  ['of cards of a user', (world) => setUserQuota(world, 1000, { gpus: 1 })],
  ['of containers of a user', (world) => setUserQuota(world, 1000, { containers: 1 })],
  ['of cards of a group', (world) => setGroupQuota(world, students, { gpus: 1 })],
])('it is noticed when the quota %s is passed over two projects', async (_, limit) => {
  const world = await sabotage(limit, give);
  expect(() => world.step()).toThrow(passed);
  world.close();
});

test.each<[string, (world: World) => void]>([
  [
    "a user's own quota counts before that of a group",
    (world) => {
      setGroupQuota(world, students, { gpus: 1 });
      setUserQuota(world, 1000, { gpus: 2 });
    },
  ],
  [
    'the most generous group counts',
    (world) => {
      setGroupQuota(world, students, { gpus: 1 });
      setGroupQuota(world, vision, { gpus: -1 });
    },
  ],
  [
    'a project with a budget of its own counts for nobody',
    (world) => {
      setUserQuota(world, 1000, { gpus: 1 });
      setQuota(world, '/srv/a', 3, true);
    },
  ],
])('nothing is noticed where %s', async (_, limit) => {
  const world = await sabotage(limit, give);
  expect(world.broken).toEqual([]);
  world.close();
});
