import { expect, onTestFinished, test } from 'vitest';
import { World } from '../support/world.ts';
import { write } from '../service/bench.ts';

test('a folder that others may write to is not registered, and one that is known goes on as it is', async () => {
  const world = new World({ trust: { roots: () => ['/srv'], ownUid: 0 } });
  onTestFinished(() => world.close());
  const folder = '/srv/ada/vision';
  write(world, { web: 'image: app:1' }, folder);
  world.files.chmod('/srv/ada', 0o777);
  await world.start();
  await world.settle();
  expect(world.environment(folder, 'web')).toBeNull();
  const up = () =>
    world.ask((api) => api.up({ path: folder, environment: null, approve: [], by: 'ada' }));
  await expect(up()).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringContaining('chmod o-w /srv/ada'),
  });

  world.files.chmod('/srv/ada', 0o755);
  await up();
  await world.until('it runs', () => world.environment(folder, 'web')?.phase === 'running.healthy');
  const [before] = world.containers(folder, 'web');

  world.files.chmod('/srv/ada', 0o777);
  write(world, { web: 'image: app:2' }, folder);
  await world.until(
    'it says so',
    () => world.environment(folder, 'web')?.reason === 'FolderUntrusted',
  );
  await world.settle();
  expect(world.containers(folder, 'web').map(({ id }) => id)).toEqual([before?.id]);
  expect(world.environment(folder, 'web')?.generation).toBe(1);

  world.files.chmod('/srv/ada', 0o755);
  await world.until('the new text counts', () => {
    const web = world.environment(folder, 'web');
    return web?.generation === 2 && web.phase === 'running.healthy';
  });
});
