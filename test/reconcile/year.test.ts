import { expect, test } from 'vitest';
import { documentSamples } from '../store/document.ts';
import { createYear, dayMs, mostRows, type Year } from '../support/year.ts';

/**
 * A year of 100 environments, in short: a sample every fourth hour instead of every half minute, all else as
 * often as on a busy machine. `npm run year` plays it with more. docs/upkeep.md states the bounds.
 */
const days = 365;
const samplesADay = 6;

const countsOf = ({ tables, count }: Year): Readonly<Record<string, number>> =>
  Object.fromEntries(tables().map((table) => [table, count(table)]));

test('a year of 100 environments: rows and bytes stay inside what retention says', () => {
  const year = createYear({ samplesADay: () => samplesADay });
  const { db, store, count } = year;
  let bytesAtHalf = 0;
  let half: Readonly<Record<string, number>> = {};
  for (let day = 0; day < days; day += 1) {
    year.day(day);
    if (day !== Math.floor(days / 2)) continue;
    bytesAtHalf = store.upkeep.size().bytes;
    half = countsOf(year);
  }
  const most = mostRows({ days, samplesADay });
  const rows = countsOf(year);
  for (const [table, bound] of Object.entries(most)) {
    expect(rows[table], table).toBeLessThanOrEqual(bound);
    // Averages are kept by who takes samples, which nobody does here, and answers that expired are gone.
    if (table === 'usage_sums' || table === 'api_cache') continue;
    expect(rows[table], table).toBeGreaterThan(bound * 0.5);
  }
  // No other table knows that half a year went by.
  const others = Object.keys(rows).filter((table) => !(table in most));
  expect(others.length).toBeGreaterThan(15);
  for (const table of others) expect(rows[table], table).toBe(half[table]);

  // Beyond what is kept for a year and grows until then, the second half of the year adds nothing.
  const { bytes, freeBytes } = store.upkeep.size();
  const yearLong = ['usage_hours', 'audit_log', 'generations'];
  const added = yearLong.reduce((sum, table) => sum + (rows[table] ?? 0) - (half[table] ?? 0), 0);
  expect(bytes - bytesAtHalf).toBeLessThan(added * 250);
  expect(freeBytes).toBeLessThan(bytes * 0.15);
  // An hour of an environment, for a year of which 8760 are kept: less than 200 MB for 100 that never end.
  const { usage } = db
    .prepare<[], { readonly usage: number }>(
      "SELECT sum(pgsize) AS usage FROM dbstat WHERE name IN ('usage_hours', 'idx_usage_hour')",
    )
    .get() ?? { usage: Number.POSITIVE_INFINITY };
  expect(usage / count('usage_hours')).toBeLessThan(200);
  expect(db.pragma('foreign_key_check')).toEqual([]);
  // No day was lost.
  const counted = db.prepare(`SELECT count(DISTINCT hour_ms / ${dayMs}) FROM usage_hours`).pluck();
  expect(counted.get()).toBeGreaterThanOrEqual(days);

  // What the document asks is found by an index: what it costs follows from the answer, and not from the year.
  const scans = documentSamples({})
    .filter(({ kind }) => kind === 'sample')
    .flatMap(({ sql }) =>
      db.prepare<[], { readonly detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(),
    )
    .map(({ detail }) => detail)
    .filter((detail) => /^SCAN (\w+)$/.test(detail) && detail.slice(5) in most);
  expect(scans).toEqual([]);
  db.close();
}, 240_000);
