import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deviceId } from '../../controller/model/gpu.ts';
import { GpuTaken, type GrantedGpu } from '../../controller/model/store-gpu.ts';
import { environment, noon, openTestStore, project } from './support.ts';

const gb = 2 ** 30;
const cards = [0, 1, 2, 3].map((index) => ({
  uuid: `GPU-${'abcd'.charAt(index)}`,
  index,
  model: 'NVIDIA H100 80GB HBM3',
  memoryBytes: 80 * gb,
}));
const whole = (uuid: string, over: Partial<GrantedGpu> = {}): GrantedGpu => ({
  gpuUuid: uuid,
  migUuid: null,
  sharing: 'exclusive',
  ...over,
});

const setUp = () => {
  const opened = openTestStore();
  opened.store.projects.insert(project());
  for (const name of ['a', 'b', 'c']) {
    opened.store.environments.insert(environment({ environment: name }));
  }
  opened.store.gpus.observe(cards, [], noon);
  const query = (sql: string): unknown[] => opened.hand.prepare(sql).all();
  return { ...opened, query, gpus: opened.store.gpus };
};

/** As the database document has them. */
const freeByDocument = `SELECT gpu_id FROM (
    SELECT 0 as gpu_id UNION SELECT 1 UNION SELECT 2 UNION SELECT 3
) all_gpus
WHERE gpu_id NOT IN (SELECT gpu_id FROM gpu_allocations)`;

