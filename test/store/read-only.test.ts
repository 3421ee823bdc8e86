import { existsSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openStoreToRead } from '../../controller/store/read-only.ts';
import { openTestStore, optionsIn, project, temporaryFolder } from './support.ts';

test('reads beside the one who writes, and cannot write', () => {
  const { store, file } = openTestStore();
  store.projects.insert(project());
  const opened = openStoreToRead({ ...optionsIn(''), file });
  if (opened.kind !== 'open') throw new Error(opened.message);
  expect(opened.store.projects.list()).toEqual([project()]);
  expect(() => {
    opened.store.meta.set('a', 'b');
  }).toThrow(/readonly/);
  store.projects.update('p1', { name: 'seen' });
  expect(opened.store.projects.get('p1')).toMatchObject({ name: 'seen' });
  opened.store.close();
});

test('makes nothing, migrates nothing, and says why', () => {
  const options = optionsIn(temporaryFolder());
  expect(openStoreToRead(options).kind).toBe('none');
  expect(existsSync(options.file)).toBe(false);
  const { file } = openTestStore();
  const at = (version: number): string => {
    const db = new Database(file);
    db.pragma(`user_version = ${version}`);
    db.close();
    return openStoreToRead({ ...options, file }).kind;
  };
  expect(at(1)).toBe('none');
  expect(at(99)).toBe('newer');
});

test('names a file that is no database', () => {
  const folder = temporaryFolder();
  const file = `${folder}/mlenv.db`;
  writeFileSync(file, 'not a database at all, though it is long enough to be looked at'.repeat(20));
  expect(openStoreToRead({ ...optionsIn(folder), file }).kind).toBe('corrupt');
});
