import { lstat, readdir, realpath } from 'node:fs/promises';
import { hold, kindOf, readHeld, release, valueOf } from '../controller/door/descriptor.ts';
import { enter, identityOf, type Entry } from '../controller/door/held-folder.ts';
import { lookStrictly, type StrictLook } from '../controller/door/strict.ts';
import type {
  Absent,
  FileKind,
  FileRead,
  FolderList,
  Unreadable,
} from '../controller/door/kinds.ts';
import type { FolderIdentity } from '../controller/model/ports.ts';

export type { Entry, HeldFolder } from '../controller/door/held-folder.ts';
export type {
  Absent,
  FileKind,
  FileRead,
  FolderList,
  Unreadable,
} from '../controller/door/kinds.ts';

/** The file system as specs see it. Faults are values; nothing throws, nothing is ever written. */
export interface SpecFiles {
  /** Somebody's folder, held open until it is closed: the one way to what people keep in their projects. */
  enter(folder: string): Promise<Entry>;
  /** Of an absolute path of somebody's: nothing is looked at behind the first link. */
  look(path: string): Promise<StrictLook>;
  /** The whole of one ordinary file that was named by who runs this, never through a link as its last part. */
  read(path: string, maxBytes: number): Promise<FileRead>;
  /** Of the path itself: a symbolic link is a link. */
  stat(path: string): Promise<FileStat>;
  list(folder: string): Promise<FolderList>;
  realpath(path: string): Promise<RealPath>;
  /** Follows symbolic links: the folder that the path leads to. */
  identity(folder: string): Promise<FolderLook>;
}

export type FileStat = { readonly kind: FileKind } | Absent | Unreadable;

export type RealPath = { readonly kind: 'path'; readonly path: string } | Absent | Unreadable;

export type FolderLook =
  | { readonly kind: 'folder'; readonly identity: FolderIdentity }
  | { readonly kind: 'not-a-folder' }
  | Absent
  | Unreadable;

export const nodeSpecFiles = (): SpecFiles => ({
  enter,
  look: lookStrictly,
  read: (path, maxBytes) =>
    valueOf<FileRead>(async () => {
      const held = await hold(path, path);
      try {
        return await readHeld(held, maxBytes);
      } finally {
        await release([held]);
      }
    }),
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
      // Only to compare: two calls instead of one for each part.
      const path = await realpath(folder);
      const stat = await lstat(path, { bigint: true });
      return stat.isDirectory()
        ? { kind: 'folder', identity: identityOf(path, stat) }
        : { kind: 'not-a-folder' };
    }),
});

/** `/a/b` → `/`, `/a`, `/a/b` */
export const ways = (path: string): readonly string[] => {
  const parts = path.split('/').filter((part) => part !== '');
  return ['/', ...parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)];
};

const notAFolder = (code: string): FolderList | null =>
  code === 'ENOTDIR' ? { kind: 'not-a-folder' } : null;