describe('a grant', () => {
  test('is a row by index, uuid and container name, and takes the card from the free ones', () => {
    const { gpus, query } = setUp();
    gpus.grant('p1/a', 'mlenv-vision-a', [whole('GPU-b'), whole('GPU-d')], noon);
    expect(query('SELECT gpu_id, container_name, uuid, allocated_at FROM gpu_allocations')).toEqual(
      [
        {
          gpu_id: 1,
          container_name: 'mlenv-vision-a',
          uuid: 'GPU-b',
          allocated_at: '2026-03-01 12:00:00',
        },
        {
          gpu_id: 3,
          container_name: 'mlenv-vision-a',
          uuid: 'GPU-d',
          allocated_at: '2026-03-01 12:00:00',
        },
      ],
    );
    expect(query(freeByDocument)).toEqual([{ gpu_id: 0 }, { gpu_id: 2 }]);
    expect(query('SELECT gpu_id FROM v_free_gpus')).toEqual([{ gpu_id: 0 }, { gpu_id: 2 }]);
    expect(gpus.of('p1/a').map(({ gpuUuid, at }) => [gpuUuid, at])).toEqual([
      ['GPU-b', noon],
      ['GPU-d', noon],
    ]);
  });

  test('of a card in another hand changes nothing', () => {
    const { gpus } = setUp();
    gpus.grant('p1/a', 'a', [whole('GPU-b')], noon);
    expect(() => gpus.grant('p1/b', 'b', [whole('GPU-a'), whole('GPU-b')], noon)).toThrow(GpuTaken);
    expect(gpus.of('p1/b')).toEqual([]);
    expect(gpus.of('p1/a').map(deviceId)).toEqual(['GPU-b']);
  });

  test('that names other cards keeps those of before until they are given back', () => {
    const { gpus } = setUp();
    gpus.grant('p1/a', 'a', [whole('GPU-a'), whole('GPU-b')], noon);
    gpus.grant('p1/a', 'a', [whole('GPU-b'), whole('GPU-c')], noon);
    expect(gpus.of('p1/a').map(({ gpuUuid, current }) => [gpuUuid, current])).toEqual([
      ['GPU-a', false],
      ['GPU-b', true],
      ['GPU-c', true],
    ]);
    expect(() => gpus.grant('p1/b', 'b', [whole('GPU-a')], noon)).toThrow(GpuTaken);
    gpus.keep('p1/a', ['GPU-b', 'GPU-c'], noon);
    gpus.grant('p1/b', 'b', [whole('GPU-a')], noon);
    expect(gpus.of('p1/b').map(deviceId)).toEqual(['GPU-a']);
  });

  test('is remembered with its end when it was given back, and kept as long as usage is', () => {
    const { gpus, store, hand, query } = setUp();
    gpus.grant('p1/a', 'a', [whole('GPU-a'), whole('GPU-b')], noon);
    gpus.grant('p1/a', 'renewed', [whole('GPU-a'), whole('GPU-b')], noon + 5000);
    gpus.keep('p1/a', ['GPU-b'], noon + 60_000);
    store.people.setOwner('p1', 1234);
    gpus.grant('p1/b', 'b', [whole('GPU-a', { sharing: 'shared' })], noon + 61_000);
    const known = { project_id: 'p1', project_name: 'vision', project_path: '/home/ada/vision' };
    const told = () => query('SELECT * FROM gpu_lease_history ORDER BY id');
    const first = { ...known, id: 1, environment: 'a', user_id: 1000, device: 'GPU-a' };
    const second = { ...known, id: 2, environment: 'a', user_id: 1000, device: 'GPU-b' };
    const third = { ...known, id: 3, environment: 'b', user_id: 1234, device: 'GPU-a' };
    expect(told()).toEqual([
      { ...first, began_at_ms: noon, ended_at_ms: noon + 60_000 },
      { ...second, began_at_ms: noon, ended_at_ms: null },
      { ...third, began_at_ms: noon + 61_000, ended_at_ms: null },
    ]);
    // A hand takes no part in reports, and ends a lease at the time of day.
    hand.exec("INSERT INTO gpu_allocations (gpu_id, container_name) VALUES (3, 'by-hand')");
    hand.exec("DELETE FROM gpu_allocations WHERE container_name = 'renewed'");
    expect(told()[1]).toMatchObject({ ended_at_ms: expect.any(Number) as number });
    expect(store.upkeep.due('leases', noon + 60_001)).toBe(1);
    store.upkeep.prune('leases', { before: noon + 60_001, atMost: 10 });
    expect(told()).toHaveLength(2);
  });

  test('again, in another way, changes the row and never past those who share', () => {
    const { gpus } = setUp();
    gpus.grant('p1/a', 'old-name', [whole('GPU-a')], noon);
    gpus.grant('p1/a', 'a', [whole('GPU-a', { sharing: 'shared' })], noon);
    expect(gpus.of('p1/a')).toMatchObject([{ sharing: 'shared', containerName: 'a' }]);
    gpus.grant('p1/b', 'b', [whole('GPU-a', { sharing: 'shared' })], noon);
    const before = gpus.leases();
    expect(() => gpus.grant('p1/a', 'a', [whole('GPU-b'), whole('GPU-a')], noon)).toThrow(GpuTaken);
    expect(gpus.leases()).toEqual(before);
  });

  test('that was refused leaves the leases as they were, also for an outer transaction that goes on', () => {
    const { gpus, store } = setUp();
    gpus.grant('p1/a', 'a', [whole('GPU-a')], noon);
    gpus.grant('p1/b', 'b', [whole('GPU-b')], noon);
    const before = gpus.leases();
    store.transaction(() => {
      store.meta.set('before', 'kept');
      expect(() => gpus.grant('p1/b', 'b', [whole('GPU-c'), whole('GPU-a')], noon)).toThrow(
        GpuTaken,
      );
    });
    expect(gpus.leases()).toEqual(before);
    expect(store.meta.get('before')).toBe('kept');
  });

  test('is shared only with others that share', () => {
    const { gpus } = setUp();
    gpus.grant('p1/a', 'a', [whole('GPU-a', { sharing: 'shared' })], noon);
    gpus.grant('p1/b', 'b', [whole('GPU-a', { sharing: 'shared' })], noon);
    expect(() => gpus.grant('p1/c', 'c', [whole('GPU-a')], noon)).toThrow(GpuTaken);
  });

  test('never gives a whole card and a slice of it', () => {
    const { gpus } = setUp();
    gpus.grant('p1/a', 'a', [whole('GPU-a', { migUuid: 'MIG-1' })], noon);
    gpus.grant('p1/b', 'b', [whole('GPU-a', { migUuid: 'MIG-2' })], noon);
    expect(() => gpus.grant('p1/c', 'c', [whole('GPU-a')], noon)).toThrow(GpuTaken);
    expect(() => gpus.grant('p1/c', 'c', [whole('GPU-a', { migUuid: 'MIG-1' })], noon)).toThrow(
      GpuTaken,
    );
  });
});

