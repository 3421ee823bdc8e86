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
