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
      'asks for 1 and 0 of the 4 cards and 2 MIG slices here fit; 1 reserved for /srv/vision; 1 reserved for bob',
    );
    const free = await world.ask((api) => api.gpus());
    expect(free.gpus.filter(({ state }) => state === 'reserved')).toMatchObject([
      { uuid: h100.id, why: 'reserved for /srv/vision' },
      { uuid: otherH100.id, why: 'reserved for bob' },
    ]);
    const inRecord = (sql: string): unknown[] => world.record.look().prepare(sql).all();
    const marked = `SELECT uuid, kind, container_name FROM gpu_allocations
      WHERE uuid IN ('${h100.id}', '${otherH100.id}') ORDER BY gpu_id`;
    expect(inRecord(marked)).toEqual([
      { uuid: h100.id, kind: 'excluded', container_name: 'reserved for /srv/vision' },
      { uuid: otherH100.id, kind: 'excluded', container_name: 'reserved for bob' },
    ]);
    const offered = inRecord('SELECT uuid FROM v_free_gpus');
    expect(offered.length).toBeGreaterThan(0);
    expect(offered).not.toContainEqual({ uuid: h100.id });
    expect(offered).not.toContainEqual({ uuid: otherH100.id });
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

test('a reserved card that others used and left is news, and wakes whoever it is for', async () => {
  const world = new World({
    cards: 'best-effort',
    gpu: { reserved: [{ gpus: [h100.id], for: { projects: ['/srv/vision'], users: [] } }] },
  });
  try {
    const gpus = { count: 1, model: 'H100', devices: [h100.id] };
    world.files.write('/srv/vision/mlenv.yaml', specOf({ train: { image: 'app:1', gpus } }));
    await world.plant({ name: 'stranger', gpus: { ids: [h100.id], injection: 'device-request' } });
    await world.start();
    await world.until('it waits', () => {
      return world.environment('/srv/vision', 'train')?.reason === 'GpuPoolFull';
    });
    const kinds = (): unknown[] =>
      world.record
        .look()
        .prepare("SELECT kind FROM gpu_allocations WHERE uuid = ? AND kind <> 'lease'")
        .pluck()
        .all(h100.id);
    expect(kinds()).toEqual(['foreign']);
    world.engine.exit('stranger', 0);
    await world.until('it runs', () => {
      return world.environment('/srv/vision', 'train')?.reason === 'Running';
    });
    expect(kinds()).toEqual(['excluded']);
    const events = world.process?.store.events.list({ limit: 100 }).map(({ reason }) => reason);
    expect(events).toEqual(expect.arrayContaining(['GpuForeign', 'GpuRecovered']));
  } finally {
    world.close();
  }
});
