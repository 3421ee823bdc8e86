import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Runnable } from '../loop/manager.ts';
import type { BackupConfig } from '../model/config.ts';
import type { Deps } from '../reconcile/deps.ts';
import type { RoomOptions } from '../reconcile/record-room.ts';
import type { Log } from '../report/log.ts';
import { backupName, pruneBackups } from '../store/backup.ts';
import { freeBytesAt, totalBytesAt } from '../store/filesystem.ts';
import { backupFolder } from '../store/location.ts';

const dayMs = 86_400_000;
/** How often it is asked whether one is due; after a failure too. */
const lookMs = 600_000;
const madeKey = 'backup-made-at';

export interface BackupOptions {
  readonly folder: string;
  readonly deps: Pick<Deps, 'store' | 'config' | 'clock' | 'memory'>;
  /** Midnight of the day of this moment, by the host's clock. */
  readonly midnight: (at: number) => number;
}

/** A copy a day while the controller runs; one that was due while it did not is made up for. */
export const createBackups = ({ folder, deps, midnight }: BackupOptions): Runnable => {
  const { store, config, clock, memory } = deps;
  let cancel = (): void => {};
  let running: Promise<void> = Promise.resolve();
  let stopped = false;
  const arm = (ms: number): void => {
    if (stopped) return;
    cancel = clock.setTimer(ms, () => {
      running = look().finally(() => arm(lookMs));
    });
  };
  const look = async (): Promise<void> => {
    const { backups } = config.current();
    const now = clock.now();
    const madeAt = Number(store.meta.get(madeKey) ?? 0);
    if (memory.recordTrouble !== null || !isDue(backups, { now, madeAt, midnight })) return;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      // The meta row first, so that the copy says of itself when it was made.
      store.meta.set(madeKey, String(now));
      await store.upkeep.backup(join(folder, backupName(now)));
      pruneBackups(folder, backups.keep);
      memory.upkeepFaults.delete('backup');
    } catch (error) {
      memory.upkeepFaults.set('backup', textOf(error));
      if (memory.recordTrouble === null) safely(() => store.meta.set(madeKey, String(madeAt)));
    }
  };
  return {
    name: 'backups',
    start: () => arm(1000),
    stop: () => {
      stopped = true;
      cancel();
      return running;
    },
  };
};

/** The last time of day that is past lies after the last copy. A clock that was set back makes one more. */
export const isDue = (
  { keep, atMinute }: BackupConfig,
  {
    now,
    madeAt,
    midnight,
  }: {
    readonly now: number;
    readonly madeAt: number;
    readonly midnight: (at: number) => number;
  },
): boolean => {
  if (keep === 0) return false;
  const today = midnight(now) + atMinute * 60_000;
  const last = now >= today ? today : today - dayMs;
  return madeAt < last || madeAt > now;
};

/** The disk of the record, and who hears when it is full. */
export const roomOf = (stateDir: string, log: Pick<Log, 'warn' | 'info'> | null): RoomOptions => ({
  freeBytes: () => freeBytesAt(stateDir),
  totalBytes: () => totalBytesAt(stateDir),
  free: () => freeBackups(backupFolder(stateDir)),
  onFull: (message) => log?.warn({ reason: 'RecordFull', stateDir }, message),
  onRoom: () => log?.info({ stateDir }, 'the disk of the record has room again'),
});

/** What may go where the disk is full: all copies but the newest of each kind. */
export const freeBackups = (folder: string): void => {
  safely(() => void pruneBackups(folder, 1));
};

export const localMidnight = (at: number): number => new Date(at).setHours(0, 0, 0, 0);

const safely = (run: () => void): void => {
  try {
    run();
  } catch {
    // The fault that led here is the one that is told.
  }
};

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
