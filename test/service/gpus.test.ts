import { expect, test } from 'vitest';
import { worldDevices } from '../support/world-cards.ts';
import { specOf } from '../support/world-words.ts';
import { World } from '../support/world.ts';

const [, , h100, otherH100] = worldDevices;

test('a reserved card is shown as such, given to those it is for, and described by its number and model', async () => {
  const world = new World({
    cards: 'best-effort',
    gpu: {
      exclude: ['9'],
      reserved: [
        { gpus: [h100.id], for: { projects: ['/srv/vision'], users: [] } },
        { gpus: [otherH100.id], for: { projects: [], users: ['bob'] } },
      ],
    },
  });
  try {
    const train = { image: 'app:1', gpus: { count: 1, model: 'H100' } };
    world.files.write('/srv/other/mlenv.yaml', specOf({ train }));
    await world.start();
    await world.until('it waits', () => {
      return world.environment('/srv/other', 'train')?.reason === 'GpuUnsuitable';
    });
    expect(world.environment('/srv/other', 'train')?.message).toBe(
      'asks for 1 and 0 of the 6 cards here fit; 1 reserved for /srv/vision; 1 reserved for bob',
    );
    const free = await world.ask((api) => api.gpus());
    expect(free.gpus.filter(({ state }) => state === 'reserved')).toMatchObject([
      { uuid: h100.id, why: 'reserved for /srv/vision' },
      { uuid: otherH100.id, why: 'reserved for bob' },
    ]);
    expect(free.warnings).toEqual(['gpu.exclude names 9, and this host has no such card']);

    world.files.write('/srv/vision/mlenv.yaml', specOf({ train }));
    await world.until('it runs', () => {
      return world.environment('/srv/vision', 'train')?.reason === 'Running';
    });
    const held = await world.ask((api) => api.gpus());
    expect(held.gpus.find(({ uuid }) => uuid === h100.id)?.state).toBe('held');
    const ref = { path: '/srv/vision', project: null, environment: 'train' };
    expect((await world.ask((api) => api.describe(ref))).cards).toEqual([
      { id: h100.id, index: 2, model: h100.model },
    ]);
  } finally {
    world.close();
  }
});
