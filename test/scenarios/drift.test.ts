import { expect } from 'vitest';
import { specOf } from '../support/world-words.ts';
import type { World } from '../support/world.ts';
import { resume, suspend, up } from './people.ts';
import { scenario } from './scenario.ts';
import { bringUp, containerOf, folder, isGone, runs, says } from './vision.ts';

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
  };
  await bringUpReporting(world, wish);
  const limits = containerOf(world, 'limits')?.id ?? '';
  world.engine.updateBehindBack(limits, { memoryBytes: 7 * 2 ** 20 });
  world.engine.removeBehindBack(containerOf(world, 'gone')?.id ?? '');
  for (const name of Object.keys(wish)) {
    await world.until(`${name} is reported`, says(world, name, 'DriftReported'), 600_000);
  }
  world.crash();
  await world.start();
  await world.advance(70_000);
  expect(containerOf(world, 'limits')?.config.memoryBytes).toBe(7 * 2 ** 20);
  expect(world.environment(folder, 'limits')?.message).toContain('memory: 7 MB → 1 GB');
  expect(isGone(world, 'gone')()).toBe(true);
  await up(world, folder);
  await world.until('all is as the file says', () =>
    Object.keys(wish).every((name) => runs(world, name)()),
  );
  await world.until('the limits as well', () => {
    return containerOf(world, 'limits')?.config.memoryBytes === 2 ** 30;
  });
  expect(containerOf(world, 'limits')?.id).toBe(limits);
});

scenario('what is suspended is not removed with its file until resume', async (world) => {
  await bringUp(world, { web: { image: 'app:1' } });
  await suspend(world, folder, 'web');
  const before = world.engine.mutations.length;
  world.files.remove(`${folder}/mlenv.yaml`);
  await world.advance(700_000);
  expect(world.engine.mutations.length).toBe(before);
  expect(says(world, 'web', 'Suspended')()).toBe(true);
  await resume(world, folder, 'web');
  await world.until('and then the project', () => world.project(folder) === null);
});
