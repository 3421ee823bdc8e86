import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Owner } from '../model/record.ts';
import { pathText, splitAtNul } from './paths.ts';
import type { Git } from './run.ts';

/**
 * Which files of a working tree are in conflict, as after `git stash pop`, which leaves no other mark than these
 * entries of the index. git reads it, as its owner, and only where it has changed.
 */
export const createConflicts = (
  git: Git,
): ((place: { readonly gitDir: string }, owner: Owner) => Promise<string | null>) => {
  const known = new Map<string, { readonly stamp: string; readonly says: string | null }>();
  return async ({ gitDir }, owner) => {
    const stamp = await stampOf(join(gitDir, 'index'));
    if (stamp === null) return null;
    const before = known.get(gitDir);
    if (before?.stamp === stamp) return before.says;
    const read = await git({
      args: [`--git-dir=${gitDir}`, 'ls-files', '--unmerged', '-z', '--full-name'],
      timeoutMs: 10_000,
      maxOutputBytes: 2 ** 20,
      as: owner,
    });
    // It is asked again at the next look.
    if (!read.ok) return null;
    const says = inWords(pathsOf(read.value));
    if (known.size >= keptStamps) known.clear();
    known.set(gitDir, { stamp, says });
    return says;
  };
};

const keptStamps = 10_000;

/** `<mode> <hash> <stage>\t<path>\0`, once for each side. */
const pathsOf = (output: Buffer): readonly string[] => [
  ...new Set(splitAtNul(output).map((line) => pathText(line.subarray(line.indexOf('\t') + 1)))),
];

const inWords = ([first, ...others]: readonly string[]): string | null => {
  if (first === undefined) return null;
  const name = first.slice(0, 200);
  return others.length === 0
    ? `${name} is in conflict`
    : `${name} and ${others.length} more files are in conflict`;
};

const stampOf = async (path: string): Promise<string | null> => {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return null;
  }
};
