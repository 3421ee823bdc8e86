import { expect, test } from 'vitest';
import type { HealthRow } from '../../controller/model/health.ts';
import { container, noon, openTestStore, project } from './support.ts';

const row = (over: Partial<HealthRow> = {}): HealthRow => ({
  containerId: 'c1',
  type: 'docker',
  at: noon,
  status: 'healthy',
  checkedAt: noon - 1000,
  failures: 0,
  responseMs: 12,
  message: 'ok',
  ...over,
});

test('a row reads back as it was written, in whole seconds', () => {
  const { store, hand } = openTestStore();
  store.health.add(row({ at: noon + 999 }));
  expect(store.health.latest('c1', 'docker')).toEqual(row());
  expect(store.health.latest('c1', 'gpu')).toBeNull();
  expect(store.health.latest('c2', 'docker')).toBeNull();
  expect(hand.prepare('SELECT * FROM health_checks').all()).toMatchObject([
    { container_id: 'c1', status: 'healthy', failure_count: 0, check_type: 'docker' },
  ]);
});

test('each asker has its last word', () => {
  const { store } = openTestStore();
  store.health.add(row());
  store.health.add(row({ type: 'gpu', status: 'unknown', checkedAt: null, responseMs: null }));
  store.health.add(row({ status: 'unhealthy', failures: 3, message: 'refused' }));
  expect(store.health.latest('c1', 'docker')).toMatchObject({ failures: 3, message: 'refused' });
  expect(store.health.latest('c1', 'gpu')).toMatchObject({ checkedAt: null, responseMs: null });
});

test('of an environment: all its containers, the newest first, and no others', () => {
  const { store } = openTestStore();
  store.projects.insert(project());
  store.containers.observe(container());
  store.containers.deleted('c1', noon);
  store.containers.observe(container({ containerId: 'c2' }));
  store.health.add(row({ message: '1' }));
  store.health.add(row({ containerId: 'c2', message: '2' }));
  store.health.add(row({ containerId: 'of-somebody-else' }));
  store.health.add(row({ containerId: 'c2', message: '3' }));
  const messages = (limit: number): readonly string[] =>
    store.health.of('p1/notebook', limit).map(({ message }) => message);
  expect(messages(10)).toEqual(['3', '2', '1']);
  expect(messages(2)).toEqual(['3', '2']);
});

test('what a person writes by hand is read as far as it can be', () => {
  const { store, hand } = openTestStore();
  hand.prepare("INSERT INTO health_checks (container_id, status) VALUES ('c1', 'fine')").run();
  expect(store.health.latest('c1', 'docker')).toMatchObject({
    status: 'unknown',
    failures: 0,
    checkedAt: null,
    message: '',
  });
});
