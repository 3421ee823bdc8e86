import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { documentSamples } from './document.ts';
import { openTestStore } from './support.ts';

/** The document's own statements, run as they are printed. */
const printed = (): Database.Database => {
  const db = new Database(':memory:');
  for (const { sql, kind } of documentSamples({})) if (kind === 'schema') db.exec(sql);
  return db;
};

interface Named {
  readonly name: string;
}

const names = (db: Database.Database, type: string): string[] =>
  db
    .prepare<[string], Named>(
      `SELECT name FROM sqlite_schema WHERE type = ? AND name NOT LIKE 'sqlite_%' ORDER BY name`,
    )
    .all(type)
    .map(({ name }) => name);

const columns = (db: Database.Database, table: string) =>
  (
    db.pragma(`table_info(${table})`) as {
      name: string;
      type: string;
      dflt_value: string | null;
      pk: number;
    }[]
  ).map(({ name, type, dflt_value, pk }) => ({ name, type, dflt_value, pk }));

const indexed = (db: Database.Database, index: string): (string | null)[] =>
  (db.pragma(`index_info(${index})`) as { name: string | null }[]).map(({ name }) => name);

const uniques = (db: Database.Database, table: string): string[] =>
  (db.pragma(`index_list(${table})`) as { name: string; origin: string }[])
    .filter(({ origin }) => origin === 'u')
    .map(({ name }) => indexed(db, name).join())
    .sort();

const references = (db: Database.Database, table: string): string[] =>
  (db.pragma(`foreign_key_list(${table})`) as Record<'from' | 'table' | 'to', string>[]).map(
    (key) => `${key.from} → ${key.table}.${key.to}`,
  );

const text = (db: Database.Database, name: string): string =>
  (
    db.prepare<[string], { sql: string }>('SELECT sql FROM sqlite_schema WHERE name = ?').get(name)
      ?.sql ?? ''
  ).replaceAll(/\s+/g, ' ');

describe('the schema of the document', () => {
  const document = printed();

  test('has eleven tables, ten indexes and two views', () => {
    expect(names(document, 'table')).toHaveLength(11);
    expect(names(document, 'index')).toHaveLength(10);
    expect(names(document, 'view')).toEqual(['v_active_containers', 'v_system_summary']);
  });

  test.each(names(document, 'table'))('%s has its columns, keys and references', (table) => {
    const { hand } = openTestStore();
    const mine = columns(hand, table);
    for (const column of columns(document, table)) expect(mine).toContainEqual(column);
    expect(uniques(hand, table)).toEqual(uniques(document, table));
    expect(references(hand, table)).toEqual(references(document, table));
  });

  test.each(names(document, 'index'))('%s is on the same columns', (index) => {
    const { hand } = openTestStore();
    expect(indexed(hand, index)).toEqual(indexed(document, index));
  });

  test.each(names(document, 'view'))('%s is the same', (view) => {
    const { hand } = openTestStore();
    expect(text(hand, view)).toBe(text(document, view));
  });
});

describe('a DATETIME', () => {
  const datetimes = (): { table: string; column: string }[] => {
    const { hand } = openTestStore();
    return names(hand, 'table').flatMap((table) =>
      columns(hand, table)
        .filter(({ type }) => type === 'DATETIME')
        .map(({ name }) => ({ table, column: name })),
    );
  };

  test('stands in every column of that type under a check', () => {
    const { hand } = openTestStore();
    const found = datetimes();
    expect(found).toHaveLength(15);
    for (const { table, column } of found)
      expect(text(hand, table)).toContain(`${column} IS datetime(${column})`);
  });

  test.each([
    '2026-03-01T12:00:00Z',
    '2026-03-01 12:00',
    '2026-03-01',
    '2026-02-30 12:00:00',
    '2026-03-01 12:00:00.5',
    'now',
    'soon',
    1_772_366_400,
    '',
  ])('is never %s', (value) => {
    const { hand } = openTestStore();
    const insert = hand.prepare('INSERT INTO system_snapshots (timestamp) VALUES (?)');
    expect(() => insert.run(value)).toThrow(/CHECK|non-deterministic/);
  });

  test('is UTC text, the default, or NULL', () => {
    const { hand } = openTestStore();
    hand.exec(`INSERT INTO system_snapshots (timestamp) VALUES ('2026-03-01 12:00:00'), (NULL)`);
    hand.exec('INSERT INTO system_snapshots (cpu_percent) VALUES (1)');
    hand.exec(`INSERT INTO users (id, username) VALUES (1000, 'ada')`);
    const stamps = hand.prepare('SELECT timestamp FROM system_snapshots ORDER BY id').pluck().all();
    expect(stamps).toEqual([
      '2026-03-01 12:00:00',
      null,
      expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
    ]);
  });
});

test('an image without a team stands once', () => {
  const { hand } = openTestStore();
  const insert = hand.prepare(`INSERT INTO ngc_images (name, organization) VALUES ('a', 'nvidia')`);
  insert.run();
  expect(() => insert.run()).toThrow(/UNIQUE/);
  expect(hand.prepare('SELECT team FROM ngc_images').pluck().all()).toEqual([null]);
});

test('metrics belong to a container that is on record', () => {
  const { hand } = openTestStore();
  const insert = hand.prepare(`INSERT INTO resource_metrics (container_id) VALUES ('nobody')`);
  expect(() => insert.run()).toThrow(/FOREIGN KEY/);
});
