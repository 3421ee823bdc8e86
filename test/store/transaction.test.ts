import { expect, test } from 'vitest';
import { openTestStore, project } from './support.ts';

test('nested calls join the outer one, which holds or falls as a whole', () => {
  const { store } = openTestStore();
  expect(() =>
    store.transaction(() => {
      store.transaction(() => {
        store.projects.insert(project());
      });
      expect(store.projects.list()).toHaveLength(1);
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(store.projects.list()).toEqual([]);
  expect(store.transaction(() => store.transaction(() => 7))).toBe(7);
});

test('nobody else sees it before its end', () => {
  const { store, hand } = openTestStore();
  const count = hand.prepare('SELECT count(*) FROM projects').pluck();
  store.transaction(() => {
    store.projects.insert(project());
    expect(count.get()).toBe(0);
  });
  expect(count.get()).toBe(1);
});

test('it takes the write lock at its start', () => {
  const { store, hand } = openTestStore();
  hand.pragma('busy_timeout = 0');
  store.transaction(() => {
    expect(() => hand.exec('BEGIN IMMEDIATE')).toThrow(/locked/);
  });
  hand.exec('BEGIN IMMEDIATE; ROLLBACK');
});

test('an asynchronous one is a bug, and writes nothing', () => {
  const { store } = openTestStore();
  expect(() =>
    store.transaction(() => {
      store.projects.insert(project());
      return Promise.resolve();
    }),
  ).toThrow(/synchronous/);
  expect(store.projects.list()).toEqual([]);
});
