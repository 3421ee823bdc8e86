import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { isRecordFull } from '../../controller/model/store-upkeep.ts';
import { backupsIn, pruneBackups, verifyBackup } from '../../controller/store/backup.ts';
import { storeOf } from '../../controller/store/sqlite-store.ts';
import { noon, openTestStore, project, temporaryFolder } from './support.ts';

const fill = (db: Database.Database, rows: number): void =>
  void db
    .prepare(
      `INSERT INTO system_snapshots (gpu_stats)
       WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       SELECT json_array(hex(randomblob(500))) FROM n`,
    )
    .run(rows);

describe('backup', () => {
  test('it is a whole record under its name, and only its owner reads it', async () => {
    const { store } = openTestStore();
    store.projects.insert(project());
    const file = join(temporaryFolder(), 'copy.db');
    await store.upkeep.backup(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const copy = new Database(file, { readonly: true });
    expect(copy.prepare('SELECT name FROM projects').all()).toEqual([{ name: 'vision' }]);
    expect(copy.pragma('journal_mode', { simple: true })).toBe('delete');
    copy.close();
    expect(readdirSync(join(file, '..'))).toEqual(['copy.db']);
  });

  test('what is written while it is made is in it, or not, but never half', async () => {
    const { store, hand } = openTestStore();
    fill(hand, 3000);
    const file = join(temporaryFolder(), 'copy.db');
    let turns = 0;
    const done = new AbortController();
    const writing = (async () => {
      while (!done.signal.aborted) {
        store.meta.set(`turn-${turns}`, 'x');
        turns += 1;
        await new Promise((resume) => setImmediate(resume));
      }
    })();
    await store.upkeep.backup(file);
    done.abort();
    await writing;
    // Others had their turns in between.
    expect(turns).toBeGreaterThan(3);
    verifyBackup(file);
  });

  test('one that cannot be made leaves nothing behind', async () => {
    const { store } = openTestStore();
    const folder = temporaryFolder();
    await expect(store.upkeep.backup(join(folder, 'none', 'copy.db'))).rejects.toThrow();
    writeFileSync(join(folder, 'file'), '');
    await expect(store.upkeep.backup(join(folder, 'file', 'copy.db'))).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(['file']);
  });

  test('a damaged copy is told from a whole one', () => {
    const file = join(temporaryFolder(), 'copy.db');
    writeFileSync(file, 'this was a database once'.repeat(200));
    expect(() => verifyBackup(file)).toThrow();
  });

  test('the newest of each kind stay', () => {
    const folder = temporaryFolder();
    const names = [
      'mlenv-20260101T030000Z.db',
      'mlenv-20260102T030000Z.db',
      'mlenv-20260103T030000Z.db',
      'mlenv-v9-20260101T000000Z.db',
      'mlenv-v10-20260201T000000Z.db',
      'mlenv-v10-20260201T000000Z-2.db',
      'mine.db',
    ];
    for (const name of names) writeFileSync(join(folder, name), '');
    pruneBackups(folder, 2);
    expect(readdirSync(folder).toSorted()).toEqual([
      'mine.db',
      'mlenv-20260102T030000Z.db',
      'mlenv-20260103T030000Z.db',
      'mlenv-v10-20260201T000000Z-2.db',
      'mlenv-v10-20260201T000000Z.db',
    ]);
    expect(backupsIn(folder, 'daily')[0]).toContain('20260103');
    expect(existsSync(join(folder, 'mine.db'))).toBe(true);
  });
});

describe('the file', () => {
  test('free pages are given back a few at a time', () => {
    const { store, hand } = openTestStore();
    fill(hand, 2000);
    hand.exec('DELETE FROM system_snapshots');
    const { bytes, freeBytes } = store.upkeep.size();
    expect(freeBytes).toBeGreaterThan(2 ** 20);
    expect(store.upkeep.reclaim(10)).toBe(10);
    expect(store.upkeep.size().bytes).toBe(bytes - 10 * 4096);
  });

  test('the WAL is cut when nobody reads, and left alone while somebody does', () => {
    const { store, hand, file } = openTestStore();
    const wal = (): number => statSync(`${file}-wal`).size;
    hand.exec('BEGIN');
    hand.prepare('SELECT count(*) FROM meta').get();
    fill(new Database(file), 200);
    store.upkeep.checkpoint();
    expect(wal()).toBeGreaterThan(0);
    hand.exec('COMMIT');
    store.upkeep.checkpoint();
    expect(wal()).toBe(0);
  });

  test('a full one is told apart from every other fault, and the probe tells when there is room again', () => {
    const { hand } = openTestStore();
    const store = storeOf(hand);
    const pages = Number(hand.pragma('page_count', { simple: true }));
    hand.pragma(`max_page_count = ${pages}`);
    const caught = (() => {
      try {
        store.upkeep.probe();
        return null;
      } catch (error) {
        return error;
      }
    })();
    expect(isRecordFull(caught)).toBe(true);
    hand.pragma(`max_page_count = ${pages + 100}`);
    store.upkeep.probe();
    expect(store.meta.get('probe')).toBeNull();
    expect(isRecordFull(new Error('else'))).toBe(false);
  });
});

test('what prune would take is counted without taking it', () => {
  const { store } = openTestStore();
  store.events.add({
    at: noon,
    type: 'Normal',
    reason: 'Running',
    message: 'x',
    projectId: null,
    environment: null,
  });
  expect(store.upkeep.due('events', noon)).toBe(0);
  expect(store.upkeep.due('events', noon + 1)).toBe(1);
  expect(store.upkeep.due('events', noon + 1)).toBe(1);
});
