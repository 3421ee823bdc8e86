import type { Database } from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { container, noon, openTestStore } from './support.ts';

const row = (db: Database, id: string): Record<string, unknown> =>
  db
    .prepare<[string], Record<string, unknown>>(
      'SELECT * FROM container_instances WHERE container_id = ?',
    )
    .get(id) ?? {};

/** The document's statement, as printed. */
const statusOf = (db: Database, name: string): unknown =>
  db
    .prepare(`SELECT status FROM container_instances\nWHERE container_name = '${name}'\nLIMIT 1;`)
    .pluck()
    .get();

test('a row says what the document says, in its units', () => {
  const { store, hand } = openTestStore();
  store.containers.observe(container({ exitCode: 0, stoppedAt: noon + 5000 }));
  expect(row(hand, 'c1')).toEqual({
    id: 1,
    container_id: 'c1',
    container_name: 'mlenv-vision-notebook-p1',
    image_name: 'pytorch:24.05',
    project_path: '/home/ada/vision',
    status: 'running',
    cpu_limit: 8,
    memory_limit_gb: 32,
    gpu_devices: '["0","1"]',
    port_mappings: '{"8888":"8888"}',
    created_at: '2026-03-01 12:00:00',
    started_at: '2026-03-01 12:00:01',
    stopped_at: '2026-03-01 12:00:05',
    cpu_usage_avg: null,
    memory_usage_avg_gb: null,
    gpu_utilization_avg: null,
    user_id: 1000,
    project_id: 'p1',
    environment: 'notebook',
    generation: 1,
    digest: 'mle1:00',
    revision: '',
    exit_code: 0,
    gpu_uuids: '["0","1"]',
    mig_uuids: null,
  });
});

test('observing again keeps the row, its averages and its metrics', () => {
  const { store, hand } = openTestStore();
  store.containers.observe(container());
  hand.exec('UPDATE container_instances SET cpu_usage_avg = 42');
  hand.exec(`INSERT INTO resource_metrics (container_id) VALUES ('c1')`);
  store.containers.observe(container({ cpuLimit: 4, memoryLimitBytes: null }));
  expect(row(hand, 'c1')).toMatchObject({
    id: 1,
    cpu_usage_avg: 42,
    cpu_limit: 4,
    memory_limit_gb: null,
  });
});

test('observing the same again writes nothing', () => {
  const { store, hand } = openTestStore();
  store.containers.observe(container());
  const before = hand.pragma('data_version', { simple: true });
  store.containers.observe(container());
  store.containers.observe(container({ status: null }));
  expect(hand.pragma('data_version', { simple: true })).toBe(before);
});

test('an unknown status keeps the last one', () => {
  const { store, hand } = openTestStore();
  store.containers.observe(container({ status: 'stopped', stoppedAt: noon, exitCode: 1 }));
  store.containers.observe(container({ status: null, startedAt: null }));
  expect(row(hand, 'c1')).toMatchObject({
    status: 'stopped',
    started_at: '2026-03-01 12:00:01',
    stopped_at: '2026-03-01 12:00:00',
    exit_code: 1,
  });
  store.containers.observe(container({ containerId: 'c2', containerName: 'n2', status: null }));
  expect(row(hand, 'c2')).toMatchObject({ status: 'created' });
});

test('a container that runs again has not ended', () => {
  const { store, hand } = openTestStore();
  store.containers.observe(container({ status: 'stopped', stoppedAt: noon, exitCode: 1 }));
  store.containers.observe(container({ status: 'running', startedAt: noon + 9000 }));
  expect(row(hand, 'c1')).toMatchObject({
    status: 'running',
    started_at: '2026-03-01 12:00:09',
    stopped_at: null,
    exit_code: null,
  });
});

test('a removed container is deleted for good, and ended when it ended', () => {
  const { store, hand } = openTestStore();
  store.containers.observe(container());
  store.containers.observe(
    container({ containerId: 'c2', containerName: 'n2', status: 'stopped', stoppedAt: noon }),
  );
  store.containers.deleted('c1', noon + 60_000);
  store.containers.deleted('c2', noon + 60_000);
  store.containers.deleted('c1', noon + 120_000);
  expect(row(hand, 'c1')).toMatchObject({ status: 'deleted', stopped_at: '2026-03-01 12:01:00' });
  expect(row(hand, 'c2')).toMatchObject({ status: 'deleted', stopped_at: '2026-03-01 12:00:00' });
  store.containers.observe(container());
  expect(row(hand, 'c1')).toMatchObject({ status: 'deleted' });
  store.containers.deleted('never seen', noon);
  expect(store.containers.live()).toEqual([]);
});

