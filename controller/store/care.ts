import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { RecordCheck, RowValue, TableRows, TableSize } from '../model/record-care.ts';
import type { Connection } from './connection.ts';
import { schemaVersion } from './migrate.ts';
import { fromDatetime } from './time.ts';

export type FileCheck = Omit<RecordCheck, 'file' | 'newestVersion' | 'freeDiskBytes' | 'backups'>;

/** Reads all of it through a handle of its own that cannot write. */
export const checkFile = (file: string): FileCheck =>
  reading(file, (db) => {
    const pragma = (name: string): number => Number(db.pragma(name, { simple: true }));
    const pageBytes = pragma('page_size');
    return {
      schemaVersion: schemaVersion(db),
      faults: faultsOf(db),
      bytes: pragma('page_count') * pageBytes,
      freeBytes: pragma('freelist_count') * pageBytes,
      walBytes: sizeOf(`${file}-wal`),
      tables: tablesOf(db).map((table) => sizeOfTable(db, table)),
    };
  });

export const versionOf = (file: string): number => reading(file, schemaVersion);

/** Where there is no such table, those that there are. Read in one go, so that no reader stays behind. */
export const rowsOf = (
  file: string,
  table: string,
): TableRows | { readonly known: readonly string[] } =>
  reading(file, (db) => {
    const known = tablesOf(db);
    if (!known.includes(table)) return { known };
    const statement = db.prepare<[], Record<string, RowValue>>(`SELECT * FROM "${table}"`).raw();
    const columns = statement.columns().map(({ name }) => name);
    return { columns, rows: statement.all() as unknown as readonly (readonly RowValue[])[] };
  });

/** Writes the file anew, without its holes; from then on they can be given back in steps. Nobody else has it open. */
export const vacuumFile = (file: string): void => {
  const db = new Database(file, { timeout: 0 });
  try {
    db.pragma('auto_vacuum = INCREMENTAL');
    db.exec('VACUUM');
  } finally {
    db.close();
  }
};

export const givesBackInSteps = (file: string): boolean =>
  reading(file, (db) => db.pragma('auto_vacuum', { simple: true }) === 2);

export const bytesOf = (file: string): number => statSync(file).size;

const reading = <T>(file: string, read: (db: Connection) => T): T => {
  const db = new Database(file, { readonly: true, timeout: 250 });
  try {
    return read(db);
  } finally {
    db.close();
  }
};

const faultsOf = (db: Connection): readonly string[] => {
  const found = db.pragma('integrity_check(20)') as readonly { readonly integrity_check: string }[];
  const broken = db.pragma('foreign_key_check') as readonly {
    readonly table: string;
    readonly parent: string;
  }[];
  return [
    ...found.map((row) => row.integrity_check).filter((text) => text !== 'ok'),
    ...broken.map(({ table, parent }) => `a row of ${table} points at no row of ${parent}`),
  ];
};

const tablesOf = (db: Connection): readonly string[] =>
  db
    .prepare<[], { readonly name: string }>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .all()
    .map(({ name }) => name);

/** When a row of it came to be, as its columns are called. */
const timeColumns = ['timestamp', 'at_ms', 'hour_ms', 'created_at', 'created_at_ms'] as const;

const sizeOfTable = (db: Connection, table: string): TableSize => {
  const columns = (db.pragma(`table_info("${table}")`) as readonly { readonly name: string }[]).map(
    ({ name }) => name,
  );
  const column = timeColumns.find((name) => columns.includes(name));
  const row = db
    .prepare<[], { readonly n: number; readonly oldest: string | number | null }>(
      `SELECT count(*) AS n, ${column === undefined ? 'NULL' : `min("${column}")`} AS oldest FROM "${table}"`,
    )
    .get();
  const oldest = row?.oldest ?? null;
  const at = typeof oldest === 'number' ? oldest : fromDatetime(oldest);
  return { table, rows: row?.n ?? 0, oldest: at === null ? null : new Date(at).toISOString() };
};

const sizeOf = (file: string): number => {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
};
