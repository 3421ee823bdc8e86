import { expect, test } from 'vitest';
import { specOf } from '../support/world-words.ts';
import { World } from '../support/world.ts';
import { keepPromises } from './promises.ts';

/** A controller gone wrong: the checkers see it, so that their silence elsewhere means something. */
const sabotage = async (
  promise: string,
  act: (world: World, containerId: string) => Promise<unknown>,
  environment: object = { image: 'app:1' },
): Promise<void> => {
  const world = new World();
  try {
    const promises = keepPromises(world);
    world.watch(promises.watcher);
    promises.leaveAlone(await world.plant({ name: 'somebody-elses' }));
    world.files.write('/srv/vision/mlenv.yaml', specOf({ web: environment }));
    await world.start();
    await world.until('it runs', () => {
      return world.environment('/srv/vision', 'web')?.reason === 'Running';
    });
    await act(world, world.containers('/srv/vision', 'web')[0]?.id ?? '');
    expect(() => world.step()).toThrow(promise);
  } finally {
    world.close();
  }
};

test('it is noticed when what is not ours is touched', async () => {
  await sabotage('hands off what is not ours', async ({ process }) =>
    process?.core.deps.writer.stop('somebody-elses', 0),
  );
  await sabotage('hands off what is not ours', async ({ engine }) =>
    engine.updateBehindBack('somebody-elses', { memoryBytes: 1 }),
  );
});

test('it is noticed when a protected container is stopped', async () => {
  const stop = async (world: World, id: string): Promise<unknown> =>
    world.process?.core.deps.writer.stop(id, 0);
  await sabotage('a change never kills a training', stop, { image: 'app:1', updates: 'manual' });
});

test('it is noticed when a second container of one environment runs', async () => {
  await sabotage('one live container per environment', async (world, id) => {
    const config = world.engine.containers.find((one) => one.id === id)?.config;
    const writer = world.process?.core.deps.writer;
    if (config === undefined || writer === undefined) throw new Error('it runs');
    const made = await writer.create({ ...config, name: 'second', ports: [] }, []);
    if (made.ok) await writer.start(made.value.id);
  });
});

test('it is noticed when a suspended environment is changed', async () => {
  await sabotage('suspend blocks every mutation', async (world, id) => {
    await world.ask((api) =>
      api.suspend({ ref: { path: '/srv/vision', project: null, environment: 'web' }, by: 'ada' }),
    );
    world.step();
    await world.process?.core.deps.writer.update(id, { pids: 1 });
  });
});

test('it is noticed when something is decided while the engine does not answer', async () => {
  const world = new World();
  try {
    const promises = keepPromises(world);
    world.watch(promises.watcher);
    await world.start();
    promises.engineDown(true);
    await world.advance(1000);
    await world.process?.core.deps.writer.start('anything');
    expect(() => world.step()).toThrow('unknown is not absent');
  } finally {
    world.close();
  }
});