test('live lists what is not deleted, of one project or all', () => {
  const { store, hand } = openTestStore();
  store.containers.observe(container());
  store.containers.observe(
    container({ containerId: 'c2', containerName: 'n2', projectId: 'p2', status: 'error' }),
  );
  store.containers.observe(
    container({ containerId: 'c3', containerName: 'n3', status: 'deleted' }),
  );
  hand.exec(`INSERT INTO container_instances (container_id, container_name, image_name, project_path)
    VALUES ('c4', 'n4', 'i', '/x')`);
  const first = {
    containerId: 'c1',
    containerName: 'mlenv-vision-notebook-p1',
    projectId: 'p1',
    environment: 'notebook',
    revision: '',
    startedAt: noon + 1000,
  };
  const second = { ...first, containerId: 'c2', containerName: 'n2', projectId: 'p2' };
  const byHand = {
    containerId: 'c4',
    containerName: 'n4',
    projectId: '',
    environment: '',
    revision: '',
    startedAt: null,
  };
  expect(store.containers.live('p1')).toEqual([first]);
  expect(store.containers.live()).toEqual([first, second, byHand]);
});

describe('one live row holds a name', () => {
  test('and the next container of that name ends the one before', () => {
    const { store, hand } = openTestStore();
    store.containers.observe(container());
    store.containers.observe(container({ containerId: 'c2', createdAt: noon + 60_000 }));
    expect(row(hand, 'c1')).toMatchObject({ status: 'deleted', stopped_at: '2026-03-01 12:01:00' });
    expect(store.containers.live().map(({ containerId }) => containerId)).toEqual(['c2']);
  });

  test('which an old row, seen again, does not take back', () => {
    const { store } = openTestStore();
    store.containers.observe(container());
    store.containers.observe(container({ containerId: 'c2' }));
    store.containers.observe(container());
    expect(store.containers.live().map(({ containerId }) => containerId)).toEqual(['c2']);
  });

  test('also against a hand', () => {
    const { store, hand } = openTestStore();
    store.containers.observe(container());
    store.containers.observe(container({ containerId: 'c2', containerName: 'n2' }));
    const rename = hand.prepare(
      `UPDATE container_instances SET container_name = 'n2' WHERE container_id = 'c1'`,
    );
    expect(() => rename.run()).toThrow(/UNIQUE/);
  });
});

describe('the printed INSERT OR REPLACE', () => {
  const replace = (db: Database, id: string, name: string): void => {
    db.exec(`INSERT OR REPLACE INTO container_instances (
    container_id, container_name, image_name, project_path, status
) VALUES (
    '${id}', '${name}', 'pytorch:24.05', '/home/ada/vision', 'running'
);`);
  };

  test('loses what the next observation brings back', () => {
    const { store, hand } = openTestStore();
    store.containers.observe(container());
    hand.exec(`INSERT INTO resource_metrics (container_id) VALUES ('c1')`);
    replace(hand, 'c1', 'mlenv-vision-notebook-p1');
    expect(row(hand, 'c1')).toMatchObject({ cpu_limit: null, started_at: null, project_id: null });
    store.containers.observe(container());
    expect(row(hand, 'c1')).toMatchObject({ cpu_limit: 8, project_id: 'p1' });
    expect(row(hand, 'c1')['started_at']).toBe('2026-03-01 12:00:01');
  });

  test('for a new container of the name keeps the history of the old one', () => {
    const { store, hand } = openTestStore();
    store.containers.observe(container());
    hand.exec(`INSERT INTO resource_metrics (container_id) VALUES ('c1')`);
    replace(hand, 'c2', 'mlenv-vision-notebook-p1');
    expect(row(hand, 'c1')).toMatchObject({ status: 'deleted', cpu_limit: 8 });
    expect(store.containers.live().map(({ containerId }) => containerId)).toEqual(['c2']);
  });
});

describe('the status query finds the newest', () => {
  const name = 'mlenv-vision-notebook-p1';
  const generations = Array.from({ length: 40 }, (_, index) => index);

  test.each([
    ['oldest first', generations],
    ['newest first', [...generations].reverse()],
  ])('with rows inserted %s', (_, order) => {
    const { store, hand } = openTestStore();
    for (const index of order) {
      const newest = index === 39;
      store.containers.observe(
        container({
          containerId: `c${index}`,
          createdAt: noon + index * 1000,
          status: newest ? 'error' : 'deleted',
        }),
      );
      store.containers.observe(container({ containerId: `o${index}`, containerName: `o${index}` }));
    }
    expect(statusOf(hand, name)).toBe('error');
    hand.exec('ANALYZE');
    expect(statusOf(hand, name)).toBe('error');
    store.containers.deleted('c39', noon);
    expect(statusOf(hand, name)).toBe('deleted');
  });

  test('and the one that lives, whatever the clocks said', () => {
    const { store, hand } = openTestStore();
    store.containers.observe(container({ createdAt: noon + 5000 }));
    store.containers.deleted('c1', noon + 6000);
    store.containers.observe(container({ containerId: 'c2', createdAt: noon, status: 'running' }));
    expect(statusOf(hand, name)).toBe('running');
  });
});
