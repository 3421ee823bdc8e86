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
  /** Of the whole file system; null or left out: it cannot be told. */
  readonly totalBytes?: () => number | null;
  /** Told once, when nothing more is begun; and when it goes on. */
  readonly onFull?: (message: string) => void;
  readonly onRoom?: () => void;
  /** Takes away what is ours to give: all backups but the newest. Called where the logs of runs were not enough. */
  readonly free: () => void;
}

/** At most a quarter of the whole. */
export const leastFree = (bytes: number, totalBytes: number | null): number =>
  totalBytes === null ? bytes : Math.min(bytes, Math.floor(totalBytes / 4));

/** `the disk of the record is full (3.0 MB are free, 64.0 MB are needed): …` */
export const fullText = (trouble: NonNullable<Deps['memory']['recordTrouble']>): string =>
  `the disk of the record is full${leftText(trouble)}: nothing new is begun, what runs goes on, and it ends by itself when there is room`;

export const leftText = ({
  freeBytes,
  neededBytes = null,
}: NonNullable<Deps['memory']['recordTrouble']>): string => {
  if (freeBytes === null) return '';
  const needed = neededBytes === null ? '' : `, ${megabytes(neededBytes)} are needed`;
  return ` (${megabytes(freeBytes)} are free${needed})`;
};

const megabytes = (bytes: number): string => {
  const size = bytes / 2 ** 20;
  return `${size < 10 ? Math.floor(size * 10) / 10 : Math.floor(size)} MB`;
};

/** Where nobody looks at a disk. */
export const anyRoom: RoomOptions = { freeBytes: () => null, free: () => {} };

export const createRecordRoom = (
  { store, config, memory, runLogs }: Pick<Deps, 'store' | 'config' | 'memory' | 'runLogs'>,
  { freeBytes, totalBytes = () => null, free, onFull, onRoom }: RoomOptions,
): RecordRoom => {
  /** On a small file system a share of it is enough: else it would be full for ever. */
  const neededBytes = (): number =>
    leastFree(config.current().retention.freeDiskBytes, totalBytes());
  const enter = (): void => {
    const isNew = memory.recordTrouble === null;
    memory.recordTrouble = { freeBytes: freeBytes(), neededBytes: neededBytes() };
    if (isNew) onFull?.(fullText(memory.recordTrouble));
  };
  const isShort = (): boolean => {
    const left = freeBytes();
    return left !== null && left < neededBytes();
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
      onRoom?.();
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
