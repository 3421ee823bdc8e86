import { constants, type BigIntStats, type Dirent } from 'node:fs';
import { lstat, open, readdir, realpath, type FileHandle } from 'node:fs/promises';
import type { FolderIdentity } from '../controller/model/ports.ts';
import type { Component } from './trust.ts';

/** The file system as specs see it. Faults are values; nothing throws, nothing is ever written. */
export interface SpecFiles {
  /** The whole of one ordinary file, never through a symbolic link as its last part. */
  read(path: string, maxBytes: number): Promise<FileRead>;
  /** Of the path itself: a symbolic link is a link. */
  stat(path: string): Promise<FileStat>;
  list(folder: string): Promise<FolderList>;
  realpath(path: string): Promise<RealPath>;
  /** Follows symbolic links: the folder that the path leads to. */
  identity(folder: string): Promise<FolderLook>;
  /** Every folder from the top down to this one, none of them followed. */
  walk(folder: string): Promise<FolderWalk>;
}

export type FileKind = 'file' | 'folder' | 'symlink' | 'other';

/** Nobody can say. `denied`: permissions. */
export interface Unreadable {
  readonly kind: 'unreadable';
  readonly denied: boolean;
  readonly message: string;
}

export interface Absent {
  readonly kind: 'absent';
}

export type FileRead =
  | {
      readonly kind: 'bytes';
      readonly bytes: Uint8Array;
      /** Of the very file that was read. */
      readonly uid: number;
      readonly mode: number;
    }
  | { readonly kind: 'not-a-file'; readonly found: Exclude<FileKind, 'file'> }
  | { readonly kind: 'too-large' }
  /** It changed while it was read. */
  | { readonly kind: 'moved' }
  | Absent
  | Unreadable;

export type FileStat = { readonly kind: FileKind } | Absent | Unreadable;

export type FolderList =
  | {
      readonly kind: 'entries';
      readonly entries: readonly { readonly name: string; readonly kind: FileKind }[];
    }
  | { readonly kind: 'not-a-folder' }
  | Absent
  | Unreadable;

export type RealPath = { readonly kind: 'path'; readonly path: string } | Absent | Unreadable;

export type FolderLook =
  | { readonly kind: 'folder'; readonly identity: FolderIdentity }
  | { readonly kind: 'not-a-folder' }
  | Absent
  | Unreadable;

export type FolderWalk =
  { readonly kind: 'components'; readonly components: readonly Component[] } | Absent | Unreadable;

export const nodeSpecFiles = (): SpecFiles => ({
  read: readFile,
  stat: async (path) => valueOf(async () => ({ kind: kindOf(await lstat(path)) })),
  list: async (folder) =>
    valueOf<FolderList>(async () => {
      const entries = await readdir(folder, { withFileTypes: true });
      const named = entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
      return { kind: 'entries', entries: named.sort((a, b) => (a.name < b.name ? -1 : 1)) };
    }, notAFolder),
  realpath: async (path) => valueOf(async () => ({ kind: 'path', path: await realpath(path) })),
  identity: async (folder) =>
    valueOf<FolderLook>(async () => {
      const path = await realpath(folder);
      const seen = await lstat(path, { bigint: true });
      if (!seen.isDirectory()) return { kind: 'not-a-folder' };
      const owner = { uid: Number(seen.uid), gid: Number(seen.gid) };
      // A file system gives the inode of a folder that was removed to the next one that is made.
      const inode = `${seen.ino}.${seen.birthtimeNs}`;
      const place = { device: String(seen.dev), inode };
      return { kind: 'folder', identity: { path, ...place, owner } };
    }),
  walk: async (folder) =>
    valueOf<FolderWalk>(async () => {
      const components: Component[] = [];
      for (const path of ways(folder)) {
        const seen = await lstat(path);
        components.push({
          path,
          kind: kindOf(seen),
          uid: seen.uid,
          mode: seen.mode & permissionBits,
        });
      }
      return { kind: 'components', components };
    }),
});

const permissionBits = 0o7777;

/** `/a/b` → `/`, `/a`, `/a/b` */
export const ways = (path: string): readonly string[] => {
  const parts = path.split('/').filter((part) => part !== '');
  return ['/', ...parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)];
};

/** One descriptor from the first look to the last; a pipe without a writer does not block the open. */
const readFile = async (path: string, maxBytes: number): Promise<FileRead> =>
  valueOf<FileRead>(async () => {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const handle = await open(path, flags);
    try {
      return await readHandle(handle, maxBytes);
    } finally {
      await handle.close();
    }
  }, notAFile);

const readHandle = async (handle: FileHandle, maxBytes: number): Promise<FileRead> => {
  const before = await handle.stat({ bigint: true });
  const kind = kindOf(before);
  if (kind !== 'file') return { kind: 'not-a-file', found: kind };
  if (before.size > BigInt(maxBytes)) return { kind: 'too-large' };
  const buffer = new Uint8Array(maxBytes + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  if (!isSame(before, await handle.stat({ bigint: true }), length)) return { kind: 'moved' };
  return {
    kind: 'bytes',
    bytes: buffer.slice(0, length),
    uid: Number(before.uid),
    mode: Number(before.mode) & permissionBits,
  };
};

const isSame = (before: BigIntStats, after: BigIntStats, length: number): boolean =>
  before.size === BigInt(length) &&
  before.size === after.size &&
  before.mtimeNs === after.mtimeNs &&
  before.ctimeNs === after.ctimeNs;

const kindOf = (seen: Pick<Dirent, 'isFile' | 'isDirectory' | 'isSymbolicLink'>): FileKind => {
  if (seen.isFile()) return 'file';
  if (seen.isDirectory()) return 'folder';
  return seen.isSymbolicLink() ? 'symlink' : 'other';
};

// ENOTDIR: what the path goes through is a file, so nothing can lie beneath it.
const absentCodes: readonly string[] = ['ENOENT', 'ENOTDIR'];

const valueOf = async <T>(
  run: () => Promise<T>,
  special: (code: string) => T | null = () => null,
): Promise<T | Absent | Unreadable> => {
  try {
    return await run();
  } catch (error) {
    const code = codeOf(error);
    const known = special(code);
    if (known !== null) return known;
    if (absentCodes.includes(code)) return { kind: 'absent' };
    return { kind: 'unreadable', denied: code === 'EACCES' || code === 'EPERM', message: code };
  }
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : String(error);

const notAFolder = (code: string): FolderList | null =>
  code === 'ENOTDIR' ? { kind: 'not-a-folder' } : null;

// O_NOFOLLOW answers ELOOP for a link; opening a socket answers ENXIO.
const notAFile = (code: string): FileRead | null => {
  if (code === 'ELOOP') return { kind: 'not-a-file', found: 'symlink' };
  return code === 'ENXIO' ? { kind: 'not-a-file', found: 'other' } : null;
};
