import { readHeld, release, unreadable, valueOf } from './descriptor.ts';
import type { Absent, FileKind, FileRead, Unreadable } from './kinds.ts';
import { holdWay } from './way.ts';

export type StrictLook =
  | { readonly kind: FileKind }
  /** The first part that is one, with nothing looked at behind it. */
  | { readonly kind: 'link'; readonly at: string }
  | Absent
  | Unreadable;

/** What stands at an absolute path, as long as no link is on its way. */
export const lookStrictly = async (path: string): Promise<StrictLook> =>
  valueOf<StrictLook>(async () => {
    const way = await holdWay(path);
    await release(way);
    const last = way.at(-1);
    if (last?.kind === 'symlink') return { kind: 'link', at: last.path };
    return { kind: last?.kind ?? 'other' };
  });

/**
 * An ordinary file at an absolute path with no link on its way. Where an owner is named: theirs, or one of root's
 * that everybody may read, as `sudo git pull` leaves behind.
 */
export const readStrictly = async (
  path: string | Buffer,
  { maxBytes, uid }: { readonly maxBytes: number; readonly uid?: number },
): Promise<FileRead> =>
  valueOf<FileRead>(async () => {
    const way = await holdWay(path);
    try {
      const last = way.at(-1);
      if (last === undefined) return { kind: 'absent' };
      const isTheirs = last.uid === uid || (last.uid === 0 && (last.mode & 0o004) !== 0);
      if (uid !== undefined && !isTheirs) return unreadable('EPERM', -1);
      return await readHeld(last, maxBytes);
    } finally {
      await release(way);
    }
  });
