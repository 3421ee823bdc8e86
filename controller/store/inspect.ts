import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { Connection } from './connection.ts';
import { applicationId, schemaVersion } from './migrate.ts';

/** Why a record was not opened. `message` is for a person and says what to do. */
export type OpenFault =
  | { readonly kind: 'newer'; readonly message: string }
  | { readonly kind: 'corrupt'; readonly message: string }
  | { readonly kind: 'unsafe-folder'; readonly message: string }
  | {
      readonly kind: 'network-filesystem';
      readonly message: string;
      /** A folder on a local disk. */
      readonly proposal: string;
    };

/** Version 0: nothing is in it yet. */
export type Inspection = { readonly kind: 'usable'; readonly version: number } | OpenFault;

/** Looks at the whole file through a read-only handle, so that a newer or damaged one stays as it is. */
export const inspectDatabase = (file: string, newest: number): Inspection => {
  if (statSync(file).size === 0) return { kind: 'usable', version: 0 };
  try {
    return look(file, newest, true);
  } catch (error) {
    const fault = openFault(file, error);
    if (fault !== null) return fault;
    // A journal of a process that died while it made the file can only be rolled back by a writer.
    if (!code(error).startsWith('SQLITE_READONLY') && !code(error).startsWith('SQLITE_CANTOPEN'))
      throw error;
    return look(file, newest, false);
  }
};

/** The fault that an error of SQLite stands for; null: another one. */
export const openFault = (file: string, error: unknown): OpenFault | null =>
  code(error).startsWith('SQLITE_CORRUPT') || code(error) === 'SQLITE_NOTADB'
    ? corrupt(file, error instanceof Error ? error.message : '')
    : null;

const look = (file: string, newest: number, readonly: boolean): Inspection => {
  const db = new Database(file, { readonly, timeout: 250 });
  try {
    return judge(db, file, newest);
  } finally {
    db.close();
  }
};

const judge = (db: Connection, file: string, newest: number): Inspection => {
  const id = db.pragma('application_id', { simple: true });
  const version = schemaVersion(db);
  const tables = db.prepare<[], { readonly n: number }>('SELECT count(*) AS n FROM sqlite_schema');
  if (id === 0 && version === 0 && tables.get()?.n === 0) return { kind: 'usable', version };
  if (id !== applicationId) return corrupt(file, 'it is a database of another program');
  if (version > newest)
    return {
      kind: 'newer',
      message: `${file} was written by a newer MLEnv (schema ${version}, this one knows ${newest}). Use that MLEnv, or set MLENV_STATE_DIR to another folder.`,
    };
  const verdict = db.pragma('quick_check(1)', { simple: true });
  return verdict === 'ok' ? { kind: 'usable', version } : corrupt(file, String(verdict));
};

const corrupt = (file: string, why: string): OpenFault => ({
  kind: 'corrupt',
  message: `${file} cannot be used: ${why}`,
});

const code = (error: unknown): string => (error instanceof Database.SqliteError ? error.code : '');
