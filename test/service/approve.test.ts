import { expect, it } from 'vitest';
import { authorize } from '../../controller/service/authorize.ts';
import { createService } from '../../controller/service/service.ts';
import { fakeWorld } from '../support/api-fake.ts';
import type { World } from '../support/world.ts';
import { by, containerOf, folder, reason, running, up, write } from './bench.ts';

const all = { ref: null, by };
const pending = async (): Promise<World> => {
  const lines = (image: string) => ({
    one: `image: ${image}, updates: manual`,
    two: `image: ${image}, updates: manual`,
    free: 'image: app:1',
  });
  const world = await running(lines('app:1'));
  write(world, lines('app:2'));
  await up(world);
  await world.until('both wait', () =>
    ['one', 'two'].every((name) => reason(world, name) === 'UpdatePending'),
  );
  return world;
};

it('approve of all lets through all that waits, and names it', async () => {
  const world = await pending();
  const { keys, messages } = await world.ask((api) => api.approve(all));
  expect(keys).toHaveLength(2);
  expect(messages).toEqual([
    expect.stringMatching(/^vision\/one: image: app:1 → app:2; /),
    expect.stringMatching(/^vision\/two: image: app:1 → app:2; /),
  ]);
  await world.until('both are made anew', () =>
    ['one', 'two'].every((name) => world.containers(folder, name)[0]?.config.image === 'app:2'),
  );
  await world.until('nothing is left', () => reason(world, 'two') === 'Running');
  expect(await world.ask((api) => api.approve(all))).toEqual({
    keys: [],
    messages: ['nothing waits for approval'],
  });
});

it('approve of all leaves alone what is not theirs', async () => {
  const world = await pending();
  const core = world.process?.core;
  if (core === undefined) throw new Error('no controller lives');
  const as = (uid: number) =>
    authorize({
      core,
      ownUid: 0,
      asker: () => Promise.resolve({ uid, name: `u${uid}`, groups: [] }),
      service: (who) =>
        createService({
          ...who,
          core,
          reconciles: true,
          version: () => Promise.resolve(fakeWorld().version),
          scrape: () => fakeWorld().scrape,
        }),
    });
  const { keys, messages } = await as(4242).approve(all);
  expect({ keys, messages }).toEqual({ keys: [], messages: ['nothing waits for approval'] });
  const owner = core.deps.store.projects.byPath(folder)?.owner.uid ?? -1;
  expect((await as(owner).approve(all)).keys).toHaveLength(2);
  expect(containerOf(world, 'free').config.image).toBe('app:1');
});
