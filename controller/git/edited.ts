import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Owner } from '../model/record.ts';
import type { Git } from './run.ts';

/**
 * Whether a folder's mlenv.yaml is not that of the commit that is checked out. By the file's hash, so that git is asked
 * once for each commit; where line ends are converted, the file that git wrote counts as edited.
 */
export const createEdited = (
  git: Git,
): ((
  place: { readonly gitDir: string; readonly top: string },
  of: { readonly folder: string; readonly commit: string; readonly owner: Owner },
) => Promise<boolean>) => {
  /** By commit and path: the hash of the file in it; '': it is not in it. */
  const committed = new Map<string, string>();
  return async ({ gitDir, top }, { folder, commit, owner }) => {
    const file = join(folder, 'mlenv.yaml');
    const path = relative(top, file);
    const key = `${commit} ${path}`;
    let blob = committed.get(key);
    if (blob === undefined) {
      const listed = await git({
        args: [`--git-dir=${gitDir}`, 'ls-tree', '-z', '--full-tree', commit, '--', path],
        timeoutMs: 10_000,
        as: owner,
      });
      // Nobody knows.
      if (!listed.ok) return false;
      blob = / blob ([0-9a-f]+)\t/.exec(listed.value.toString())?.[1] ?? '';
      if (committed.size >= keptBlobs) committed.clear();
      committed.set(key, blob);
    }
    const content = await readFile(file).catch(() => null);
    return content !== null && hashOf(content, commit.length) !== blob;
  };
};

const keptBlobs = 10_000;

/** As git hashes a file; SHA-256 where the repository's commits are so long. */
const hashOf = (content: Buffer, digits: number): string =>
  createHash(digits === 40 ? 'sha1' : 'sha256')
    .update(`blob ${content.length}\0`)
    .update(content)
    .digest('hex');
