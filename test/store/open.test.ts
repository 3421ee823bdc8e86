import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { applicationId, readMigrations } from '../../controller/store/migrate.ts';
import { openStore } from '../../controller/store/open.ts';
import { moveAside } from '../../controller/store/recover.ts';
import { migrationsFolder } from '../../schema/files.ts';
import { noon, openOk, openTestStore, optionsIn, project, temporaryFolder } from './support.ts';

/** Of the database and its WAL, to the byte. */
const fingerprint = (file: string): string =>
  ['', '-wal']
    .map((suffix) =>
      createHash('sha256')
        .update(readFileSync(file + suffix))
        .digest('hex'),
    )
    .join();

const newest = readMigrations(migrationsFolder()).length;

test('a new record is made once, with its identity, and found again', () => {
  const options = optionsIn(temporaryFolder());
  const first = openStore(options);
  expect(first).toMatchObject({ kind: 'open', created: true, backup: null });
  if (first.kind === 'open') first.store.close();
  const second = openStore(options);
  expect(second).toMatchObject({ kind: 'open', created: false, backup: null });
  if (second.kind === 'open') second.store.close();
  const db = new Database(options.file);
  const read = (name: string): unknown => db.pragma(name, { simple: true });
  expect(read('application_id')).toBe(applicationId);
  expect(read('user_version')).toBe(newest);
  expect(read('auto_vacuum')).toBe(2);
  expect(read('journal_mode')).toBe('wal');
  expect(read('integrity_check')).toBe('ok');
  db.close();
});

test('an empty file is a new record: a process may have died before its first table', () => {
  const options = optionsIn(temporaryFolder());
  mkdirSync(dirname(options.file), { mode: 0o700 });
  writeFileSync(options.file, '', { mode: 0o600 });
  const opened = openStore(options);
  expect(opened).toMatchObject({ kind: 'open', created: true });
  if (opened.kind === 'open') opened.store.close();
  const db = new Database(options.file);
  expect(db.pragma('auto_vacuum', { simple: true })).toBe(2);
  db.close();
});

test('modes that a hand made too wide are narrowed for the file, and asked about for the folder', () => {
  const options = optionsIn(temporaryFolder());
  openOk(options).close();
  chmodSync(options.file, 0o644);
  openOk(options).close();
  expect(statSync(options.file).mode & 0o777).toBe(0o600);
  chmodSync(dirname(options.file), 0o777);
  expect(openStore(options)).toMatchObject({
    kind: 'unsafe-folder',
    message: expect.stringContaining('chmod 700'),
  });
  expect(statSync(dirname(options.file)).mode & 0o777).toBe(0o777);
});

test('a folder of somebody else is refused', () => {
  const options = optionsIn(temporaryFolder());
  openOk(options).close();
  const { uid } = statSync(dirname(options.file));
  const asked = openStore({ ...options, uid: uid + 1 });
  // A folder of root is nobody's enemy.
  expect(asked.kind).toBe(uid === 0 ? 'open' : 'unsafe-folder');
  if (asked.kind === 'open') asked.store.close();
});

test('a newer record is refused and stays as it was, to the byte', () => {
  const { store, file, hand } = openTestStore();
  store.projects.insert(project());
  hand.pragma(`user_version = ${newest + 1}`);
  const before = fingerprint(file);
  expect(openStore({ ...optionsIn(''), file })).toMatchObject({
    kind: 'newer',
    message: expect.stringContaining(`schema ${newest + 1}, this one knows ${newest}`),
  });
  expect(fingerprint(file)).toBe(before);
});

test('a newer record that nobody has open keeps its WAL', () => {
  const { store, file, hand } = openTestStore();
  store.projects.insert(project());
  hand.pragma(`user_version = ${newest + 1}`);
  const options = optionsIn(temporaryFolder());
  mkdirSync(dirname(options.file), { mode: 0o700 });
  for (const suffix of ['', '-wal']) copyFileSync(file + suffix, options.file + suffix);
  const before = fingerprint(options.file);
  expect(openStore(options).kind).toBe('newer');
  expect(fingerprint(options.file)).toBe(before);
});

test.each([
  ['text', (file: string) => writeFileSync(file, 'this was a database '.repeat(500))],
  [
    'a damaged page',
    (file: string) => {
      const bytes = readFileSync(file);
      bytes.fill(0xff, 4096, 12_288);
      writeFileSync(file, bytes);
    },
  ],
  ['half of it', (file: string) => writeFileSync(file, readFileSync(file).subarray(0, 20_000))],
  [
    'a database of another program',
    (file: string) => {
      writeFileSync(file, '');
      const other = new Database(file);
      other.exec('CREATE TABLE theirs (a)');
      other.close();
    },
  ],
])('%s is told to be corrupt, is moved aside whole, and a new record begins', (_, damage) => {
  const options = optionsIn(temporaryFolder());
  const store = openOk(options);
  store.projects.insert(project());
  store.close();
  damage(options.file);
  const bytes = readFileSync(options.file);
  writeFileSync(`${options.file}-wal`, '');
  const message = expect.stringContaining('cannot be used: ') as unknown;
  expect(openStore(options)).toEqual({ kind: 'corrupt', message });
  expect(readFileSync(options.file).equals(bytes)).toBe(true);

  const aside = moveAside(options.file, noon);
  expect(aside).toBe(`${options.file}.corrupt-20260301T120000Z`);
  expect(readFileSync(aside).equals(bytes)).toBe(true);
  expect(existsSync(`${aside}-wal`)).toBe(true);
  const again = openStore(options);
  expect(again).toMatchObject({ kind: 'open', created: true });
  if (again.kind === 'open') {
    expect(again.store.projects.list()).toEqual([]);
    again.store.close();
  }
});

test('a second damaged database of the same second gets a name of its own', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'mlenv.db');
  writeFileSync(file, 'one');
  const first = moveAside(file, noon);
  writeFileSync(file, 'two');
  const second = moveAside(file, noon);
  expect(second).toBe(`${first}-2`);
  expect([first, second].map((name) => readFileSync(name, 'utf8'))).toEqual(['one', 'two']);
});

test('a WAL whose database was deleted never meets the next one', () => {
  const { store, file } = openTestStore();
  store.projects.insert(project());
  const options = optionsIn(temporaryFolder());
  mkdirSync(dirname(options.file), { mode: 0o700 });
  copyFileSync(`${file}-wal`, `${options.file}-wal`);
  const next = openOk(options);
  expect(next.projects.list()).toEqual([]);
  next.close();
  const left = readdirSync(dirname(options.file)).filter((name) => name.includes('.left-'));
  expect(left).toEqual(['mlenv.db.left-20260301T120000Z-wal']);
});
