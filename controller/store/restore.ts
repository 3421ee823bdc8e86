import { closeSync, copyFileSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { syncToDisk, verifyBackup } from './backup.ts';
import type { Connection } from './connection.ts';
import { inspectDatabase } from './inspect.ts';
import { moveAside } from './recover.ts';

export type Restored =
  /** `aside`: where the record before it lies now; null: there was none. */
  | { readonly kind: 'restored'; readonly aside: string | null }
  | { readonly kind: 'refused'; readonly message: string };

export interface RestoreOptions {
  readonly file: string;
  readonly backup: string;
  /** The newest schema that this MLEnv knows. */
  readonly newest: number;
  readonly now: number;
}

/**
 * A backup takes the record's place, once it was read through; the record before it is kept beside. The
 * next controller is told that what it reads is of another day. Nobody else may have the record open.
 */
export const restore = ({ file, backup, newest, now }: RestoreOptions): Restored => {
  if (!isUnused(file))
    return { kind: 'refused', message: `${file} is in use; stop its controller` };
  const copy = `${file}.restoring`;
  rmSync(copy, { force: true });
  try {
    closeSync(openSync(copy, 'wx', 0o600));
    copyFileSync(backup, copy);
    const found = inspectDatabase(copy, newest);
    if (found.kind !== 'usable')
      return { kind: 'refused', message: textOf(found.message, copy, backup) };
    if (found.version === 0) return { kind: 'refused', message: `${backup} is empty` };
    verifyBackup(copy);
    markRestored(copy);
    syncToDisk(copy);
    const aside = hasFile(file) ? moveAside(file, now, 'before-restore') : null;
    renameSync(copy, file);
    syncToDisk(dirname(file));
    return { kind: 'restored', aside };
  } catch (error) {
    return { kind: 'refused', message: error instanceof Error ? error.message : String(error) };
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(copy + suffix, { force: true });
  }
};

/** Read by the next controller, before anything else. */
const markRestored = (file: string): void => {
  const db = new Database(file);
  try {
    db.prepare("INSERT OR REPLACE INTO meta VALUES ('restored', '1')").run();
  } finally {
    db.close();
  }
};

/** Leaving WAL asks for the file alone; whoever opens it next goes back to it. */
export const isUnused = (file: string): boolean => {
  if (!hasFile(file)) return true;
  let db: Connection | null = null;
  try {
    db = new Database(file, { timeout: 0 });
    return db.pragma('journal_mode = DELETE', { simple: true }) === 'delete';
  } catch (error) {
    // A damaged one is nobody's.
    return !(error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY'));
  } finally {
    db?.close();
  }
};

const hasFile = (file: string): boolean => {
  try {
    closeSync(openSync(file, 'r'));
    return true;
  } catch {
    return false;
  }
};

const textOf = (message: string, copy: string, backup: string): string =>
  message.replaceAll(copy, backup);
