import type { Outcome } from '../loop/outcome.ts';
import { isRecordFull } from '../model/store-upkeep.ts';
import type { Deps } from './deps.ts';

/** Whether there is room for what happens: where there is none, nothing new is begun, and nothing is ended. */
export interface RecordRoom {
  /**
   * Looks at the free space, frees what is ours, and tries whether a write goes through again. True: it does,
   * and did not before.
   */
  look(): boolean;
  /** Runs it; a write for which there was no room ends it, and from then on nothing is begun. */
  guard<T>(run: () => Promise<T>): Promise<T | 'full'>;
  /** The same for a pass, which waits. */
  pass(run: () => Promise<Outcome>): Promise<Outcome>;
}

export interface RoomOptions {
  /** Bytes free on the state folder; null: it cannot be told. */
  readonly freeBytes: () => number | null;
  /** Takes away what is ours to give: all backups but the newest. Called where the logs of runs were not enough. */
  readonly free: () => void;
}

/** Where nobody looks at a disk. */
export const anyRoom: RoomOptions = { freeBytes: () => null, free: () => {} };

export const createRecordRoom = (
  { store, config, memory, runLogs }: Pick<Deps, 'store' | 'config' | 'memory' | 'runLogs'>,
  { freeBytes, free }: RoomOptions,
): RecordRoom => {
  const enter = (): void => {
    memory.recordTrouble = { freeBytes: freeBytes() };
  };
  const isShort = (): boolean => {
    const left = freeBytes();
    return left !== null && left < config.current().retention.freeDiskBytes;
  };
  const isWritable = (): boolean => {
    try {
      store.upkeep.probe();
      return true;
    } catch (error) {
      if (isRecordFull(error)) return false;
      throw error;
    }
  };
  /** The WAL first: cutting it asks for no room, and all else does. */
  const makeRoom = (): void => {
    try {
      store.upkeep.checkpoint();
    } catch (error) {
      if (!isRecordFull(error)) throw error;
    }
    // What only people read goes before copies of the database; its rows say so at the next round of retention.
    runLogs.remove(runLogs.list().map(({ name }) => name));
    if (isShort() || !isWritable()) free();
  };
  const guard = async <T>(run: () => Promise<T>): Promise<T | 'full'> => {
    if (memory.recordTrouble !== null) return 'full';
    try {
      return await run();
    } catch (error) {
      if (!isRecordFull(error)) throw error;
      enter();
      return 'full';
    }
  };
  return {
    look: () => {
      if (memory.recordTrouble === null && !isShort()) return false;
      enter();
      makeRoom();
      if (isShort() || !isWritable()) return false;
      memory.recordTrouble = null;
      return true;
    },
    guard,
    pass: async (run) => {
      const outcome = await guard(run);
      return outcome === 'full'
        ? { kind: 'waiting', reason: 'RecordFull', afterMs: 15_000 }
        : outcome;
    },
  };
};
