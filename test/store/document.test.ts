import type { Database } from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { documentSamples } from './document.ts';
import type { Sample } from './document.ts';
import { fillDocumentTables } from './fill.ts';
import { openTestStore } from './support.ts';

const shell = {
  container_id: 'new999',
  container_name: 'mlenv-project-abc123',
  image: 'pytorch:24.05-py3',
  project_path: '/home/user/project',
  status: 'running',
};
const all = documentSamples(shell).filter(({ kind }) => kind !== 'schema');

const filled = (): Database => {
  const { hand } = openTestStore();
  hand.pragma('recursive_triggers = ON');
  fillDocumentTables(hand, 'now');
  return hand;
};

const named = (part: string): Sample => {
  const found = all.filter(({ title, sql }) => title.includes(part) || sql.includes(part));
  const [sample] = found;
  if (sample === undefined) throw new Error(`the document has no ${part}`);
  return sample;
};

/** As a person runs it: the one statement, as printed. */
const answer = (db: Database, part: string): unknown[] => {
  const statement = db.prepare(named(part).sql);
  return statement.reader ? statement.all() : [statement.run().changes];
};

describe('every sample statement', () => {
  test('of the document is found', () => {
    expect(
      all.map(({ sql }) => sql.split(/\s/, 1).join()).toSorted((a, b) => a.localeCompare(b)),
    ).toEqual([
      ...Array<string>(5).fill('DELETE'),
      ...Array<string>(2).fill('INSERT'),
      ...Array<string>(21).fill('SELECT'),
      'UPDATE',
    ]);
  });

  test.each(all.map((sample) => [sample.title || sample.sql, sample] as const))(
    'runs as printed: %s',
    (_, sample) => {
      const db = filled();
      db.exec('BEGIN IMMEDIATE');
      const statement = db.prepare(sample.sql);
      if (statement.reader) expect(statement.all().length).toBeGreaterThan(0);
      else expect(statement.run().changes).toBeGreaterThan(0);
      db.exec('COMMIT');
      expect(db.pragma('foreign_key_check')).toEqual([]);
    },
  );
});

describe('the answers', () => {
  test.each([
    [`category = 'pytorch'`, [{ name: 'pytorch' }, { name: 'torchserve' }]],
    [`'%torch%'`, [{ name: 'pytorch' }, { name: 'torchserve' }]],
    [
      'Find all versions of PyTorch',
      [{ tag: '24.05-py3', cuda_version: '12.4' }, { tag: '23.01-py3' }],
    ],
    [`cuda_version = '12.0'`, [{ tag: '23.01-py3' }, { tag: '23.02-tf2' }]],
    [
      'List running containers',
      [{ container_name: 'mlenv-project-abc123' }, { container_name: 'mlenv-project-def456' }],
    ],
    ['Find containers for project', [{ container_id: 'aaa111' }, { container_id: 'bbb222' }]],
    [
      'Get resource usage',
      [
        { container_name: 'mlenv-project-def456', cpu_usage_avg: 80.25, memory_usage_avg_gb: 20 },
        { container_name: 'mlenv-project-abc123', cpu_usage_avg: 350.5, memory_usage_avg_gb: 12.5 },
      ],
    ],
    ['Average CPU usage over last hour', [{ avg_cpu: 300 }]],
    ['Check if system is overloaded', [{ memory_percent: 25, cpu_percent: 25 }]],
    ['Get cached response', [{ response: '{"images":[]}' }]],
    ['Check if project can create container', [{ can_create: 1, available_slots: 3 }]],
    ['Find free GPUs', [{ gpu_id: 0 }, { gpu_id: 3 }]],
    [
      'FROM v_system_summary',
      [
        {
          avg_cpu_percent: 37.5,
          max_cpu_percent: 50,
          avg_memory_percent: 37.5,
          max_memory_percent: 50,
          avg_available_gb: 320,
          snapshot_count: 2,
        },
      ],
    ],
    [
      'FROM v_active_containers',
      [
        { container_name: 'mlenv-project-abc123', avg_cpu: 350.5, avg_memory_gb: 12.75 },
        { container_name: 'mlenv-project-def456', avg_cpu: null, avg_memory_gb: null },
      ],
    ],
    ['Delete metrics older than 7 days', [1]],
    ['Delete system snapshots older than 30 days', [1]],
    ['Clean expired cache', [1]],
    ['SELECT status FROM container_instances', [{ status: 'running' }]],
  ])('%s', (part, expected) => {
    const answers = answer(filled(), part);
    expect(answers).toHaveLength(expected.length);
    expect(answers).toMatchObject(expected);
  });

  test('the last five minutes of metrics, and the trend of an hour', () => {
    const db = filled();
    expect(answer(db, 'Get last 5 minutes of metrics')).toMatchObject([
      { cpu_percent: 401 },
      { cpu_percent: 300 },
    ]);
    expect(answer(db, 'System load trend')).toMatchObject([{ load_1min: 20 }, { load_1min: 10.5 }]);
  });

  test('a GPU is allocated and released, and not twice to the same container', () => {
    const db = filled();
    expect(answer(db, 'Allocate GPU')).toEqual([1]);
    expect(() => answer(db, 'Allocate GPU')).toThrow(/gpu taken/);
    expect(answer(db, 'Find free GPUs')).toEqual([{ gpu_id: 3 }]);
    expect(answer(db, 'Release GPU')).toEqual([2]);
    expect(answer(db, 'Find free GPUs')).toEqual([{ gpu_id: 0 }, { gpu_id: 1 }, { gpu_id: 3 }]);
  });
});

describe('the plans', () => {
  /** What looks at every row of a table that is searched. */
  const scans = (db: Database, sql: string): string[] =>
    (db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[])
      .map(({ detail }) => detail)
      .filter((detail) => detail.startsWith('SCAN ') && !detail.includes('USING'))
      // The document's own list of numbers, and a view's finished result.
      .filter((detail) => !/^SCAN (CONSTANT ROW|all_gpus|v_\w+)$/.test(detail));

  const scanning = (db: Database): string[] =>
    all.filter(({ sql }) => scans(db, sql).length > 0).map(({ title }) => title);

  test('use an index everywhere but where the document itself cannot', () => {
    const db = filled();
    const expected = ['Search by name', '❌ BAD - Table scan', '❌ BAD - Table scan'];
    expect(scanning(db)).toEqual(expected);
  });

  test('would show a scan if an index went', () => {
    const db = filled();
    for (const index of ['name', 'status_container', 'status', 'live_name'])
      db.exec(`DROP INDEX idx_containers_${index}`);
    expect(scanning(db)).toContain('List running containers');
  });

  test.each([
    ['SELECT status FROM container_instances', 'idx_containers_name (container_name=?)'],
    ['Check if system is overloaded', 'idx_snapshots_timestamp'],
    [
      'FROM v_active_containers',
      'idx_metrics_container_timestamp (container_id=? AND timestamp>?)',
    ],
    ['FROM v_active_containers', 'idx_containers_status_container (status=?)'],
    ['FROM v_system_summary', 'idx_snapshots_timestamp (timestamp>?)'],
  ])('%s uses %s', (part, index) => {
    const db = filled();
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${named(part).sql}`).all();
    expect(JSON.stringify(plan)).toContain(index);
  });
});
