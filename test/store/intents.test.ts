import { expect, test } from 'vitest';
import { noon, openTestStore } from './support.ts';

const intent = {
  projectId: 'p1',
  environment: 'notebook',
  effect: 'create',
  detail: 'mlenv-vision-notebook-p1',
  at: noon,
};

test('an intent is unfinished until it is closed', () => {
  const { intents } = openTestStore().store;
  const first = intents.open(intent);
  const second = intents.open({ ...intent, environment: 'db', at: noon + 1 });
  expect(second).toBeGreaterThan(first);
  expect(intents.unfinished('p1/notebook')).toEqual([{ ...intent, id: first }]);
  expect(intents.unfinished().map(({ id }) => id)).toEqual([first, second]);
  intents.close(first, 'done', noon + 2);
  expect(intents.unfinished('p1/notebook')).toEqual([]);
  expect(intents.unfinished().map(({ id }) => id)).toEqual([second]);
});

test('the result is kept, and the first one stands', () => {
  const { store, hand } = openTestStore();
  const id = store.intents.open(intent);
  store.intents.close(id, 'done', noon + 2);
  store.intents.close(id, 'again', noon + 3);
  expect(hand.prepare('SELECT result, closed_at_ms FROM intents').all()).toEqual([
    { result: 'done', closed_at_ms: noon + 2 },
  ]);
});

test('old ones go, but never one that is unfinished', () => {
  const { store, hand } = openTestStore();
  const open = store.intents.open(intent);
  store.transaction(() => {
    for (let index = 0; index < 10_005; index += 1)
      store.intents.close(store.intents.open(intent), 'done', noon);
  });
  expect(store.intents.unfinished().map(({ id }) => id)).toEqual([open]);
  expect(hand.prepare('SELECT count(*) FROM intents').pluck().get()).toBe(10_001);
});
