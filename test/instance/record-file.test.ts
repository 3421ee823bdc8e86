import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { createRecordFile } from '../../controller/instance/record-file.ts';
import { emptyMemory } from '../../controller/reconcile/deps.ts';
import { openStore } from '../../controller/store/open.ts';
import { migrationsFolder } from '../../schema/files.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';
import { until } from '../support/until.ts';

const setUp = () => {
  const folder = mkdtempSync(join(tmpdir(), 'mlenv-record-file-'));
  const file = join(folder, 'mlenv.db');
  const opened = openStore({ file, migrationsFolder: migrationsFolder(), now: 0 });
  if (opened.kind !== 'open') throw new Error(opened.message);
  const { store } = opened;
  const clock = createSimulatedClock();
  const memory = emptyMemory();
  const told: string[] = [];
  const watch = createRecordFile({
    file,
    deps: { store, clock, memory },
    onTrouble: (message) => told.push(message),
  });
  onTestFinished(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });
  /** What a new process would read there. */
  const valueIn = (path: string, key: string): unknown => {
    const db = new Database(path, { readonly: true });
    try {
      return db.prepare('SELECT value FROM meta WHERE key = ?').pluck().get(key);
    } finally {
      db.close();
    }
  };
  return { folder, file, store, clock, memory, told, watch, valueIn };
};

test('a record that lies where it should is left alone', async () => {
  const { file, watch, told, memory } = setUp();
  const before = statSync(file).ino;
  await watch.look();
  expect([told, memory.upkeepFaults.size, statSync(file).ino]).toEqual([[], 0, before]);
});

test('one that was deleted is noticed within a minute, told, and saved back with all since', async () => {
  const { file, store, clock, memory, told, watch, valueIn } = setUp();
  await watch.start(() => {});
  store.meta.set('before', 'kept');
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
  store.meta.set('after', 'kept too');
  await clock.advance(60_000);
  await until('it is told', () => told.length === 1);
  expect(told[0]).toContain(`${file} was deleted while it is in use`);
  expect(memory.upkeepFaults.get('file')).toBe(told[0]);
  expect([valueIn(file, 'before'), valueIn(file, 'after')]).toEqual(['kept', 'kept too']);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  // The work goes on in the one that nobody sees, until the end.
  store.meta.set('last', 'kept as well');
  await watch.stop();
  expect(valueIn(file, 'last')).toBe('kept as well');
  expect(told.length).toBe(1);
});

test.each(['another file', 'moved away', 'written over'] as const)(
  'what somebody put in its place stays (%s), and the record in use is saved beside it',
  async (how) => {
    const { folder, file, store, watch, told, valueIn } = setUp();
    store.meta.set('ours', 'yes');
    if (how === 'another file') {
      rmSync(file);
      writeFileSync(file, 'theirs');
    } else if (how === 'moved away') {
      writeFileSync(`${file}.new`, 'theirs');
      renameSync(`${file}.new`, file);
    } else writeFileSync(file, 'theirs');
    await watch.look();
    expect(readFileSync(file, 'utf8')).toBe('theirs');
    expect(told[0]).toContain('something else was put in the place');
    const aside = readdirSync(folder).find((name) => name.includes('.in-use-')) ?? '';
    expect(valueIn(join(folder, aside), 'ours')).toBe('yes');
    store.meta.set('later', 'yes');
    await watch.stop();
    expect(valueIn(join(folder, aside), 'later')).toBe('yes');
    expect(readFileSync(file, 'utf8')).toBe('theirs');
  },
);
