import { createHash } from 'node:crypto';
import { join, relative } from 'node:path';
import { readStrictly } from '../door/strict.ts';
import type { Owner } from '../model/record.ts';
import type { Git } from './run.ts';

/**
 * Whether a folder's mlenv.yaml, or its lock, is not that of the commit that is checked out. By the files' hashes, so
 * that git is asked once for each commit; where line ends are converted, the file that git wrote counts as edited.
 */
export const createEdited = (
  git: Git,
): ((
  place: { readonly gitDir: string; readonly top: string },
  of: { readonly folder: string; readonly commit: string; readonly owner: Owner },
) => Promise<boolean>) => {
  /** By commit and path: the hash of the file in it; '': it is not in it. */
  const committed = new Map<string, string>();
  const blobOf = async (
    gitDir: string,
    {
      path,
      commit,
      owner,
    }: { readonly path: string; readonly commit: string; readonly owner: Owner },
  ): Promise<string | null> => {
    const key = `${commit} ${path}`;
    const known = committed.get(key);
    if (known !== undefined) return known;
    const listed = await git({
      args: [
        `--git-dir=${gitDir}`,
        // A folder may be named as a pattern is.
        '--literal-pathspecs',
        'ls-tree',
        '-z',
        '--full-tree',
        commit,
        '--',
        path,
      ],
      timeoutMs: 10_000,
      as: owner,
    });
    if (!listed.ok) return null;
    const blob = / blob ([0-9a-f]+)\t/.exec(listed.value.toString())?.[1] ?? '';
    if (committed.size >= keptBlobs) committed.clear();
    committed.set(key, blob);
    return blob;
  };
  return async ({ gitDir, top }, { folder, commit, owner }) => {
    for (const name of ['mlenv.yaml', 'mlenv.lock']) {
      const file = join(folder, name);
      // By the owner's own files alone, and never one that would be waited for.
      const read = await readStrictly(file, { maxBytes: largestBytes });
      if (read.kind !== 'bytes') continue;
      const content = read.bytes;
      const blob = await blobOf(gitDir, { path: relative(top, file), commit, owner });
      // null: nobody knows.
      if (blob !== null && hashOf(content, commit.length) !== blob) return true;
    }
    return false;
  };
};

const keptBlobs = 10_000;

/** More than a file may have that is taken. */
const largestBytes = 1 << 20;

/** As git hashes a file; SHA-256 where the repository's commits are so long. */
const hashOf = (content: Uint8Array, digits: number): string =>
  createHash(digits === 40 ? 'sha1' : 'sha256')
    .update(`blob ${content.length}\0`)
    .update(content)
    .digest('hex');
