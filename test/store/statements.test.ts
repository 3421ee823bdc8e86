import { expect, test, vi } from 'vitest';
import { storeOf } from '../../controller/store/sqlite-store.ts';
import { openTestStore } from './support.ts';

/** Every statement of the store, with its parameters filled in so that it can be explained. */
const statements = (): { readonly sql: string; readonly plan: string }[] => {
  const { hand } = openTestStore();
  const prepare = vi.spyOn(hand, 'prepare');
  storeOf(hand);
  const texts = prepare.mock.calls.map(([sql]) => sql);
  prepare.mockRestore();
  return texts
    .filter((sql) => /^(SELECT|INSERT|UPDATE|DELETE|WITH)/.test(sql))
    .map((sql) => ({
      sql: sql.replaceAll(/\s+/g, ' '),
      plan: (
        hand
          .prepare<[], { readonly detail: string }>(
            `EXPLAIN QUERY PLAN ${sql.replaceAll(/@\w+|\?/g, '1')}`,
          )
          .all() as readonly { readonly detail: string }[]
      )
        .map(({ detail }) => detail)
        .join('\n'),
    }));
};

const searched = (plan: string): string[] =>
  plan.split('\n').filter((line) => line.startsWith('SCAN ') && !line.includes('USING'));

test('a statement that is after some rows finds them by an index', () => {
  const all = statements();
  expect(all.length).toBeGreaterThan(50);
  const scanning = all.filter(({ plan }) => searched(plan).length > 0).map(({ sql }) => sql);
  // Those that list all there is.
  const lists = [
    // What it scans is what it has found by then.
    /^INSERT OR REPLACE INTO usage_hours/,
    // Four counts, each by an index: the row around them is none of a table.
    /^SELECT \(SELECT count\(\*\) FROM ngc_images/,
    // From the newest back, and no further than the limit.
    /^SELECT \* FROM \( SELECT \* FROM audit_log/,
    /^SELECT \* FROM catalogue_syncs ORDER BY/,
    /^SELECT \* FROM engine_images ORDER BY/,
    /^SELECT \* FROM environments ORDER BY/,
    /^SELECT \* FROM gpus ORDER BY/,
    /^SELECT \* FROM holds ORDER BY/,
    /^SELECT \* FROM notices ORDER BY id DESC LIMIT/,
    /^SELECT \* FROM sources ORDER BY/,
    /^SELECT \* FROM troubles ORDER BY/,
    /^SELECT DISTINCT image_name FROM container_instances/,
    /FROM group_quotas g JOIN quota_profiles q/,
    // Thousands of short rows; versions, which are many and long, are found by an index.
    /^SELECT i\.\* FROM ngc_images i/,
    /FROM users ORDER BY id/,
    // The GPUs of one container.
    /^SELECT json_group_array\(device\) FROM/,
    // What fails now is never much; each finds its notices by their index.
    /FROM troubles t JOIN notices n/,
    /FROM ngc_images GROUP BY origin/,
    /FROM project_owners ORDER BY/,
    /FROM project_usage ORDER BY/,
    /FROM project_usage u JOIN project_quotas q/,
    /FROM user_usage ORDER BY/,
    /FROM gpu_cordons ORDER BY/,
    // What they scan is what they have found by then.
    /^WITH sample .* AS measuredHours/,
    /^WITH sample .* AS networkRxBytes/,
  ].map((list) => expect.stringMatching(list) as unknown);
  expect(scanning.toSorted((a, b) => a.localeCompare(b))).toEqual(lists);
});

test('a busy table is searched by its own index', () => {
  const planOf = (part: string): string =>
    statements().find(({ sql }) => sql.includes(part))?.plan ?? '';
  expect(planOf('INTO usage_hours')).toContain(
    'idx_metrics_container_timestamp (container_id=? AND timestamp>? AND timestamp<?)',
  );
  expect(planOf('INTO usage_hours')).toContain(
    'idx_containers_of (project_id=? AND environment=?)',
  );
  const ofSamples =
    'idx_metrics_container_timestamp (container_id=? AND timestamp>? AND timestamp<?)';
  expect(planOf('avg(memory_used_gb)')).toContain(ofSamples);
  expect(planOf('avg(memory_used_gb)')).toContain(
    'idx_containers_of (project_id=? AND environment=?)',
  );
  expect(planOf('AS measuredHours, total(cpu_percent')).toContain(ofSamples);
  expect(planOf('FROM gpu_lease_history WHERE')).toContain('idx_gpu_lease_history_ended');
  expect(planOf('AND message = @message')).toContain(
    'idx_events_same (project_id=? AND environment=? AND type=? AND reason=? AND message=? AND at_ms>?)',
  );
  expect(planOf('FROM events WHERE TRUE AND seq > @after')).toContain('idx_events_seq (seq>?)');
  expect(planOf('AND environment = @environment ORDER BY at_ms')).toContain('idx_events_place');
  expect(planOf('AND environment = ? ORDER BY id')).toContain('idx_intents_unfinished');
  expect(planOf('WHERE requested_at_ms IS NOT NULL')).toContain('idx_environments_requested');
  expect(planOf('WHERE host_port = ?')).toContain('idx_port_leases_port');
  expect(planOf(`AND project_id = ? ORDER BY container_name`)).toContain(
    'idx_containers_live_project',
  );
});
