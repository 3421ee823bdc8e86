import { expect, test } from 'vitest';
import type { Event } from '../../controller/model/record.ts';
import { noon, openTestStore } from './support.ts';

const minute = 60_000;

type NewEvent = Omit<Event, 'id' | 'firstAt' | 'count'>;

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
    { ...event({ at: noon + 19 * minute }), id: 1, firstAt: noon, count: 3 },
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
  for (let afterId = 0, read = 3; read > 0;) {
    const some = events.list({ afterId, limit: 3 });
    seen.push(...some.map(({ message }) => message));
    afterId = some.at(-1)?.id ?? afterId;
    read = some.length;
  }
  expect(seen).toEqual(['m0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6']);
  expect(events.list({ afterId: 6, limit: 3, projectId: 'p2' })).toEqual([]);
  expect(
    events.list({ afterId: 6, limit: 3, projectId: 'p1', environment: 'notebook' }),
  ).toHaveLength(1);
});

test('the number that is kept is bounded, and an id is never used again', () => {
  const { store, hand } = openTestStore();
  store.transaction(() => {
    for (let index = 0; index < 20_010; index += 1)
      store.events.add(event({ message: `m${index}` }));
  });
  expect(hand.prepare('SELECT count(*), min(id), max(id) FROM events').raw().get()).toEqual([
    20_000, 11, 20_010,
  ]);
  hand.exec('DELETE FROM events');
  store.events.add(event());
  expect(store.events.list({ limit: 1 })).toMatchObject([{ id: 20_011 }]);
});
