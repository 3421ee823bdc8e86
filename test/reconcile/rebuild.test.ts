import { onTestFinished, test, expect } from 'vitest';
import { setUserQuota } from '../campaign/acts-quotas.ts';
import { specOf } from '../support/world-words.ts';
import { World } from '../support/world.ts';

const write = (world: World, path: string): void =>
  world.files.write(`${path}/mlenv.yaml`, specOf({ web: { image: 'app:1', memory: '2GB' } }));

test('what ran when the record was lost counts for its owner with all that it has', async () => {
  const world = new World();
  onTestFinished(() => world.close());
  write(world, '/srv/a');
  await world.start();
  const reason = (path: string) => world.environment(path, 'web')?.reason;
  await world.until('it runs', () => reason('/srv/a') === 'Running');
  world.crash();
  world.record.remove();
  await world.start();
  await world.until('it is known again', () => reason('/srv/a') === 'Running');
  setUserQuota(world, 1000, { memoryGb: 3 });
  write(world, '/srv/b');
  await world.until('the second one waits', () => reason('/srv/b') === 'QuotaExceeded');
  expect(world.environment('/srv/b', 'web')?.message).toContain('has 2 of 3 GB of memory in use');
});

test('two that share a GPU have it together again when the record was lost', async () => {
  const world = new World({ cards: 'strict' });
  onTestFinished(() => world.close());
  const gpus = { sharing: 'shared' };
  const spec = specOf({ one: { image: 'app:1', gpus }, two: { image: 'app:1', gpus } });
  world.files.write('/srv/a/mlenv.yaml', spec);
  const both = (): boolean =>
    ['one', 'two'].every((name) => world.environment('/srv/a', name)?.reason === 'Running');
  await world.start();
  await world.until('both run', both);
  world.crash();
  world.record.remove();
  await world.start();
  await world.until('both are known again', both);
  await world.settle();
  const leases = world.process?.store.gpus.leases() ?? [];
  expect(leases.map(({ sharing }) => sharing)).toEqual(['shared', 'shared']);
});
