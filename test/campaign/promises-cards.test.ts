import { expect, test } from 'vitest';
import { environmentKey, type EnvironmentKey } from '../../controller/model/key.ts';
import { worldDevices } from '../support/world-cards.ts';
import { specOf } from '../support/world-words.ts';
import { World } from '../support/world.ts';
import { setQuota } from './acts-quotas.ts';
import { keepPromises } from './promises.ts';

const [, , h100, otherH100] = worldDevices;
const path = '/srv/vision';

/** A controller gone wrong with the cards: the checkers see it. */
const sabotage = async (
  promise: string,
  act: (world: World, key: EnvironmentKey) => Promise<unknown> | void,
): Promise<void> => {
  const world = new World({ cards: 'best-effort' });
  try {
    world.watch(keepPromises(world).watcher);
    world.files.write(
      `${path}/mlenv.yaml`,
      specOf({ train: { image: 'app:1', gpus: { devices: [h100.id] } } }),
    );
    await world.start();
    await world.until('it runs', () => world.environment(path, 'train')?.reason === 'Running');
    const row = world.environment(path, 'train');
    if (row === null) throw new Error('it runs');
    await act(world, environmentKey(row));
    expect(() => world.step()).toThrow(promise);
  } finally {
    world.close();
  }
};

const give = (world: World, key: EnvironmentKey, ids: readonly string[]): void =>
  world.process?.core.deps.store.gpus.grant(
    key,
    'a-name',
    ids.map((gpuUuid) => ({ gpuUuid, migUuid: null, sharing: 'exclusive' })),
    world.clock.now(),
  );

test('it is noticed when two containers have one card', async () => {
  await sabotage('no card in two hands', async (world) => {
    const [container] = world.containers(path, 'train');
    const writer = world.process?.core.deps.writer;
    if (container === undefined || writer === undefined) throw new Error('it runs');
    const made = await writer.create({ ...container.config, name: 'second' }, []);
    if (made.ok) await writer.start(made.value.id);
  });
});

test('it is noticed when a card is given back under a container that runs on it', async () => {
  await sabotage('a card is released only after', (world, key) => {
    world.process?.core.deps.store.gpus.keep(key, [], 0);
  });
});

test('it is noticed when the history of leases is not that of the rows', async () => {
  await sabotage('every lease is remembered, with its end', (world) => {
    world.record.byHand('UPDATE gpu_lease_history SET ended_at_ms = began_at_ms');
  });
});

test('it is noticed when a card is given that somebody else uses, that is bad or cordoned', async () => {
  await sabotage('a card of somebody else is not given', async (world, key) => {
    const gpus = { ids: [otherH100.id], injection: 'device-request' } as const;
    await world.plant({ name: 'strangers', gpus });
    await world.advance(60_000);
    give(world, key, [h100.id, otherH100.id]);
  });
  await sabotage('no card is given that is bad or in use', async (world, key) => {
    world.cards?.setHealth(otherH100.id, 'unhealthy');
    await world.advance(60_000);
    give(world, key, [h100.id, otherH100.id]);
  });
  await sabotage('a cordoned card is given to nobody new', async (world, key) => {
    await world.ask((api) => api.cordon({ gpu: otherH100.id, why: '', by: 'root' }));
    await world.advance(1000);
    give(world, key, [h100.id, otherH100.id]);
  });
});

test('it is noticed when more cards are given than the quota has', async () => {
  await sabotage('no quota is passed', (world, key) => {
    setQuota(world, path, 1);
    give(world, key, [h100.id, otherH100.id]);
  });
});

test('it is noticed when somebody waits without a word', async () => {
  await sabotage('every wait has a reason', (world) =>
    world.record.byHand(`UPDATE environments SET requested_at_ms = 1, message = ''`),
  );
});
