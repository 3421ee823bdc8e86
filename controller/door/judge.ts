import type { Component, Judge, Unreadable, Untrusted } from './kinds.ts';

/** Which groups are somebody's own alone, as the name service has them. */
export interface PrivateGroups {
  /** Its only member is this user; null: the name service does not say. */
  isPrivate(gid: number, uid: number): Promise<boolean | null>;
}

/** Nobody is asked: every group may have more members. */
export const noPrivateGroups: PrivateGroups = { isPrivate: () => Promise.resolve(false) };

export interface For {
  /** Whose words are to count. */
  readonly owner: number;
  readonly groups: PrivateGroups;
}

/**
 * Whether anybody but the owner and root may put something else in the place of what lies in this folder. `held`
 * is what a descriptor shows, so that it stays true of what is read by it.
 */
export const judgeFolderStep = async (step: Component, whose: For): Promise<Verdict> => {
  const { path, kind, uid, mode } = step;
  if (kind === 'symlink') {
    return untrusted(`${path} is a symbolic link: name the folder that it leads to`);
  }
  if (kind !== 'folder') return untrusted(`${path} is no folder`);
  // In a sticky folder of root's, as /tmp, nobody moves what is not theirs.
  const isSticky = uid === 0 && (mode & 0o1000) !== 0;
  return notTheirs(step, whose, 'the folder') ?? (isSticky ? null : await openTo(step, whose));
};

/** Whether its text is the owner's word. A hard link bears the owner of its file. */
export const judgeFile =
  (whose: For): Judge =>
  async (step) => {
    const { path, kind, uid, mode } = step;
    if (kind === 'folder') return judgeFolderStep(step, whose);
    // What is none is refused as such.
    if (kind !== 'file') return null;
    const why = notTheirs(step, whose, 'the folder') ?? (await openTo(step, whose));
    if (why !== null) return why;
    // A file of root's may have come here by its name alone, as by mv.
    if (uid !== whose.owner && (mode & 0o004) === 0) {
      return untrusted(
        `${path} belongs to root and is not for uid ${whose.owner} to read: chown it to uid ${whose.owner}, or chmod o+r ${path}`,
      );
    }
    return null;
  };

type Verdict = Untrusted | Unreadable | null;

const notTheirs = ({ path, uid }: Component, { owner }: For, what: string): Untrusted | null =>
  uid === owner || uid === 0
    ? null
    : untrusted(
        `${path} belongs to uid ${uid}, and ${what} to uid ${owner}: chown ${path} to one of uid ${owner} and root`,
      );

/** The group's bits are also the mask of an access control list, so that such a one is seen here as well. */
const openTo = async (
  { path, uid, gid, mode, hasAcl }: Component,
  { owner, groups }: For,
): Promise<Verdict> => {
  if ((mode & 0o002) !== 0) {
    return untrusted(`${path} may be written to by everybody: chmod o-w ${path}`);
  }
  if ((mode & 0o020) === 0) return null;
  const isPrivate = await isPrivateTo(gid, new Set([owner, uid]), groups);
  if (isPrivate === null) return unknown(path, `whose group ${gid} is`);
  if (!isPrivate) {
    return untrusted(
      `${path} may be written to by the group ${gid}, which is not uid ${owner}'s alone: chmod g-w ${path}`,
    );
  }
  const isWider = await hasAcl();
  if (isWider === null) return unknown(path, 'whether it has an access control list');
  return isWider
    ? untrusted(`${path} has an access control list that lets others write: setfacl -b ${path}`)
    : null;
};

const isPrivateTo = async (
  gid: number,
  uids: ReadonlySet<number>,
  groups: PrivateGroups,
): Promise<boolean | null> => {
  let isKnown = true;
  for (const uid of uids) {
    const says = await groups.isPrivate(gid, uid);
    if (says === true) return true;
    if (says === null) isKnown = false;
  }
  return isKnown ? false : null;
};

const untrusted = (message: string): Untrusted => ({ kind: 'untrusted', message });

const unknown = (path: string, what: string): Unreadable => ({
  kind: 'unreadable',
  denied: false,
  message: `${path}: nobody says ${what}; chmod g-w ${path} makes the question go away`,
});
