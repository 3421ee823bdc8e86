import { lstat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { readStrictly } from '../door/strict.ts';
import type { Checkout, Checkouts, Commit } from '../model/git.ts';
import type { Owner } from '../model/record.ts';
import { createConflicts } from './conflicts.ts';
import { createEdited } from './edited.ts';
import { below, pathText } from './paths.ts';
import type { Git } from './run.ts';

/**
 * What is checked out, from git's own small files; the commit itself is asked of git, as the folder's owner, and
 * kept. So a look costs a few reads and no process, and what a repository may make git do, it does as its owner.
 */
export const createCheckouts = (git: Git): Checkouts => {
  const commits = new Map<string, Commit>();
  const conflicts = createConflicts(git);
  const edited = createEdited(git);
  return {
    look: async (folder, owner) => {
      const place = await placeOf(folder, owner);
      if (place === null) return null;
      const head = await headOf(place);
      if (head === null) return null;
      const known = commits.get(head.id) ?? (await commitOf(git, place, { id: head.id, owner }));
      if (known === null) return null;
      if (commits.size >= keptCommits) commits.clear();
      commits.set(head.id, known);
      return {
        commit: known,
        branch: head.branch,
        busy: (await busyWith(place)) ?? (await conflicts(place, owner)),
        isWriting: await isWriting(place),
        isEdited: await edited(place, { folder, commit: head.id, owner }),
        files: ['HEAD', 'logs/HEAD', 'index'].map((name) => join(place.gitDir, name)),
      } satisfies Checkout;
    },
  };
};

const keptCommits = 10_000;

interface Place {
  /** Of this working tree. */
  readonly gitDir: string;
  /** Of the repository, which several working trees may share. */
  readonly commonDir: string;
  /** The working tree's own folder. */
  readonly top: string;
  /** Whose all of it is. */
  readonly uid: number;
}

/** `.git` in the folder or above it, while those belong to the same owner. */
const placeOf = async (folder: string, owner: Owner): Promise<Place | null> => {
  for (let at = folder; ; at = dirname(at)) {
    const dot = join(at, '.git');
    const seen = await statOf(dot);
    if (seen !== null) {
      if (seen.uid !== owner.uid) return null;
      if (seen.isDirectory()) return { gitDir: dot, commonDir: dot, top: at, uid: owner.uid };
      // A linked working tree: the file names its folder in the repository.
      const named = /^gitdir: (.+)$/.exec(await textOf(dot, owner.uid))?.[1];
      if (named === undefined) return null;
      const gitDir = resolve(at, utf8(named));
      if ((await statOf(gitDir))?.uid !== owner.uid) return null;
      const common = (await textOf(join(gitDir, 'commondir'), owner.uid)) || '.';
      return { gitDir, commonDir: resolve(gitDir, utf8(common)), top: at, uid: owner.uid };
    }
    if (dirname(at) === at || (await statOf(dirname(at)))?.uid !== owner.uid) return null;
  }
};

const utf8 = (bytes: string): string => Buffer.from(bytes, 'latin1').toString();

const hash = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

const headOf = async ({
  gitDir,
  commonDir,
  uid,
}: Place): Promise<{ readonly id: string; readonly branch: string | null } | null> => {
  const head = await textOf(join(gitDir, 'HEAD'), uid);
  if (hash.test(head)) return { id: head, branch: null };
  // Names are bytes, here one character each.
  const ref = /^ref: (refs\/[^\0-\x20\x7f]+)$/.exec(head)?.[1];
  if (ref === undefined || ref.split('/').includes('..')) return null;
  const name = Buffer.from(ref, 'latin1');
  const loose = await textOf(below(commonDir, name), uid);
  const id = hash.test(loose) ? loose : await packed({ commonDir, uid }, ref);
  return id === null ? null : { id, branch: pathText(name).replace(/^refs\/heads\//, '') };
};

const packed = async (
  { commonDir, uid }: Pick<Place, 'commonDir' | 'uid'>,
  ref: string,
): Promise<string | null> => {
  const lines = (await textOf(join(commonDir, 'packed-refs'), uid, 8 * 2 ** 20)).split('\n');
  const id = lines.find((line) => line.endsWith(` ${ref}`))?.split(' ')[0];
  return id !== undefined && hash.test(id) ? id : null;
};

/** Marks that git leaves while its files are those of no commit. */
const marks: readonly (readonly [file: string, what: string])[] = [
  ['MERGE_HEAD', 'a merge'],
  ['rebase-merge', 'a rebase'],
  ['rebase-apply', 'a rebase'],
  ['CHERRY_PICK_HEAD', 'a cherry-pick'],
  ['REVERT_HEAD', 'a revert'],
];

const busyWith = async ({ gitDir }: Place): Promise<string | null> => {
  for (const [file, what] of marks) {
    if ((await statOf(join(gitDir, file))) !== null) return `${what} is under way`;
  }
  return null;
};

/** A lock that is old is none: nobody took it away when its git died. */
const isWriting = async ({ gitDir }: Place): Promise<boolean> => {
  const lock = await statOf(join(gitDir, 'index.lock'));
  return lock !== null && Math.abs(Date.now() - Number(lock.mtimeMs)) < 60_000;
};

const commitOf = async (
  git: Git,
  { gitDir }: Place,
  { id, owner }: { readonly id: string; readonly owner: Owner },
): Promise<Commit | null> => {
  const read = await git({
    args: [`--git-dir=${gitDir}`, 'cat-file', 'commit', id],
    timeoutMs: 10_000,
    maxOutputBytes: 2 ** 20,
    as: owner,
  });
  if (!read.ok) return null;
  const text = read.value.toString();
  const [, author = '', , at = '0'] =
    /^author (.*?) ?(<[^>\n]*>) [0-9]+ [-+0-9]+\ncommitter .* ([0-9]+) [-+0-9]+$/m.exec(text) ?? [];
  const body = text.slice(text.indexOf('\n\n') + 2);
  const [subject = ''] = body.trimStart().split('\n');
  return { id, author, at: Number(at) * 1000, subject: subject.slice(0, 200) };
};

const statOf = async (path: string): Promise<Awaited<ReturnType<typeof lstat>> | null> => {
  try {
    return await lstat(path);
  } catch {
    return null;
  }
};

/** An ordinary file of the owner's with no link on its way, one character a byte; '' where there is none. */
const textOf = async (path: string | Buffer, uid: number, maxBytes = 4096): Promise<string> => {
  const read = await readStrictly(path, { maxBytes, uid });
  if (read.kind !== 'bytes') return '';
  return Buffer.from(read.bytes)
    .toString('latin1')
    .replace(/[\n\r ]+$/, '');
};
