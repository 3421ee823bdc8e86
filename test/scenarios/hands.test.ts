import { expect } from 'vitest';
import { label } from '../../controller/model/labels.ts';
import { scenario } from './scenario.ts';
import { bringUp, containerOf, folder, isGone, runs, says, write } from './vision.ts';

scenario('a docker stop by hand is repaired', async (world) => {
  await bringUp(world, { web: { image: 'app:1' } });
  world.engine.handStop(containerOf(world, 'web')?.id ?? '');
  await world.until('it runs again', runs(world, 'web'));
});

scenario('a docker rm by hand is repaired', async (world) => {
  await bringUp(world, { web: { image: 'app:1' } });
  world.engine.removeBehindBack(containerOf(world, 'web')?.id ?? '');
  await world.until('it runs again', runs(world, 'web'));
});

scenario('docker pause, rename and update behind our back are repaired', async (world) => {
  await bringUp(world, { web: { image: 'app:1', memory: '1GB' } });
  const id = containerOf(world, 'web')?.id ?? '';
  world.engine.pause(id);
  await world.until('it goes on', () => containerOf(world, 'web')?.state === 'running');
  world.engine.updateBehindBack(id, { memoryBytes: 7 * 2 ** 20 });
  await world.until('it has its memory again', () => {
    return containerOf(world, 'web')?.config.memoryBytes === 2 ** 30;
  });
  expect(containerOf(world, 'web')?.id).toBe(id);
  const name = containerOf(world, 'web')?.name;
  world.engine.rename(id, 'renamed');
  await world.until('it bears its name again', () => {
    return containerOf(world, 'web')?.name === name && runs(world, 'web')();
  });
});

scenario(
  'a second container with our labels goes, the first one stays',
  async (world, promises) => {
    await bringUp(world, { web: { image: 'app:1' } });
    const first = containerOf(world, 'web');
    const copy = await world.plant({ name: 'copy', labels: first?.labels ?? {} });
    promises.handmade(copy);
    await world.until('it is alone', () => world.containers(folder, 'web').length === 1);
    expect(containerOf(world, 'web')?.id).toBe(first?.id);
  },
);

scenario(
  'a container of somebody else that bears the name is waited for',
  async (world, promises) => {
    await bringUp(world, { web: { image: 'app:1' } });
    const name = containerOf(world, 'web')?.name ?? '';
    world.crash();
    world.engine.removeBehindBack(name);
    const id = await world.plant({ name });
    promises.leaveAlone(id);
    await world.start();
    await world.until('it waits', says(world, 'web', 'NameConflict'));
  },
);

scenario('a container of another instance is not ours', async (world, promises) => {
  await bringUp(world, { web: { image: 'app:1' } });
  const labels = { ...containerOf(world, 'web')?.labels, [label.instance]: 'another' };
  promises.leaveAlone(await world.plant({ name: 'anothers', labels }));
  write(world, { web: { image: 'app:2' } });
  await world.until('ours changes', runs(world, 'web', 'app:2'));
});

scenario('a network that was removed behind our back comes again', async (world) => {
  await bringUp(world, { web: { image: 'app:1' } });
  const id = containerOf(world, 'web')?.id ?? '';
  world.crash();
  world.engine.exit(id, 1);
  world.engine.removeNetworkBehindBack(world.engine.networkNames[0] ?? '');
  await world.start();
  await world.until('it runs again', () => {
    return runs(world, 'web')() && world.engine.networkNames.length === 1;
  });
});

scenario('an image that was removed behind our back harms nothing that runs', async (world) => {
  await bringUp(world, { web: { image: 'app:1', pull: 'never' } });
  world.engine.removeImage('app:1');
  await world.advance(120_000);
  expect(runs(world, 'web')()).toBe(true);
  world.engine.removeBehindBack(containerOf(world, 'web')?.id ?? '');
  await world.until('it waits for the image', says(world, 'web', 'ImageMissing'));
  world.engine.addImage('app:1');
  await world.until('it runs again', runs(world, 'web'));
});

scenario('what a hand starts again after down is stopped again', async (world) => {
  await bringUp(world, { web: { image: 'app:1' } });
  write(world, { web: { image: 'app:1', state: 'stopped' } });
  await world.until('it rests', says(world, 'web', 'Stopped'));
  world.engine.handStart(containerOf(world, 'web')?.id ?? '');
  await world.until('it was seen', () => containerOf(world, 'web')?.state !== 'running');
  expect(isGone(world, 'web')()).toBe(false);
});