describe('a row by hand', () => {
  const insert = "INSERT INTO gpu_allocations (gpu_id, container_name) VALUES (0, 'by-hand')";

  test('gets the uuid of its card and holds it', () => {
    const { gpus, hand } = setUp();
    hand.exec(insert);
    expect(gpus.leases()).toMatchObject([
      { gpuUuid: 'GPU-a', key: null, containerName: 'by-hand' },
    ]);
    expect(() => gpus.grant('p1/a', 'a', [whole('GPU-a')], noon)).toThrow(GpuTaken);
    hand.exec("DELETE FROM gpu_allocations WHERE container_name = 'by-hand'");
    gpus.grant('p1/a', 'a', [whole('GPU-a')], noon);
  });

  test('is refused where the card is in a hand already', () => {
    const { gpus, hand } = setUp();
    gpus.grant('p1/a', 'a', [whole('GPU-a')], noon);
    expect(() => hand.exec(insert)).toThrow('gpu taken: it is leased');
  });

  test.each([
    ['beside those who share', { sharing: 'shared' }, 'gpu taken: it is leased by those who share'],
    ['beside a slice', { migUuid: 'MIG-1' }, 'gpu taken: a whole card and a slice'],
  ] as const)('is refused %s', (_, over, why) => {
    const { gpus, hand } = setUp();
    gpus.grant('p1/a', 'a', [whole('GPU-a', over)], noon);
    expect(() => hand.exec(insert)).toThrow(why);
  });

  test('is refused where it would become a second hand by a change', () => {
    const { gpus, hand } = setUp();
    gpus.grant('p1/a', 'a', [whole('GPU-a', { sharing: 'shared' })], noon);
    gpus.grant('p1/b', 'b', [whole('GPU-a', { sharing: 'shared' })], noon);
    gpus.grant('p1/c', 'c', [whole('GPU-b')], noon);
    for (const change of ["sharing = 'exclusive'", "mig_uuid = 'MIG-1'", "uuid = 'GPU-b'"]) {
      const update = `UPDATE gpu_allocations SET ${change} WHERE container_name = 'a'`;
      expect(() => hand.exec(update)).toThrow('gpu taken');
    }
  });

  test('takes a card that is marked: a person knows', () => {
    const { gpus, hand } = setUp();
    gpus.observe(cards, [{ gpuUuid: 'GPU-a', kind: 'cordoned', text: 'by root' }], noon);
    hand.exec(insert);
    expect(gpus.leases()).toMatchObject([{ gpuUuid: 'GPU-a', containerName: 'by-hand' }]);
  });

  test('for an index whose card comes back with its lease waits until that one is given back', () => {
    const { gpus, hand } = setUp();
    gpus.grant('p1/a', 'same-name', [whole('GPU-d')], noon);
    gpus.observe(cards.slice(0, 3), [], noon);
    hand.exec("INSERT INTO gpu_allocations (gpu_id, container_name) VALUES (3, 'same-name')");
    gpus.observe(cards, [], noon);
    expect(gpus.of('p1/a')).toMatchObject([{ gpuUuid: 'GPU-d', index: 3 }]);
    expect(gpus.leases()).toHaveLength(2);
    gpus.keep('p1/a', [], noon);
    gpus.observe(cards, [], noon);
    expect(gpus.leases()).toMatchObject([{ gpuUuid: 'GPU-d', index: 3, key: null }]);
  });

  test('for an index without a card waits for one', () => {
    const { gpus, hand } = setUp();
    hand.exec("INSERT INTO gpu_allocations (gpu_id, container_name) VALUES (4, 'x')");
    gpus.observe(
      [...cards, { ...cards[0], uuid: 'GPU-e', index: 4, model: 'L40S', memoryBytes: null }],
      [],
      noon,
    );
    expect(gpus.leases()).toMatchObject([{ gpuUuid: 'GPU-e', index: 4 }]);
  });
});

