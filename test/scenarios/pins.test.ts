import { expect } from 'vitest';
import type { VersionFacts } from '../../controller/model/catalogue.ts';
import { lockText } from '../../specs/lock.ts';
import { catalogueVersion, exportedImage } from '../support/image-builders.ts';
import type { World } from '../support/world.ts';
import { remove, up } from './people.ts';
import { scenario } from './scenario.ts';
import { containerOf, folder, runs, says, write } from './vision.ts';

const digestOf = (letter: string): string => `sha256:${letter.repeat(64)}`;
const reference = (tag: string): string => `nvcr.io/nvidia/pytorch:${tag}`;
const pinned = (tag: string, letter: string): string => `${reference(tag)}@${digestOf(letter)}`;

/** As a sync leaves them. */
const know = (
  world: World,
  ...versions: readonly (readonly [
    tag: string,
    letter: string | null,
    facts?: Partial<VersionFacts>,
  ])[]
): Promise<unknown> =>
  world.ask((api) =>
    api.importImages({
      images: [
        exportedImage({
          versions: versions.map(([tag, letter, facts]) =>
            catalogueVersion(tag, {
              ...facts,
              digest: letter === null ? null : digestOf(letter),
            }),
          ),
        }),
      ],
      by: 'ada',
    }),
  );

const available = (world: World, ...images: readonly string[]): void => {
  for (const image of images) world.engine.addPullable(image);
};

scenario('a choice is pulled by the digest that it came to, and stays', async (world) => {
  available(world, pinned('24.05-py3', 'a'), pinned('24.06-py3', 'b'), pinned('24.05-py3', 'c'));
  write(world, { web: { image: { framework: 'pytorch', cuda: '>=12.4', python: '3.10' } } });
  await world.start();
  await know(world, ['24.05-py3', 'a']);
  await world.until('it runs', runs(world, 'web', pinned('24.05-py3', 'a')));
  // A newer version, and the tag itself was moved.
  await know(world, ['24.06-py3', 'b'], ['24.05-py3', 'c']);
  write(world, {
    web: { image: { framework: 'pytorch', cuda: '>=12.4', python: '3.10' }, memory: '1GB' },
  });
  await world.until('the change is made', () => world.environment(folder, 'web')?.generation === 2);
  await world.until('it runs', runs(world, 'web', pinned('24.05-py3', 'a')));
  expect(containerOf(world, 'web')).toMatchObject({
    config: { image: pinned('24.05-py3', 'a') },
  });
  write(world, { web: { image: 'pytorch@24.06' } });
  await world.until('another text is another image', runs(world, 'web', pinned('24.06-py3', 'b')));
});

scenario(
  'pull: always looks again at a new generation, and before a new container',
  async (world) => {
    available(world, pinned('24.05-py3', 'a'), pinned('24.05-py3', 'b'), pinned('24.05-py3', 'c'));
    world.registry.move(reference('24.05-py3'), digestOf('a'));
    write(world, { web: { image: 'pytorch@24.05', pull: 'always' } });
    await world.start();
    await know(world, ['24.05-py3', null]);
    await world.until('it runs', runs(world, 'web', pinned('24.05-py3', 'a')));
    world.registry.move(reference('24.05-py3'), digestOf('b'));
    await world.advance(20_000);
    expect(containerOf(world, 'web')?.config.image).toBe(pinned('24.05-py3', 'a'));
    write(world, { web: { image: 'pytorch@24.05', pull: 'always', env: { A: '1' } } });
    await world.until('the next is made of it', runs(world, 'web', pinned('24.05-py3', 'b')));
    world.registry.move(reference('24.05-py3'), digestOf('c'));
    await remove(world, folder);
    await world.until('it is gone', () => containerOf(world, 'web') === undefined);
    await up(world, folder);
    await world.until('and the next of that', runs(world, 'web', pinned('24.05-py3', 'c')));
  },
);

scenario('what is not known is waited for; what runs goes on', async (world) => {
  available(world, pinned('24.05-py3', 'a'));
  write(world, { web: { image: 'app:1' }, job: { image: 'pytorch@24.05' } });
  await world.start();
  await world.until('it says so', says(world, 'job', 'ImageUnresolved'));
  await world.until('its neighbour runs', runs(world, 'web'));
  const before = containerOf(world, 'web')?.id;
  write(world, { web: { image: 'pytorch@24.05' }, job: { image: 'pytorch@24.05' } });
  await world.until('the change waits', says(world, 'web', 'ImageUnresolved'));
  expect(containerOf(world, 'web')).toMatchObject({ id: before, state: 'running' });
  await know(world, ['24.06-py3', 'b']);
  await world.until(
    'the nearest is named',
    () => world.environment(folder, 'job')?.message.includes('24.06-py3') === true,
  );
  await know(world, ['24.05-py3', 'a']);
  await world.until('both run', () =>
    ['web', 'job'].every((name) => runs(world, name, pinned('24.05-py3', 'a'))()),
  );
});

scenario('a registry that does not answer is asked again', async (world) => {
  available(world, pinned('24.05-py3', 'a'));
  world.registry.move(reference('24.05-py3'), digestOf('a'));
  world.registry.isDown = true;
  write(world, { web: { image: 'pytorch@24.05' } });
  await world.start();
  await know(world, ['24.05-py3', null]);
  await world.until(
    'it says why',
    () => world.environment(folder, 'web')?.message.includes('nobody answers') === true,
  );
  world.registry.isDown = false;
  await world.until('it runs', runs(world, 'web', pinned('24.05-py3', 'a')));
});

scenario('a lock says the digest, and its loss moves nothing', async (world) => {
  available(world, pinned('24.05-py3', 'a'), pinned('24.05-py3', 'b'));
  write(world, { web: { image: reference('24.05-py3') } });
  const lock = (letter: string): void =>
    world.files.write(
      `${folder}/mlenv.lock`,
      lockText(
        new Map([
          [
            'web',
            {
              image: reference('24.05-py3'),
              reference: reference('24.05-py3'),
              digest: digestOf(letter),
            },
          ],
        ]),
      ),
    );
  lock('a');
  await world.start();
  await world.until('it runs', runs(world, 'web', pinned('24.05-py3', 'a')));
  lock('b');
  await world.until('a saved lock is a saved spec', runs(world, 'web', pinned('24.05-py3', 'b')));
  const before = containerOf(world, 'web')?.id;
  // Without the file the record's own text counts, which knows no lock.
  world.files.breakFolder(folder);
  await world.stop();
  await world.start();
  await world.advance(20_000);
  expect(containerOf(world, 'web')).toMatchObject({ id: before, state: 'running' });
  world.files.mend(folder);
  await world.until('it runs on', runs(world, 'web', pinned('24.05-py3', 'b')));
});

scenario('a record that was lost makes its pins of what runs', async (world) => {
  available(world, pinned('24.05-py3', 'a'), pinned('24.06-py3', 'b'));
  write(world, { web: { image: { framework: 'pytorch' } } });
  await world.start();
  await know(world, ['24.05-py3', 'a']);
  await world.until('it runs', runs(world, 'web', pinned('24.05-py3', 'a')));
  const before = containerOf(world, 'web')?.id;
  await world.stop();
  world.record.remove();
  await world.start();
  await know(world, ['24.06-py3', 'b']);
  await world.settle();
  expect(containerOf(world, 'web')).toMatchObject({
    id: before,
    config: { image: pinned('24.05-py3', 'a') },
  });
});
