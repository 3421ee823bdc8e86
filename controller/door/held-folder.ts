import type { BigIntStats } from 'node:fs';
import { realpath } from 'node:fs/promises';
import type { FolderIdentity } from '../model/ports.ts';
import {
  codeOf,
  holdPart,
  isAbsent,
  linkIn,
  listHeld,
  readHeld,
  release,
  unreadable,
  valueOf,
  type Held,
} from './descriptor.ts';
import type {
  Absent,
  Component,
  FolderList,
  Inside,
  InsideRead,
  Judge,
  Outside,
  Unreadable,
  Untrusted,
} from './kinds.ts';
import { holdWay, partsOf } from './way.ts';

/** A folder that is held open, with the way to it; whoever entered it closes it. */
export interface HeldFolder {
  readonly identity: FolderIdentity;
  /** From the top down to this folder, none of them a link. */
  readonly way: readonly Component[];
  list(): Promise<FolderList>;
  /** Where the parts lead. Links that stay in the folder are followed, each part held and judged. */
  find(parts: readonly string[]): Promise<Inside>;
  /** The whole of an ordinary file, through the descriptor that `judge` was shown. */
  read(parts: readonly string[], how: ReadHow): Promise<InsideRead>;
  close(): Promise<void>;
}

export interface ReadHow {
  readonly maxBytes: number;
  /** Asked of each folder on the way and of the file; left out, all are taken. */
  readonly judge?: Judge;
  /** Links within the folder are followed; left out, none. */
  readonly links?: boolean;
}

export type Entry =
  | { readonly kind: 'folder'; readonly held: HeldFolder }
  | { readonly kind: 'not-a-folder' }
  | Absent
  | Unreadable;

/** Opens the folder that a path leads to, links on its way followed once and then no more. */
export const enter = async (folder: string): Promise<Entry> =>
  valueOf<Entry>(async () => {
    const way = await holdWay(await realpath(folder));
    const last = way.at(-1);
    if (last?.kind === 'folder') return { kind: 'folder', held: heldFolder(way, last) };
    await release(way);
    return last?.kind === 'symlink'
      ? { kind: 'unreadable', denied: false, message: `${last.path} became a symbolic link` }
      : { kind: 'not-a-folder' };
  });

export const identityOf = (path: string, stat: BigIntStats): FolderIdentity => ({
  path,
  device: String(stat.dev),
  // A file system gives the inode of a folder that was removed to the next one that is made.
  inode: `${stat.ino}.${stat.birthtimeNs}`,
  owner: { uid: Number(stat.uid), gid: Number(stat.gid) },
});

const heldFolder = (way: readonly Held[], top: Held): HeldFolder => ({
  identity: identityOf(top.path, top.stat),
  way,
  list: () => listHeld(top),
  find: async (parts) => {
    const found = await descend(top, parts, { links: true });
    if (found.kind !== 'held') return found.kind === 'untrusted' ? unreadable('ELOOP') : found;
    await release(found.steps);
    return { kind: 'inside', path: found.path, found: found.end.kind };
  },
  read: async (parts, how) => {
    const found = await descend(top, parts, how);
    if (found.kind === 'inside') return { kind: 'absent' };
    if (found.kind !== 'held') return found;
    try {
      return await readHeld(found.end, how.maxBytes);
    } finally {
      await release(found.steps);
    }
  },
  close: () => release(way),
});

type Descent =
  | {
      readonly kind: 'held';
      readonly path: string;
      readonly end: Held;
      /** All that was opened on the way; the folder itself aside. */
      readonly steps: readonly Held[];
    }
  | { readonly kind: 'inside'; readonly path: string; readonly found: 'absent' }
  | Outside
  | Untrusted
  | Unreadable;

const mostLinks = 40;

/**
 * Follows the parts as the kernel would, with each step held open by the one above it, and never above the
 * folder itself: what lies beyond is not even looked at, so that nothing of it shows in what is answered.
 */
const descend = async (
  top: Held,
  parts: readonly string[],
  { judge, links = false }: Pick<ReadHow, 'judge' | 'links'>,
): Promise<Descent> => {
  const steps: Held[] = [];
  const todo = [...parts];
  /** How many of the parts to come are of a link. */
  let ofLink = 0;
  let linksSeen = 0;
  const end = async (answer: Descent): Promise<Descent> => {
    await release(steps.splice(0));
    return answer;
  };
  try {
    for (let name = todo.shift(); name !== undefined; name = todo.shift()) {
      const isOfLink = ofLink > 0;
      ofLink = Math.max(0, ofLink - 1);
      const above = steps.at(-1) ?? top;
      if (name === '..') {
        const left = steps.pop();
        if (left === undefined) return await end(leaves);
        await release([left]);
        continue;
      }
      const next = await optional(holdPart(above, name));
      if (next === null) {
        if (isOfLink) return await end(nowhere);
        const path = [above.path === '/' ? '' : above.path, name, ...todo].join('/');
        return await end({ kind: 'inside', path, found: 'absent' });
      }
      steps.push(next);
      if (next.kind === 'symlink' && links) {
        if ((linksSeen += 1) > mostLinks) return await end(unreadable('ELOOP'));
        const target = await linkIn(above, name);
        await release(steps.splice(-1));
        const at = target.startsWith('/') ? below(top.path, target) : target;
        if (at === null) return await end(leaves);
        if (target.startsWith('/')) await release(steps.splice(0));
        const more = partsOf(at);
        todo.unshift(...more);
        ofLink += more.length;
        continue;
      }
      const why = (await judge?.(next)) ?? null;
      if (why !== null) return await end(why);
      if (next.kind === 'symlink' && todo.length > 0) return await end(unreadable('ELOOP'));
    }
  } catch (error) {
    return end(unreadable(codeOf(error)));
  }
  const last = steps.at(-1) ?? top;
  return { kind: 'held', path: last.path, end: last, steps };
};

/** What is left of an absolute path below the folder; null: it leads elsewhere. */
const below = (folder: string, path: string): string | null => {
  const prefix = folder === '/' ? '/' : `${folder}/`;
  return path === folder ? '' : path.startsWith(prefix) ? path.slice(prefix.length) : null;
};

const leaves: Outside = { kind: 'outside', message: 'leaves … by a symbolic link' };
const nowhere: Outside = {
  kind: 'outside',
  message: 'goes through a symbolic link that leads nowhere',
};

const optional = async (held: Promise<Held>): Promise<Held | null> => {
  try {
    return await held;
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
};
