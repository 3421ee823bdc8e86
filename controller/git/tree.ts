import {
  chown,
  lchown,
  lstat,
  mkdir,
  readdir,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { failed, ok, type Result } from '../model/failure.ts';
import type { GitLimits, TreeEntry } from '../model/git.ts';
import type { Mirror } from './mirror.ts';

export interface Laid {
  /** Where the commit's files lie; nothing else has ever lain there. */
  readonly folder: string;
  /** Paths that were left out, with why: submodules, links that lead out, names that no file may have. */
  readonly skipped: readonly string[];
}

/**
 * Lays the files of one commit into a folder of its own, which appears whole or not at all. Files are written by
 * us and not by a checkout: no filter, hook or attribute of the repository has a word in it. Links come last, so
 * that nothing is written through one.
 */
export const layTree = async (
  mirror: Pick<Mirror, 'tree' | 'blobs'>,
  {
    commit,
    parent,
    owner,
    limits,
  }: {
    readonly commit: string;
    /** Ours alone. */
    readonly parent: string;
    readonly owner: { readonly uid: number; readonly gid: number };
    readonly limits: GitLimits;
  },
): Promise<Result<Laid>> => {
  const folder = join(parent, commit);
  const listed = await mirror.tree(commit);
  if (!listed.ok) return listed;
  const { files, links, skipped } = sorted(listed.value);
  if (await isThere(folder)) return ok({ folder, skipped });
  const contents = await mirror.blobs(
    [...files, ...links].map(({ blob }) => blob),
    limits.maxBytes,
  );
  if (!contents.ok) return contents;

  const half = join(parent, `.${commit}.half`);
  try {
    await rm(half, { recursive: true, force: true });
    await mkdir(half, { recursive: true, mode: 0o755 });
    const made = new Set<string>();
    for (const [index, { path, kind }] of files.entries()) {
      await makeFolders(half, dirname(path), made);
      const place = join(half, path);
      await writeFile(place, contents.value[index] ?? '', {
        flag: 'wx',
        mode: kind === 'program' ? 0o755 : 0o644,
        flush: true,
      });
      await chown(place, owner.uid, owner.gid);
    }
    const leading: string[] = [];
    for (const [index, { path }] of links.entries()) {
      const target = contents.value[files.length + index]?.toString() ?? '';
      if (!staysInside(path, target)) {
        leading.push(`${path}: a link that leads out of the repository`);
        continue;
      }
      await makeFolders(half, dirname(path), made);
      await symlink(target, join(half, path));
      await lchown(join(half, path), owner.uid, owner.gid);
    }
    for (const path of made) await chown(join(half, path), owner.uid, owner.gid);
    await chown(half, owner.uid, owner.gid);
    await rename(half, folder);
    return ok({ folder, skipped: [...skipped, ...leading] });
  } catch (error) {
    await rm(half, { recursive: true, force: true });
    return failed('retry', `${folder} could not be written: ${messageOf(error)}`);
  }
};

/**
 * Whether anything in a laid folder is other than its commit: changed, added or removed. Such a folder is never
 * taken away. What cannot be read counts as changed.
 */
export const isChanged = async (
  mirror: Pick<Mirror, 'tree' | 'blobs'>,
  { folder, commit }: { readonly folder: string; readonly commit: string },
): Promise<boolean> => {
  const listed = await mirror.tree(commit);
  if (!listed.ok) return true;
  const { files, links } = sorted(listed.value);
  const bytes = new Map(files.map((file) => [file.path, file.bytes]));
  const known = new Set([...files, ...links].map(({ path }) => path));
  const laidAt = await lstat(folder);
  const walk = async (below: string): Promise<boolean> => {
    for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
      const path = posix.join(below, entry.name);
      if (entry.isDirectory()) {
        if (await walk(path)) return true;
        continue;
      }
      if (!known.has(path)) return true;
      const seen = await lstat(join(folder, path));
      // The folder was renamed into place after all that was laid had been written.
      if (entry.isFile() && (seen.size !== bytes.get(path) || seen.mtimeMs > laidAt.ctimeMs)) {
        return true;
      }
      known.delete(path);
    }
    return false;
  };
  try {
    return (await walk('')) || files.some(({ path }) => known.has(path));
  } catch {
    return true;
  }
};

const sorted = (
  entries: readonly TreeEntry[],
): {
  readonly files: readonly TreeEntry[];
  readonly links: readonly TreeEntry[];
  readonly skipped: readonly string[];
} => {
  const files: TreeEntry[] = [];
  const links: TreeEntry[] = [];
  const skipped: string[] = [];
  for (const entry of entries) {
    if (!isPlainPath(entry.path)) skipped.push(`${entry.path}: a name that no file may have`);
    else if (entry.kind === 'submodule') skipped.push(`${entry.path}: a submodule`);
    else if (entry.kind === 'other') skipped.push(`${entry.path}: neither a file nor a link`);
    else (entry.kind === 'symlink' ? links : files).push(entry);
  }
  return { files, links, skipped };
};

/** Below the folder, and nothing that git would take for its own. */
const isPlainPath = (path: string): boolean =>
  path.length <= 4096 &&
  !/[\p{Cc}\\]/u.test(path) &&
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && !isGit(part));

/** Also in the spellings that some file systems take for the same. */
const isGit = (part: string): boolean =>
  /^(?:\.git|git~[0-9]+)[. ]*$/i.test(part.replaceAll(/[\u200c-\u200f\u202a-\u202e\ufeff]/g, ''));

const staysInside = (path: string, target: string): boolean =>
  target !== '' &&
  !target.startsWith('/') &&
  !target.includes('\0') &&
  !posix.normalize(posix.join(posix.dirname(path), target)).startsWith('..');

const makeFolders = async (top: string, folder: string, made: Set<string>): Promise<void> => {
  if (folder === '.' || made.has(folder)) return;
  await makeFolders(top, dirname(folder), made);
  await mkdir(join(top, folder), { mode: 0o755 });
  made.add(folder);
};

const isThere = async (path: string): Promise<boolean> => {
  try {
    return (await lstat(path)).isDirectory();
  } catch {
    return false;
  }
};

const messageOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);