describe('a look at the cards', () => {
  test('moves gpu_id with its card, also where two changed places', () => {
    const { gpus, query } = setUp();
    gpus.grant('p1/a', 'a', [whole('GPU-a'), whole('GPU-b')], noon);
    const swapped = cards.map((card) => ({ ...card, index: [1, 0, 2, 3][card.index] ?? 9 }));
    gpus.observe(swapped, [], noon);
    expect(query('SELECT gpu_id, uuid FROM gpu_allocations ORDER BY uuid')).toEqual([
      { gpu_id: 1, uuid: 'GPU-a' },
      { gpu_id: 0, uuid: 'GPU-b' },
    ]);
  });

  test('puts the rows of cards that are gone below 0, and brings them back', () => {
    const { gpus, query } = setUp();
    gpus.grant('p1/a', 'a', [whole('GPU-a'), whole('GPU-b')], noon);
    gpus.observe(
      cards.slice(2).map((card) => ({ ...card, index: card.index - 2 })),
      [],
      noon,
    );
    expect(gpus.of('p1/a').every(({ index }) => index < 0)).toBe(true);
    expect(query('SELECT gpu_id FROM v_free_gpus')).toEqual([{ gpu_id: 0 }, { gpu_id: 1 }]);
    gpus.observe(cards, [], noon);
    expect(gpus.of('p1/a').map(({ index }) => index)).toEqual([0, 1]);
  });

  test('marks what is not to be given out, and takes the mark away again', () => {
    const { gpus, query } = setUp();
    gpus.observe(cards, [{ gpuUuid: 'GPU-c', kind: 'foreign', text: 'process 4711 of bob' }], noon);
    expect(query(freeByDocument)).toEqual([{ gpu_id: 0 }, { gpu_id: 1 }, { gpu_id: 3 }]);
    expect(gpus.leases()).toEqual([]);
    gpus.observe(cards, [], noon);
    expect(query(freeByDocument)).toHaveLength(4);
  });

  test('cuts the text of a mark at 200 characters, and none of them in two', () => {
    const { gpus, query } = setUp();
    gpus.observe(cards, [{ gpuUuid: 'GPU-c', kind: 'foreign', text: '🐍'.repeat(201) }], noon);
    expect(query('SELECT container_name AS text, kind FROM gpu_allocations')).toEqual([
      { text: '🐍'.repeat(200), kind: 'foreign' },
    ]);
  });

  test('that saw nothing new writes nothing', () => {
    const { gpus, hand } = setUp();
    gpus.grant('p1/a', 'a', [whole('GPU-a')], noon);
    gpus.grant('p1/b', 'by root', [whole('GPU-d')], noon);
    const marks = [
      { gpuUuid: 'GPU-c', kind: 'cordoned', text: 'by root' },
      { gpuUuid: 'GPU-c', kind: 'unhealthy', text: 'by root' },
      { gpuUuid: 'GPU-b', kind: 'foreign', text: '🐍'.repeat(201) },
      { gpuUuid: 'GPU-d', kind: 'cordoned', text: 'by root' },
    ] as const;
    gpus.observe(cards, marks, noon);
    const version = hand.pragma('data_version', { simple: true });
    gpus.observe(cards, marks, noon + 1000);
    expect(hand.pragma('data_version', { simple: true })).toBe(version);
  });
});

test('cordons stay until they are lifted, the first of a card first', () => {
  const { gpus } = setUp();
  gpus.cordon({ gpuUuid: 'GPU-a', by: 'root', why: 'fan', at: noon });
  gpus.cordon({ gpuUuid: 'GPU-a', by: 'ada', why: 'other', at: noon });
  expect(gpus.cordons()).toEqual([{ gpuUuid: 'GPU-a', by: 'root', why: 'fan', at: noon }]);
  gpus.uncordon('GPU-a');
  expect(gpus.cordons()).toEqual([]);
});

test('whatever is granted, kept and moved, a card never has two exclusive hands', () => {
  const { gpus } = setUp();
  const names = ['a', 'b', 'c'] as const;
  const act = fc.record({
    who: fc.constantFrom(...names),
    kind: fc.constantFrom('grant', 'grant', 'keep', 'look'),
    which: fc.subarray(cards.map(({ uuid }) => uuid)),
    shared: fc.boolean(),
    order: fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
  });
  fc.assert(
    fc.property(fc.array(act, { maxLength: 25 }), (acts) => {
      for (const name of names) gpus.keep(`p1/${name}`, [], noon);
      for (const { who, kind, which, shared, order } of acts) {
        if (kind === 'keep') gpus.keep(`p1/${who}`, which, noon);
        if (kind === 'look') {
          gpus.observe(
            cards.map((card, at) => ({ ...card, index: order[at] ?? 0 })),
            [],
            noon,
          );
        }
        if (kind === 'grant') {
          const before = gpus.of(`p1/${who}`);
          const wanted = which.map((uuid) =>
            whole(uuid, { sharing: shared ? 'shared' : 'exclusive' }),
          );
          try {
            gpus.grant(`p1/${who}`, who, wanted, noon);
          } catch (error) {
            expect(error).toBeInstanceOf(GpuTaken);
            expect(gpus.of(`p1/${who}`)).toEqual(before);
          }
        }
        for (const { uuid } of cards) {
          const hands = gpus.leases().filter(({ gpuUuid }) => gpuUuid === uuid);
          if (hands.some(({ sharing }) => sharing === 'exclusive')) expect(hands).toHaveLength(1);
        }
      }
    }),
    { numRuns: 60 },
  );
});
