import {
  closeSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

const keyBytes = 32;

/**
 * The key that secrets enter digests under. It lives beside the database and not in it, so that a copy
 * of the record tells nobody what a secret is. `random` is used where there is no key yet. The file
 * appears whole or not at all; of two processes that make it at once, both get the first one's.
 * Throws where the file is there and is no key: another key would change every digest.
 */
export const hmacKey = (
  file: string,
  random: Uint8Array,
): { readonly key: Uint8Array; readonly created: boolean } => {
  const existing = read(file);
  if (existing !== null) return { key: existing, created: false };
  if (random.length !== keyBytes) throw new RangeError(`a key has ${keyBytes} bytes`);
  if (write(file, random)) return { key: random, created: true };
  const first = read(file);
  if (first === null) throw new Error(`${file} was removed while it was read`);
  return { key: first, created: false };
};

const read = (file: string): Uint8Array | null => {
  try {
    const key = readFileSync(file);
    if (key.length !== keyBytes)
      throw new Error(
        `${file} is no key of ${keyBytes} bytes; put the right one back, or delete it`,
      );
    return new Uint8Array(key);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
};

/** False: somebody else was first. */
const write = (file: string, key: Uint8Array): boolean => {
  const draft = `${file}.${process.pid}.new`;
  // Of a process that died here with the same id.
  rmSync(draft, { force: true });
  const descriptor = openSync(draft, 'wx', 0o600);
  try {
    // The umask may have taken the owner's bits as well.
    fchmodSync(descriptor, 0o600);
    writeSync(descriptor, key);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  try {
    linkSync(draft, file);
    syncFolder(dirname(file));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft);
  }
};

const syncFolder = (folder: string): void => {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};
