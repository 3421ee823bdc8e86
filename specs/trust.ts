import { folderPattern } from '../controller/model/folder-pattern.ts';
import type { FileKind, SpecFiles } from './files.ts';

/** One folder on the way down, as `lstat` shows it. */
export interface Component {
  readonly path: string;
  readonly kind: FileKind;
  readonly uid: number;
  /** Permission bits, with the sticky one. */
  readonly mode: number;
}

export interface Trust {
  /** Real paths below which people keep projects. */
  readonly roots: readonly string[];
  /** The same in the words in which they were written; left out, those. */
  readonly shown?: readonly string[];
  /** Whose folders need no root: the user of this process. */
  readonly ownUid: number;
}

/**
 * Why the folder at the end of this way is not taken for its owner's; null: it is. Who may rename or
 * replace a folder on the way decides what the path leads to, so all of them must be its owner's or
 * root's, from below the root on.
 */
export const distrustOfFolder = (
  way: readonly Component[],
  { roots, shown = roots, ownUid }: Trust,
): string | null => {
  const folder = way.at(-1);
  if (folder === undefined) return 'there is no folder';
  const root = deepest(roots.filter((each) => isIn(folder.path, each)));
  if (root === null && folder.uid !== ownUid) {
    return `${folder.path} lies below none of ${shown.length === 0 ? 'the roots (there is none)' : shown.join(', ')}: move it there, or an administrator adds a folder above it to people.roots`;
  }
  const below = way.filter(
    (each) => each === folder || (root !== null && each.path !== root && isIn(each.path, root)),
  );
  for (const each of below) {
    const why = distrustOf(each, folder.uid);
    if (why !== null) return why;
  }
  return null;
};

/** The same for the file in it, as the descriptor that was read shows it: a hard link bears its own owner. */
export const distrustOfFile = (
  file: Omit<Component, 'kind'>,
  folder: Pick<Component, 'uid'>,
): string | null => distrustOf({ ...file, kind: 'folder' }, folder.uid);

const distrustOf = ({ path, kind, uid, mode }: Component, owner: number): string | null => {
  if (kind === 'symlink') return `${path} is a symbolic link: name the folder that it leads to`;
  if (kind !== 'folder') return `${path} is no folder`;
  if (uid !== owner && uid !== 0) {
    return `${path} belongs to uid ${uid}, and the folder to uid ${owner}: chown ${path} to one of uid ${owner} and root`;
  }
  // In a sticky folder of root's, as /tmp, nobody moves what is not theirs.
  const isSticky = uid === 0 && (mode & 0o1000) !== 0;
  if ((mode & 0o002) !== 0 && !isSticky) {
    return `${path} may be written to by everybody: chmod o-w ${path}`;
  }
  return null;
};

/** Looks at the folder as it is now. `unreadable`: nobody can say. */
export const judgeFolder = async (
  files: Pick<SpecFiles, 'walk' | 'realpath'>,
  folder: string,
  { roots, ownUid }: { readonly roots: () => readonly string[]; readonly ownUid: number },
): Promise<Judgement> => {
  const walk = await files.walk(folder);
  if (walk.kind !== 'components') {
    const why = walk.kind === 'absent' ? 'it comes and goes' : walk.message;
    return { kind: 'unreadable', message: `${folder}: ${why}` };
  }
  const real: string[] = [];
  for (const root of roots()) {
    const { base, covers } = folderPattern(root);
    const found = await files.realpath(base);
    if (found.kind === 'path' && covers(folder, found.path)) real.push(found.path);
  }
  const why = distrustOfFolder(walk.components, { roots: real, shown: roots(), ownUid });
  return why === null ? { kind: 'trusted' } : { kind: 'untrusted', message: why };
};

export type Judgement =
  | { readonly kind: 'trusted' }
  | { readonly kind: 'untrusted'; readonly message: string }
  | { readonly kind: 'unreadable'; readonly message: string };

const deepest = (roots: readonly string[]): string | null =>
  roots.reduce<string | null>((best, one) => (one.length > (best ?? '').length ? one : best), null);

const isIn = (path: string, root: string): boolean =>
  path === root || path.startsWith(root === '/' ? root : `${root}/`);
