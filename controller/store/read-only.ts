import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { Store } from '../model/store.ts';
import { openFault } from './inspect.ts';
import type { OpenFault } from './inspect.ts';
import { readMigrations, schemaVersion } from './migrate.ts';
import { storeOf } from './sqlite-store.ts';

export type ReadStore =
  | { readonly kind: 'open'; readonly store: Store }
  /** No record yet, or one that the next `mlenv up` or controller brings to this version first. */
  | { readonly kind: 'none'; readonly message: string }
  | OpenFault;

/** For looking only: makes and migrates nothing, and every write throws SQLITE_READONLY. */
export const openStoreToRead = (options: {
  readonly file: string;
  readonly migrationsFolder: string;
}): ReadStore => {
  const { file } = options;
  if (!existsSync(file)) return { kind: 'none', message: `${file} is not there yet.` };
  const newest = readMigrations(options.migrationsFolder).length;
  const db = new Database(file, { readonly: true, timeout: 250 });
  try {
    const version = schemaVersion(db);
    if (version === newest) return { kind: 'open', store: storeOf(db) };
    db.close();
    return version < newest
      ? { kind: 'none', message: `${file} is of an older MLEnv and not migrated yet.` }
      : { kind: 'newer', message: `${file} was written by a newer MLEnv. Use that one.` };
  } catch (error) {
    db.close();
    const fault = openFault(file, error);
    if (fault !== null) return fault;
    throw error;
  }
};
