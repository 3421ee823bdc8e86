import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { Runnable } from '../loop/manager.ts';
import type { Deps } from '../reconcile/deps.ts';
import type { Log } from '../report/log.ts';
import { databaseFile } from '../store/location.ts';
import { freeName, moveLeftovers } from '../store/recover.ts';
import { toFileStamp } from '../store/time.ts';
import type { Instance } from './open.ts';
import type { Place } from './place.ts';

/** Well within the minute in which it is to be noticed. */
const lookMs = 20_000;

export interface RecordFile extends Runnable {
  look(): Promise<void>;
}

/**
 * SQLite works on with a file that somebody deleted or put another one in the place of, and all that is written
 * since is gone with the process. So its place is looked at: where nothing lies there the record is saved back; what
 * somebody else put there is never written over, and the record is saved beside it. Again with each look, as the work
 * goes on, and once more at the end: which one counts is decided by whoever starts the next controller.
 */
export const createRecordFile = ({
  file,
  deps: { store, clock, memory },
  onTrouble,
}: {
  readonly file: string;
  readonly deps: Pick<Deps, 'store' | 'clock' | 'memory'>;
  readonly onTrouble: (message: string) => void;
}): RecordFile => {
  const own = identityOf(file);
  /** The copy of ours that lies in the place now; null: none does. */
  let saved: string | null = null;
  let aside: string | null = null;
  let cancel = (): void => {};
  let looking: Promise<void> = Promise.resolve();
  let stopped = false;

  const tell = (message: string): void => {
    if (memory.upkeepFaults.get('file') === message) return;
    memory.upkeepFaults.set('file', message);
    onTrouble(message);
  };
  const saveTo = async (target: string): Promise<void> => {
    // The WAL that still bears its name is of the file that is gone, and is no part of the copy.
    if (target === file) moveLeftovers(file, clock.now());
    await store.upkeep.backup(target, { inOneGo: true });
  };
  const look = async (): Promise<void> => {
    const seen = identityOf(file);
    try {
      if (seen === own && own !== null) {
        memory.upkeepFaults.delete('file');
      } else if (seen === null || seen === saved) {
        await saveTo(file);
        saved = identityOf(file);
        tell(
          `${file} was deleted while it is in use; all of it is saved there again, every ${lookMs / 1000} s: restart the controller, which goes on with it`,
        );
      } else {
        aside ??= freeName(`${file}.in-use-${toFileStamp(clock.now())}`);
        await saveTo(aside);
        tell(
          `something else was put in the place of ${file} while it is in use, and stays as it is; the record in use is saved as ${aside}, every ${lookMs / 1000} s: stop the controller, move the one that is to count to ${file}, and start it again`,
        );
      }
    } catch (error) {
      tell(`${file} is no longer the record in use, which cannot be saved: ${textOf(error)}`);
    }
  };
  const arm = (): void => {
    if (stopped) return;
    cancel = clock.setTimer(lookMs, () => {
      looking = look().finally(arm);
    });
  };
  return {
    name: 'file of the record',
    look,
    start: arm,
    stop: async () => {
      stopped = true;
      cancel();
      await looking;
      await look();
    },
  };
};

/** Stopped after all that writes. */
export const recordFileOf = (
  { core: { deps } }: Pick<Instance, 'core'>,
  place: Pick<Place, 'stateDir'>,
  log: Log,
): Runnable =>
  createRecordFile({
    file: databaseFile(place.stateDir),
    deps,
    onTrouble: (message) => log.warn({}, message),
  });

/** Which file it is, and that it is a database still; null: nothing lies there. Throws nothing. */
const identityOf = (file: string): string | null => {
  try {
    const { dev, ino } = statSync(file, { bigint: true });
    return `${dev}:${ino}:${isDatabase(file) ? 'database' : 'else'}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : 'unreadable';
  }
};

/** Somebody may also have written over it in place. */
const isDatabase = (file: string): boolean => {
  const descriptor = openSync(file, 'r');
  try {
    const head = Buffer.alloc(magic.length);
    readSync(descriptor, head, 0, head.length, 0);
    return head.toString('latin1') === magic;
  } finally {
    closeSync(descriptor);
  }
};

const magic = 'SQLite format 3\0';

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
