import { constants, type Stats } from 'node:fs';
import { lstat, open, realpath, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { SecretFiles, SecretRead } from '../model/secret.ts';

export const maxSecretBytes = 64 * 1024;

/** Below the home; XDG_CONFIG_HOME is another process's word and is not asked. */
const steps = ['.config', 'mlenv', 'secrets'] as const;

/**
 * Reads as whoever runs this, often as root, what somebody else has laid out: each folder below the
 * home is opened from the one above it and never through a link, so that nothing which changes
 * meanwhile leads to another's file.
 */
export const createSecretFiles = (
  /** null: this uid has none. */
  homeOf: (uid: number) => Promise<string | null>,
): SecretFiles => ({
  read: async (ownerUid, file) => {
    const home = await homeOf(ownerUid);
    if (home === null) return trouble(`uid ${ownerUid} has no home folder on this host`);
    const path = join(home, ...steps, file);
    try {
      return await readBelow({ home, ownerUid, file, path });
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      return trouble(`${path} cannot be read (${code})`);
    }
  },
});

interface Wanted {
  readonly home: string;
  readonly ownerUid: number;
  readonly file: string;
  /** As people know it. */
  readonly path: string;
}

const readBelow = async (wanted: Wanted): Promise<SecretRead> => {
  const { home, ownerUid, file, path } = wanted;
  const handles: FileHandle[] = [];
  const enter = async (at: string): Promise<FileHandle> => {
    const handle = await open(at, folderFlags);
    handles.push(handle);
    return handle;
  };
  try {
    let shown = home;
    // What lies above the home is the administrator's, links or not.
    let folder = await enter(await realpath(home));
    for (const step of steps) {
      shown = join(shown, step);
      const at = below(folder, step);
      const found = await optional(lstat(at));
      if (found === null) return trouble(missing(path, file));
      if (found.isSymbolicLink()) return trouble(`${shown} is a symbolic link; ${noLinks}`);
      folder = await enter(at);
      const fault = folderFault(await folder.stat(), ownerUid);
      if (fault !== null) return trouble(`${shown} ${fault}: chmod go-w ${shown}`);
    }
    const link = await optional(lstat(below(folder, file)));
    if (link === null) return trouble(missing(path, file));
    if (link.isSymbolicLink()) return trouble(`${path} is a symbolic link; ${noLinks}`);
    if (!link.isFile()) return trouble(`${path} is not an ordinary file`);
    const handle = await open(below(folder, file), fileFlags);
    handles.push(handle);
    const fault = fileFault(await handle.stat(), ownerUid);
    if (fault !== null) return trouble(`${path} ${fault}`);
    return await bytesOf(handle, path);
  } finally {
    await Promise.allSettled(handles.map((handle) => handle.close()));
  }
};

/** By the folder that is held open, whatever its path leads to by now. */
const below = (folder: FileHandle, name: string): string => `/proc/self/fd/${folder.fd}/${name}`;

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;
const folderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
const fileFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;

const folderFault = ({ uid, mode }: Stats, ownerUid: number): string | null => {
  if (uid !== ownerUid && uid !== 0) return `belongs to uid ${uid}`;
  return (mode & 0o022) === 0 ? null : 'may be written by others';
};

const fileFault = (found: Stats, ownerUid: number): string | null => {
  if (!found.isFile()) return 'is not an ordinary file';
  const { uid, mode, nlink } = found;
  if (uid !== ownerUid && uid !== 0) return `belongs to uid ${uid}, not to ${ownerUid}`;
  // Else a second name for a file of root's would be enough to read it.
  if (uid !== ownerUid && nlink > 1) return 'belongs to root and has another name elsewhere';
  if ((mode & 0o077) !== 0) return 'may be used by others: chmod 600 on it';
  return found.size > maxSecretBytes ? tooLarge : null;
};

const tooLarge = `is larger than ${maxSecretBytes / 1024} KiB`;

const bytesOf = async (handle: FileHandle, path: string): Promise<SecretRead> => {
  const buffer = new Uint8Array(maxSecretBytes + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) return { kind: 'bytes', bytes: buffer.slice(0, length) };
    length += bytesRead;
  }
  return trouble(`${path} ${tooLarge}`);
};

const optional = async (look: Promise<Stats>): Promise<Stats | null> => {
  try {
    return await look;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
};

const missing = (path: string, file: string): string =>
  `there is no ${path}; its owner makes it with: install -D -m 600 /dev/stdin ~/${steps.join('/')}/${file}`;

const noLinks = 'put the folder or file itself there';

const trouble = (message: string): SecretRead => ({ kind: 'trouble', message });
