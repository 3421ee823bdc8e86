import { expect, test } from 'vitest';
import type { Condition } from '../../controller/model/condition.ts';
import { environment, noon, openTestStore, project } from './support.ts';

const key = 'p1/notebook' as const;

const ready = (over: Partial<Condition> = {}): Condition => ({
  type: 'Ready',
  status: 'True',
  reason: 'Running',
  message: 'runs',
  observedGeneration: 1,
  lastTransitionAt: noon,
  ...over,
});

const synced = ready({ type: 'Synced', reason: 'Synced' });

const stored = () => {
  const { store, hand } = openTestStore();
  store.projects.insert(project());
  store.environments.insert(environment());
  return { conditions: store.conditions, hand };
};

test('they come back in the order in which they were set', () => {
  const { conditions } = stored();
  conditions.set(key, [synced, ready()], noon);
  expect(conditions.of(key)).toEqual([synced, ready()]);
  conditions.set(key, [ready(), synced], noon + 1);
  expect(conditions.of(key)).toEqual([ready(), synced]);
  expect(conditions.of('p1/db')).toEqual([]);
});

test.each<[string, Partial<Condition>]>([
  ['status', { status: 'False' }],
  ['reason', { reason: 'Healthy' }],
  ['message', { message: 'runs well' }],
])('a new %s moves the time of its condition alone', (_, change) => {
  const { conditions } = stored();
  conditions.set(key, [ready(), synced], noon);
  conditions.set(key, [ready(change), synced], noon + 1000);
  expect(conditions.of(key)).toEqual([ready({ ...change, lastTransitionAt: noon + 1000 }), synced]);
});

test('a new generation moves no time', () => {
  const { conditions } = stored();
  conditions.set(key, [ready()], noon);
  conditions.set(key, [ready({ observedGeneration: 2 })], noon + 1000);
  expect(conditions.of(key)).toEqual([ready({ observedGeneration: 2 })]);
});

test('what is not set any more is gone, and begins anew when it comes back', () => {
  const { conditions } = stored();
  conditions.set(key, [ready(), synced], noon);
  conditions.set(key, [synced], noon + 1);
  expect(conditions.of(key)).toEqual([synced]);
  conditions.set(key, [ready(), synced], noon + 2);
  expect(conditions.of(key)).toEqual([ready({ lastTransitionAt: noon + 2 }), synced]);
});

test('setting the same again writes nothing', () => {
  const { conditions, hand } = stored();
  conditions.set(key, [ready(), synced], noon);
  const before = hand.pragma('data_version', { simple: true });
  conditions.set(key, [ready(), synced], noon + 1);
  expect(hand.pragma('data_version', { simple: true })).toBe(before);
});
