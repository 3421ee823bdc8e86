import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiError } from '../model/api.ts';
import type { Store } from '../model/store.ts';
import { migrationsFolder } from '../../schema/files.ts';
import { hmacKey } from '../store/hmac-key.ts';
import { databaseFile, hmacKeyFile } from '../store/location.ts';
import { openStore } from '../store/open.ts';
import { openStoreToRead } from '../store/read-only.ts';
import { moveAside } from '../store/recover.ts';
import { putStarter } from './catalogue.ts';

export interface State {
  readonly store: Store;
  readonly digestKey: Uint8Array;
  /** Which MLEnv this is; the same again when the record was lost. */
  readonly instance: string;
  readonly origin: StateOrigin;
  /** Something that the person at the terminal should know; null: nothing. */
  readonly notice: string | null;
  close(): void;
}

/** `new`: nothing points to an earlier record. `lost`: there was one. */
export type StateOrigin = 'kept' | 'new' | 'lost';

/** Opens the record for a process that reconciles. A corrupt one is moved aside and begun anew. */
export const openState = (folder: string, now: number): State => {
  const file = databaseFile(folder);
  const options = { file, migrationsFolder: migrationsFolder(), now };
  let opened = openStore(options);
  let notice: string | null = null;
  if (opened.kind === 'corrupt') {
    const aside = moveAside(file, now);
    notice = `the record was corrupt; it lies at ${aside}, and a new one is rebuilt from files and labels`;
    opened = openStore(options);
  }
  if (opened.kind !== 'open') throw new ApiError('prerequisite', opened.message);
  const { store } = opened;
  const key = hmacKey(hmacKeyFile(folder), randomBytes(32));
  const isFresh = store.meta.get('instance') === null;
  if (isFresh) store.meta.set('instance', instanceOf(folder));
  putStarter(store, now);
  return {
    store,
    digestKey: key.key,
    instance: store.meta.get('instance') ?? instanceOf(folder),
    origin: !isFresh ? 'kept' : notice !== null || !key.created ? 'lost' : 'new',
    notice,
    close: () => store.close(),
  };
};

/** Opens the record to look at. Where there is none, an empty one stands in that goes with the process. */
export const openStateToRead = (folder: string, now: number): State => {
  const opened = openStoreToRead({
    file: databaseFile(folder),
    migrationsFolder: migrationsFolder(),
  });
  if (opened.kind === 'open') {
    const key = hmacKey(hmacKeyFile(folder), randomBytes(32));
    return {
      store: opened.store,
      digestKey: key.key,
      instance: opened.store.meta.get('instance') ?? instanceOf(folder),
      origin: 'kept',
      notice: null,
      close: () => opened.store.close(),
    };
  }
  if (opened.kind !== 'none') throw new ApiError('prerequisite', opened.message);
  const stand = mkdtempSync(join(tmpdir(), 'mlenv-'));
  const empty = openStore({ file: databaseFile(stand), migrationsFolder: migrationsFolder(), now });
  if (empty.kind !== 'open') throw new ApiError('prerequisite', empty.message);
  putStarter(empty.store, now);
  return {
    store: empty.store,
    digestKey: randomBytes(32),
    instance: instanceOf(folder),
    origin: 'new',
    notice: null,
    close: () => {
      empty.store.close();
      rmSync(stand, { recursive: true, force: true });
    },
  };
};

/** From what does not change when the record is lost: the state folder and its user. */
const instanceOf = (folder: string): string => {
  const place = realpath(folder);
  return createHash('sha256')
    .update(`${process.getuid?.() ?? 0}:${place}`)
    .digest('hex')
    .slice(0, 12);
};

const realpath = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
};
