import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import type { Connection } from './connection.ts';
import { toFileStamp } from './time.ts';

/** Pages a turn; whoever waits comes in between. */
const pagesATurn = 256;
const allPages = 2 ** 31 - 1;

/** Some pages at a time beside the work; it bears its name only when it was read through and is on the disk. */
export const backUp = async (
  db: Connection,
  file: string,
  { inOneGo = false } = {},
): Promise<void> => {
  const unfinished = `${file}.part`;
  rmSync(unfinished, { force: true });
  try {
    // Made with its mode, so that no other one is ever there.
    closeSync(openSync(unfinished, 'wx', 0o600));
    await db.backup(unfinished, { progress: () => (inOneGo ? allPages : pagesATurn) });
    verifyBackup(unfinished);
    syncToDisk(unfinished);
    renameSync(unfinished, file);
    syncToDisk(dirname(file));
  } catch (error) {
    for (const suffix of ['', '-wal', '-shm', '-journal']) {
      rmSync(unfinished + suffix, { force: true });
    }
    throw error;
  }
};

/** Throws where it is not a whole record. */
export const verifyBackup = (file: string): void => {
  const copy = new Database(file);
  try {
    // One file, with nothing beside it.
    copy.pragma('journal_mode = DELETE');
    const verdict = copy.pragma('integrity_check(1)', { simple: true });
    if (verdict !== 'ok') throw new Error(`the copy is damaged: ${String(verdict)}`);
    const broken = copy.pragma('foreign_key_check') as readonly unknown[];
    if (broken.length > 0) throw new Error(`the copy breaks ${broken.length} foreign keys`);
  } finally {
    copy.close();
  }
};

export const backupName = (now: number): string => `mlenv-${toFileStamp(now)}.db`;

/** Copies of ours, the newest first; those from before a migration are `mlenv-vN-…`. */
export const backupsIn = (folder: string, kind: 'daily' | 'migration'): readonly string[] => {
  const form =
    kind === 'daily' ? /^mlenv-(\d{8}T\d{6}Z)\.db$/ : /^mlenv-v\d+-(\d{8}T\d{6}Z)(?:-\d+)?\.db$/;
  return readdirSync(folder)
    .flatMap((name) => {
      const stamp = form.exec(name)?.[1];
      return stamp === undefined ? [] : [{ name, stamp }];
    })
    .toSorted((a, b) => b.stamp.localeCompare(a.stamp))
    .map(({ name }) => join(folder, name));
};

/** The newest stay. Of a half-written one, its end is all that is left to do. */
export const pruneBackups = (folder: string, keep: number): readonly string[] => {
  const gone = [
    ...backupsIn(folder, 'daily').slice(keep),
    ...backupsIn(folder, 'migration').slice(keep),
  ];
  for (const file of gone) rmSync(file, { force: true });
  return gone;
};

export const syncToDisk = (path: string): void => {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};
