import type { HeldFolder } from '../controller/door/held-folder.ts';
import {
  judgeFile,
  judgeFolderStep,
  noPrivateGroups,
  type PrivateGroups,
} from '../controller/door/judge.ts';
import type { Component, Judge, Unreadable, Untrusted } from '../controller/door/kinds.ts';
import { folderPattern } from '../controller/model/folder-pattern.ts';
import type { SpecFiles } from './files.ts';

export type { Component } from '../controller/door/kinds.ts';

export interface Trust {
  /** Real paths below which people keep projects. */
  readonly roots: readonly string[];
  /** The same in the words in which they were written; left out, those. */
  readonly shown?: readonly string[];
  /** Whose folders need no root: the user of this process. */
  readonly ownUid: number;
  /** Left out: every group may have members beside its owner. */
  readonly groups?: PrivateGroups;
}

export interface TrustOptions {
  /** Patterns of folders in which people keep projects, as they are now. */
  readonly roots: () => readonly string[];
  /** The user of this process, whose folders count anywhere. */
  readonly ownUid: number;
  readonly groups?: PrivateGroups;
}

/**
 * Why the folder at the end of this way is not taken for its owner's; null: it is. Who may rename or
 * replace a folder on the way decides what the path leads to, so all of them must be its owner's or
 * root's, from below the root on.
 */
export const distrustOfFolder = async (
  way: readonly Component[],
  { roots, shown = roots, ownUid, groups = noPrivateGroups }: Trust,
): Promise<Untrusted | Unreadable | null> => {
  const folder = way.at(-1);
  if (folder === undefined) return { kind: 'untrusted', message: 'there is no folder' };
  const root = deepest(roots.filter((each) => isIn(folder.path, each)));
  if (root === null && folder.uid !== ownUid) {
    const message = `${folder.path} lies below none of ${shown.length === 0 ? 'the roots (there is none)' : shown.join(', ')}: move it there, or an administrator adds a folder above it to people.roots`;
    return { kind: 'untrusted', message };
  }
  const below = way.filter(
    (each) => each === folder || (root !== null && each.path !== root && isIn(each.path, root)),
  );
  for (const each of below) {
    const why = await judgeFolderStep(each, { owner: folder.uid, groups });
    if (why !== null) return why;
  }
  return null;
};

/** Of a folder that is held, as it is now; null: it is its owner's. */
export const judgeFolder = async (
  files: Pick<SpecFiles, 'realpath'>,
  { identity, way }: Pick<HeldFolder, 'identity' | 'way'>,
  { roots, ownUid, groups = noPrivateGroups }: TrustOptions,
): Promise<Untrusted | Unreadable | null> => {
  const real: string[] = [];
  for (const root of roots()) {
    const { base, covers } = folderPattern(root);
    const found = await files.realpath(base);
    if (found.kind === 'path' && covers(identity.path, found.path)) real.push(found.path);
  }
  return distrustOfFolder(way, { roots: real, shown: roots(), ownUid, groups });
};

/** Of the files in it; left out where every folder that can be read counts. */
export const judgeIn = (
  { identity }: Pick<HeldFolder, 'identity'>,
  trust: TrustOptions | undefined,
): { readonly judge?: Judge } =>
  trust === undefined
    ? {}
    : { judge: judgeFile({ owner: identity.owner.uid, groups: trust.groups ?? noPrivateGroups }) };

const deepest = (roots: readonly string[]): string | null =>
  roots.reduce<string | null>((best, one) => (one.length > (best ?? '').length ? one : best), null);

const isIn = (path: string, root: string): boolean =>
  path === root || path.startsWith(root === '/' ? root : `${root}/`);
