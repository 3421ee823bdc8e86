import { expect, test } from 'vitest';
import { noon, openTestStore } from './support.ts';

test('a volume is unseeded from its intent until it is given to its user', () => {
  const { volumes } = openTestStore().store;
  volumes.intend('v1', 'p1', noon);
  volumes.intend('v2', 'p1', noon);
  expect(volumes.unseeded(['v2', 'v1', 'not ours'])).toEqual(['v2', 'v1']);
  volumes.seeded(['v1', 'not ours'], noon + 1);
  volumes.intend('v1', 'p1', noon + 2);
  expect(volumes.unseeded(['v1', 'v2'])).toEqual(['v2']);
  volumes.forget('v1');
  volumes.intend('v1', 'p1', noon + 3);
  expect(volumes.unseeded(['v1'])).toEqual(['v1']);
});

test('meta keeps one value a key', () => {
  const { meta } = openTestStore().store;
  expect(meta.get('a')).toBeNull();
  meta.set('a', '1');
  meta.set('b', '2');
  meta.set('a', '3');
  expect([meta.get('a'), meta.get('b')]).toEqual(['3', '2']);
});
