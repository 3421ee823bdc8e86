import { expect } from 'vitest';
import { scenario } from './scenario.ts';
import { bringUp, containerOf, folder, runs, says, write } from './vision.ts';

const mounts = [{ source: './data', target: '/data' }];

scenario(
  'a folder that became a link is not mounted, neither at create nor at start',
  async (world) => {
    world.files.write(`${folder}/data/file`, 'x');
    world.files.write('/root/key', 'x');
    await bringUp(world, { web: { image: 'app:1', mounts } });
    world.files.link(`${folder}/data`, '/root');
    const before = containerOf(world, 'web');
    world.engine.exit(before?.id ?? '', 1);
    await world.until('it is not started', says(world, 'web', 'MountSourceChanged'));
    expect(containerOf(world, 'web')).toMatchObject({ id: before?.id, state: 'exited' });
    world.engine.removeBehindBack(before?.id ?? '');
    await world.until('it is not made either', () => {
      const row = world.environment(folder, 'web');
      return row?.reason === 'MountSourceChanged' && row.message.startsWith('create: ');
    });
    expect(containerOf(world, 'web')).toBeUndefined();
    expect(world.environment(folder, 'web')?.message).toContain('has a link on its way');
    world.files.link(`${folder}/data`, null);
    await world.until('it runs', runs(world, 'web'), 900_000);
  },
);

scenario('a change of the file does not get past it', async (world) => {
  world.files.write(`${folder}/data/file`, 'x');
  await bringUp(world, { web: { image: 'app:1' } });
  world.files.link(`${folder}/data`, '/etc');
  write(world, { web: { image: 'app:1', mounts } });
  await world.until('it is told', () => world.project(folder)?.specError !== null);
  expect(containerOf(world, 'web')?.config.mounts.map(({ target }) => target)).not.toContain(
    '/data',
  );
});
