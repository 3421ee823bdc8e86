import { expect } from 'vitest';
import { specOf } from '../support/world-words.ts';
import type { World } from '../support/world.ts';
import { restart, resume, suspend, up } from './people.ts';
import { scenario } from './scenario.ts';
import { bringUp, containerOf, folder, isGone, runs, says, write } from './vision.ts';

type Environments = Parameters<typeof specOf>[0];

/** The same file, which has what hands do reported. */
const writeReporting = (world: World, environments: Environments): void =>
  world.files.write(
    `${folder}/mlenv.yaml`,
    specOf(environments).replace(/^/, 'driftPolicy: report\n'),
  );

const bringUpReporting = async (world: World, environments: Environments): Promise<void> => {
  writeReporting(world, environments);
  await world.start();
  for (const name of Object.keys(environments))
    await world.until(`${name} runs`, runs(world, name));
};

scenario('driftPolicy: report leaves what hands did until a person says up', async (world) => {
  const wish = {
    limits: { image: 'app:1', memory: '1GB' },
    gone: { image: 'app:1' },
    paused: { image: 'app:1' },
  };
  await bringUpReporting(world, wish);
  const limits = containerOf(world, 'limits')?.id ?? '';
  world.engine.updateBehindBack(limits, { memoryBytes: 7 * 2 ** 20 });
  world.engine.removeBehindBack(containerOf(world, 'gone')?.id ?? '');
  world.engine.pause(containerOf(world, 'paused')?.id ?? '');
  for (const name of Object.keys(wish)) {
    await world.until(`${name} is reported`, says(world, name, 'DriftReported'), 600_000);
  }
  world.crash();
  await world.start();
  await world.advance(300_000);
  expect(containerOf(world, 'limits')?.config.memoryBytes).toBe(7 * 2 ** 20);
  expect(world.environment(folder, 'limits')?.message).toContain('memory: 7 MB → 1 GB');
  expect(isGone(world, 'gone')()).toBe(true);
  expect(containerOf(world, 'paused')?.state).toBe('paused');
  await up(world, folder);
  await world.until('all is as the file says', () =>
    Object.keys(wish).every((name) => runs(world, name)()),
  );
  await world.until('the limits as well', () => {
    return containerOf(world, 'limits')?.config.memoryBytes === 2 ** 30;
  });
  expect(containerOf(world, 'limits')?.id).toBe(limits);
});

scenario('driftPolicy: report follows the file all the same', async (world) => {
  await bringUpReporting(world, { web: { image: 'app:1' } });
  world.engine.removeBehindBack(containerOf(world, 'web')?.id ?? '');
  await world.until('it is reported', says(world, 'web', 'DriftReported'));
  writeReporting(world, { web: { image: 'app:2' } });
  await world.until('the new one runs', runs(world, 'web', 'app:2'));
  world.engine.removeBehindBack(containerOf(world, 'web')?.id ?? '');
  await world.until('it is reported again', says(world, 'web', 'DriftReported'));
  write(world, { web: { image: 'app:2' } });
  await world.until('repaired, as the file says now', runs(world, 'web', 'app:2'));
});

scenario('driftPolicy: report takes no end of its own for a hand', async (world) => {
  await bringUpReporting(world, { web: { image: 'app:1' } });
  const id = containerOf(world, 'web')?.id ?? '';
  world.engine.exit(id, 1);
  await world.until('it runs again', runs(world, 'web'));
  await world.advance(700_000);
  world.engine.removeBehindBack(id);
  await world.until('that was one', says(world, 'web', 'DriftReported'));
  await restart(world, folder, 'web');
  await world.until('it runs anew', runs(world, 'web'));
});

scenario('what is suspended is not removed with its file until resume', async (world) => {
  await bringUp(world, {
    web: { image: 'app:1', mounts: [{ volume: 'cache', target: '/cache' }] },
    db: { image: 'data:1' },
  });
  await suspend(world, folder, 'web');
  await suspend(world, folder, 'db');
  const before = world.engine.mutations.length;
  write(world, {
    web: { image: 'app:1', mounts: [{ volume: 'cache', target: '/cache' }] },
  });
  await world.advance(900_000);
  world.files.remove(`${folder}/mlenv.yaml`);
  world.crash();
  await world.start();
  await world.advance(1_800_000);
  expect(world.engine.mutations.length).toBe(before);
  expect(says(world, 'web', 'Suspended')() && says(world, 'db', 'Suspended')()).toBe(true);
  await resume(world, folder, 'db');
  await world.until('one goes', isGone(world, 'db'), 900_000);
  expect(containerOf(world, 'web')?.state).toBe('running');
  expect(world.engine.networkNames).toHaveLength(1);
  await resume(world, folder, 'web');
  await world.until('and then the project', () => world.project(folder) === null, 900_000);
});
