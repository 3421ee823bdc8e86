import { closeSync, mkdirSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { syncToDisk } from './backup.ts';
import type { Connection } from './connection.ts';
import { toFileStamp } from './time.ts';

/** 'MLNV': how our file is told from any other SQLite database. */
export const applicationId = 0x4d4c4e56;

export interface Migration {
  readonly version: number;
  readonly file: string;
  readonly sql: string;
}

/** `0001-….sql` and on, without a gap. Throws where one is missing or doubled. */
export const readMigrations = (folder: string): readonly Migration[] => {
  const files = readdirSync(folder)
    .filter((name) => /^\d{4}-.+\.sql$/.test(name))
    .sort();
  return files.map((name, index) => {
    const version = Number(name.slice(0, 4));
    if (version !== index + 1)
      throw new Error(`${folder}: expected migration ${index + 1}, found ${name}`);
    const file = join(folder, name);
    return { version, file, sql: readFileSync(file, 'utf8') };
  });
};

export const schemaVersion = (db: Connection): number =>
  db.pragma('user_version', { simple: true }) as number;

/**
 * Brings the database to the newest version, each migration with its version in one transaction, so
 * that a kill leaves the one before. A database that has data is copied first. Returns the copy's path.
 */
export const migrate = (
  db: Connection,
  options: {
    readonly migrations: readonly Migration[];
    readonly backupFolder: string;
    readonly now: number;
  },
): string | null => {
  const from = schemaVersion(db);
  const due = options.migrations.filter(({ version }) => version > from);
  if (due.length === 0) return null;
  const copy = from === 0 ? null : backup(db, options.backupFolder, from, options.now);
  // A migration that rebuilds a table would set off its foreign keys; they are checked as a whole instead.
  db.pragma('foreign_keys = OFF');
  try {
    for (const migration of due) apply(db, migration);
  } finally {
    db.pragma('foreign_keys = ON');
  }
  return copy;
};

const apply = (db: Connection, { version, file, sql }: Migration): void => {
  db.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have been first.
    if (schemaVersion(db) < version) {
      db.exec(sql);
      const broken = db.pragma('foreign_key_check') as readonly unknown[];
      if (broken.length > 0) throw new Error(`${file} breaks ${broken.length} foreign keys`);
      db.pragma(`application_id = ${applicationId}`);
      db.pragma(`user_version = ${version}`);
    }
    db.exec('COMMIT');
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
};

/** A whole copy with what stands in the WAL, on the disk and checked before anything is changed. */
const backup = (db: Connection, folder: string, version: number, now: number): string => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = newFile(join(folder, `mlenv-v${version}-${toFileStamp(now)}`));
  db.prepare('VACUUM INTO ?').run(file);
  syncToDisk(file);
  syncToDisk(folder);
  const copy = new Database(file, { readonly: true });
  try {
    const verdict = copy.pragma('quick_check(1)', { simple: true });
    if (verdict !== 'ok') throw new Error(`the backup ${file} is damaged: ${String(verdict)}`);
  } finally {
    copy.close();
  }
  return file;
};

/** Made empty with its mode, which VACUUM INTO accepts, so that no other mode is ever there. */
const newFile = (base: string): string => {
  for (let number = 1; ; number += 1) {
    const file = number === 1 ? `${base}.db` : `${base}-${number}.db`;
    try {
      closeSync(openSync(file, 'wx', 0o600));
      return file;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
};
