import { closeSync, fchmodSync, fstatSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import type { Store } from '../model/store.ts';
import type { Connection } from './connection.ts';
import { hostFileSystem, networkFileSystem } from './filesystem.ts';
import type { FileSystemFacts } from './filesystem.ts';
import { inspectDatabase, openFault } from './inspect.ts';
import type { OpenFault } from './inspect.ts';
import { backupFolder as backupFolderIn, localProposal } from './location.ts';
import { migrate, readMigrations } from './migrate.ts';
import { moveLeftovers } from './recover.ts';
import { storeOf } from './sqlite-store.ts';

export type OpenedStore =
  | {
      readonly kind: 'open';
      readonly store: Store;
      /**
       * There was no record here before: it has to be rebuilt from labels. Said once only, so a rebuild
       * that a kill may cut short has to note its own end in `meta`.
       */
      readonly created: boolean;
      /** The copy that was made before a migration; null: none was due. */
      readonly backup: string | null;
    }
  | OpenFault;

export interface StoreOptions {
  readonly file: string;
  readonly migrationsFolder: string;
  /** Milliseconds; names copies. */
  readonly now: number;
  /** Who runs this; the process's own unless given. */
  readonly uid?: number;
  /** `backups` beside the database unless given. */
  readonly backupFolder?: string;
  readonly fileSystem?: FileSystemFacts;
}

/**
 * Waiting for another writer stops the whole process, as SQLite is synchronous: so not for long.
 * After it, a call throws SQLITE_BUSY.
 */
export const busyTimeoutMs = 250;

/**
 * Opens the record, making or migrating it where that is due. The kinds but `open` leave the file as it
 * was; for `corrupt`, `moveAside` and a second call begin a new one. Throws on a failed disk.
 */
export const openStore = (options: StoreOptions): OpenedStore => {
  const { file, now, uid = process.getuid?.() ?? 0 } = options;
  const folder = dirname(file);
  const network = networkFileSystem(folder, options.fileSystem ?? hostFileSystem);
  if (network !== null) return onNetwork(folder, network, uid);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const unsafe = unsafeFolder(folder, uid);
  if (unsafe !== null) return unsafe;

  const migrations = readMigrations(options.migrationsFolder);
  const isNew = makeFile(file);
  if (isNew) moveLeftovers(file, now);
  const found = inspectDatabase(file, migrations.length);
  if (found.kind !== 'usable') return found;

  const db = new Database(file, { timeout: busyTimeoutMs });
  try {
    configure(db, found.version === 0);
    const backupFolder = options.backupFolder ?? backupFolderIn(folder);
    const backup = migrate(db, { migrations, backupFolder, now });
    assertDurable(db);
    return { kind: 'open', store: storeOf(db), created: found.version === 0, backup };
  } catch (error) {
    db.close();
    const fault = openFault(file, error);
    if (fault !== null) return fault;
    throw error;
  }
};

const configure = (db: Connection, empty: boolean): void => {
  // It has no effect once there is a table, and switching to WAL writes the first page.
  if (empty) db.pragma('auto_vacuum = INCREMENTAL');
  const mode = db.pragma('journal_mode = WAL', { simple: true });
  if (mode !== 'wal') throw new Error(`SQLite keeps journal_mode ${String(mode)}, WAL is needed`);
  // better-sqlite3 is built with NORMAL for WAL, which loses the last commits in a power cut.
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  // So that REPLACE runs the triggers of the row that it removes.
  db.pragma('recursive_triggers = ON');
  db.pragma(`journal_size_limit = ${64 * 2 ** 20}`);
};

/** Read back after the first write, since that is when the built-in default comes in. */
const assertDurable = (db: Connection): void => {
  db.exec('BEGIN IMMEDIATE; COMMIT');
  const synchronous = db.pragma('synchronous', { simple: true });
  if (synchronous !== 2)
    throw new Error(`SQLite runs at synchronous=${String(synchronous)}, not FULL`);
};

/** True: it was not there. The mode is right from the first moment, whatever the umask. */
const makeFile = (file: string): boolean => {
  try {
    const descriptor = openSync(file, 'wx', 0o600);
    fchmodSync(descriptor, 0o600);
    closeSync(descriptor);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const descriptor = openSync(file, 'r');
  // A database that was copied here by hand.
  if ((fstatSync(descriptor).mode & 0o077) !== 0) fchmodSync(descriptor, 0o600);
  closeSync(descriptor);
  return false;
};

const onNetwork = (folder: string, name: string, uid: number): OpenFault => {
  const proposal = localProposal(uid);
  const once =
    uid === 0
      ? ''
      : ` It has to be made once, by an administrator: install -d -m 700 -o ${uid} ${dirname(proposal)}`;
  return {
    kind: 'network-filesystem',
    message: `${folder} is on ${name}, where SQLite can lose data. Set MLENV_STATE_DIR=${proposal}, or to another folder on a local disk.${once}`,
    proposal,
  };
};

/** An existing folder is never changed: it may have been named by mistake. */
const unsafeFolder = (folder: string, uid: number): OpenFault | null => {
  const { mode, uid: owner } = statSync(folder);
  if (owner !== uid && owner !== 0)
    return { kind: 'unsafe-folder', message: `${folder} belongs to uid ${owner}, not to ${uid}.` };
  if ((mode & 0o022) !== 0)
    return {
      kind: 'unsafe-folder',
      message: `Others may write into ${folder}. Run: chmod 700 ${folder}`,
    };
  return null;
};
