import { expect, test } from 'vitest';
import type { Event } from '../../controller/model/record.ts';
import { noon, openTestStore } from './support.ts';

const minute = 60_000;

type NewEvent = Omit<Event, 'id' | 'seq' | 'firstAt' | 'count'>;

const event = (over: Partial<NewEvent> = {}): NewEvent => ({
  at: noon,
  type: 'Warning',
  reason: 'BackOff',
  message: 'exit 1',
  projectId: 'p1',
  environment: 'notebook',
  ...over,
});

test('the same again within ten minutes is counted', () => {
  const { events } = openTestStore().store;
  events.add(event());
  events.add(event({ at: noon + 9 * minute }));
  events.add(event({ at: noon + 19 * minute }));
  expect(events.list({ limit: 10 })).toEqual([
    { ...event({ at: noon + 19 * minute }), id: 1, seq: 3, firstAt: noon, count: 3 },
  ]);
});

test('after ten minutes it is told again', () => {
  const { events } = openTestStore().store;
  events.add(event());
  events.add(event({ at: noon + 10 * minute + 1 }));
  expect(events.list({ limit: 10 }).map(({ count }) => count)).toEqual([1, 1]);
});

test('a clock that was set back counts and never runs backwards', () => {
  const { events } = openTestStore().store;
  events.add(event());
  events.add(event({ at: noon - minute }));
  expect(events.list({ limit: 10 })).toMatchObject([{ at: noon, count: 2 }]);
});

test.each<[string, Partial<NewEvent>]>([
  ['type', { type: 'Normal' }],
  ['reason', { reason: 'Failed' }],
  ['message', { message: 'exit 2' }],
  ['project', { projectId: 'p2' }],
  ['environment', { environment: 'db' }],
  ['environment: none', { environment: null }],
  ['project: none', { projectId: null, environment: null }],
])('another %s is another event', (_, change) => {
  const { events } = openTestStore().store;
  events.add(event());
  events.add(event(change));
  events.add(event(change));
  expect(events.list({ limit: 10 }).map(({ count }) => count)).toEqual([1, 2]);
});

test('lists of one environment, one project or all give the newest, newest last', () => {
  const { events } = openTestStore().store;
  const add = (at: number, message: string, environment: string | null, projectId = 'p1') => {
    events.add(event({ at: noon + at, message, environment, projectId }));
  };
  add(1, 'a', 'notebook');
  add(2, 'b', 'db');
  add(3, 'c', null);
  add(4, 'd', 'notebook', 'p2');
  add(5, 'a', 'notebook');
  const list = (query: { projectId?: string; environment?: string; limit?: number }) =>
    events.list({ limit: 10, ...query }).map(({ message }) => message);
  expect(list({})).toEqual(['b', 'c', 'd', 'a']);
  expect(list({ limit: 2 })).toEqual(['d', 'a']);
  expect(list({ projectId: 'p1' })).toEqual(['b', 'c', 'a']);
  expect(list({ projectId: 'p1', environment: 'notebook' })).toEqual(['a']);
  expect(list({ projectId: 'p3' })).toEqual([]);
});

test('a follower who reads few at a time misses none', () => {
  const { events } = openTestStore().store;
  for (let index = 0; index < 7; index += 1) events.add(event({ message: `m${index}` }));
  const seen: string[] = [];
  for (let after = 0, read = 3; read > 0;) {
    const some = events.list({ after, limit: 3 });
    seen.push(...some.map(({ message }) => message));
    after = some.at(-1)?.seq ?? after;
    read = some.length;
  }
  expect(seen).toEqual(['m0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6']);
  expect(events.list({ after: 6, limit: 3, projectId: 'p2' })).toEqual([]);
  expect(
    events.list({ after: 6, limit: 3, projectId: 'p1', environment: 'notebook' }),
  ).toHaveLength(1);
});

test('a follower is told of what is counted again, after all that is new', () => {
  const { store, hand } = openTestStore();
  const { events } = store;
  for (const message of ['a', 'b', 'a']) events.add(event({ message }));
  expect(events.list({ after: 1, limit: 9 })).toMatchObject([
    { id: 2, message: 'b', count: 1, seq: 2 },
    { id: 1, message: 'a', count: 2, seq: 3 },
  ]);
  expect(events.list({ after: 3, limit: 9, projectId: 'p1' })).toEqual([]);
  // Also where all rows went meanwhile.
  hand.exec('DELETE FROM events');
  events.add(event());
  expect(
    events.list({ after: 3, limit: 9, projectId: 'p1', environment: 'notebook' }),
  ).toMatchObject([{ seq: 4 }]);
});

test('from ten that differ in their message alone, one stands for the rest', () => {
  const { events } = openTestStore().store;
  for (let n = 0; n < 200; n += 1) events.add(event({ at: noon + n * 1000, message: `exit ${n}` }));
  events.add(event({ reason: 'EngineFault', at: noon }));
  events.add(event({ environment: 'db', at: noon }));
  const all = events.list({ limit: 100 });
  expect(all).toHaveLength(13);
  expect(all.at(-1)).toMatchObject({
    message: '(combined from similar events): exit 199',
    count: 190,
    firstAt: noon + 10_000,
  });
});

test('an object has 25 rows at once, one more each five minutes, and beyond them a count', () => {
  const { events } = openTestStore().store;
  const reasons = ['BackOff', 'Failed', 'EngineFault', 'Bug'];
  const add = (n: number, at: number, over: Partial<NewEvent> = {}): void =>
    events.add(event({ at, reason: reasons[n % 4] ?? '', message: `m${n}`, ...over }));
  for (let n = 0; n < 36; n += 1) add(n, noon + n);
  const all = events.list({ limit: 100 });
  expect(all).toHaveLength(26);
  expect(all.at(-1)).toMatchObject({
    type: 'Warning',
    reason: 'EventsLimited',
    message: 'further events are counted here alone, and the newest is Bug: m35',
    count: 11,
  });
  // Neither what went well nor another object is kept out by it, and the same again is always counted.
  add(50, noon + 50, { type: 'Normal' });
  add(51, noon + 51, { environment: 'db' });
  add(0, noon + 52);
  expect(events.list({ limit: 100 })).toHaveLength(28);
  expect(events.list({ limit: 1 })).toMatchObject([{ message: 'm0', count: 2 }]);
  for (const n of [60, 61, 62]) add(n, noon + 5 * minute + n);
  const later = events.list({ limit: 3 });
  expect(later.map(({ message }) => message)).toEqual([
    'm0',
    'm60',
    'further events are counted here alone, and the newest is EngineFault: m62',
  ]);
  expect(later[2]?.count).toBe(13);
});

test('the number that is kept is bounded, and an id is never used again', () => {
  const { store, hand } = openTestStore();
  store.transaction(() => {
    for (let index = 0; index < 20_010; index += 1)
      store.events.add(event({ message: `m${index}`, environment: `e${index}` }));
  });
  expect(hand.prepare('SELECT count(*), min(id), max(id) FROM events').raw().get()).toEqual([
    20_000, 11, 20_010,
  ]);
  hand.exec('DELETE FROM events');
  store.events.add(event());
  expect(store.events.list({ limit: 1 })).toMatchObject([{ id: 20_011 }]);
});
