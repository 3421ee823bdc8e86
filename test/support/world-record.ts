import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database, { type Statement } from 'better-sqlite3';
import type { Connection } from '../../controller/store/connection.ts';
import { openStore } from '../../controller/store/open.ts';
import { readMigrations } from '../../controller/store/migrate.ts';
import { restore } from '../../controller/store/restore.ts';
import { moveAside } from '../../controller/store/recover.ts';
import type { Store } from '../../controller/model/store.ts';
import { migrationsFolder } from '../../schema/files.ts';

/** The SQLite file of one world: it outlives every process. */
export interface WorldRecord {
  open(now: number): { readonly store: Store; readonly origin: 'kept' | 'new' | 'lost' };
  /** A connection beside the process's own, to look through. */
  look(): Connection;
  /** Rises with every commit that changed something. */
  version(): number;
  /** Everything a person or a pass could read in it, without what changes by the hour. */
  dump(): string;
  /** What an administrator types into sqlite3. */
  byHand(sql: string, ...values: readonly (string | number | null)[]): void;
  remove(): void;
  /** A copy of it as it is now, to be restored later. */
  backUp(): string;
  /** As `mlenv db restore` does; no controller may live. */
  restore(backup: string, now: number): void;
  corrupt(): void;
  close(): void;
}

const memoryFolder = '/dev/shm';
/** A new record costs a migration, and every world needs one: made once, copied after. */
let template: Uint8Array | null = null;

export const createWorldRecord = (instance: string): WorldRecord => {
  const folder = mkdtempSync(join(existsSync(memoryFolder) ? memoryFolder : tmpdir(), 'mlenv-'));
  const file = join(folder, 'mlenv.db');
  let looking: Connection | null = null;
  let version: Statement<[], number> | null = null;
  let keyExists = false;

  const openFile = (now: number) => openStore({ file, migrationsFolder: migrationsFolder(), now });
  const forgetLook = (): void => {
    looking?.close();
    looking = null;
    version = null;
  };
  const look = (): Connection => (looking ??= new Database(file, { readonly: true }));

  if (template === null) {
    const opened = openFile(0);
    if (opened.kind !== 'open') throw new Error(opened.message);
    opened.store.close();
    template = readFileSync(file);
  } else {
    writeFileSync(file, template, { mode: 0o600 });
  }

  return {
    open: (now) => {
      let opened = openFile(now);
      let wasCorrupt = false;
      if (opened.kind === 'corrupt') {
        forgetLook();
        moveAside(file, now);
        wasCorrupt = true;
        opened = openFile(now);
      }
      if (opened.kind !== 'open') throw new Error(opened.message);
      const { store } = opened;
      const isFresh = store.meta.get('instance') === null;
      if (isFresh) store.meta.set('instance', instance);
      const origin = !isFresh ? 'kept' : wasCorrupt || keyExists ? 'lost' : 'new';
      keyExists = true;
      return { store, origin };
    },
    look,
    version: () =>
      (version ??= look().prepare<[], number>('PRAGMA data_version').pluck()).get() ?? 0,
    dump: () => dumpOf(look()),
    byHand: (sql, ...values) => {
      const hand = new Database(file);
      hand.prepare(sql).run(...values);
      hand.close();
    },
    remove: () => {
      forgetLook();
      for (const name of readdirSync(folder)) {
        if (name.startsWith('mlenv.db')) rmSync(join(folder, name));
      }
    },
    backUp: () => {
      const backup = join(folder, 'backup.db');
      rmSync(backup, { force: true });
      look().prepare('VACUUM INTO ?').run(backup);
      return backup;
    },
    restore: (backup, now) => {
      forgetLook();
      const newest = readMigrations(migrationsFolder()).length;
      const restored = restore({ file, backup, newest, now });
      if (restored.kind !== 'restored') throw new Error(restored.message);
    },
    corrupt: () => {
      forgetLook();
      for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true });
      writeFileSync(file, 'this was a database once'.repeat(200));
    },
    close: () => {
      forgetLook();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

const dumpOf = (db: Connection): string => {
  const tables = db
    .prepare<[], { readonly name: string }>(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
       AND name <> 'meta' ORDER BY name`,
    )
    .all();
  return tables
    .map(({ name }) => `${name} ${JSON.stringify(db.prepare(`SELECT * FROM ${name}`).all())}`)
    .join('\n');
};
