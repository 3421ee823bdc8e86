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
import { below, pathText, refusedPath, staysInside } from './paths.ts';

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
  const half = halfOf(parent, commit);
  const { files, links, skipped } = sorted(listed.value, half);
  if (await isThere(folder)) return ok({ folder, skipped });
  const contents = await mirror.blobs(
    [...files, ...links].map(({ blob }) => blob),
    limits.maxBytes,
  );
  if (!contents.ok) return contents;

  try {
    await rm(half, { recursive: true, force: true });
    await mkdir(half, { recursive: true, mode: 0o755 });
    const made = new Set<string>();
    for (const [index, { path, kind }] of files.entries()) {
      await makeFolders(half, folderOf(path), made);
      const place = below(half, path);
      await writeFile(place, contents.value[index] ?? '', {
        flag: 'wx',
        mode: kind === 'program' ? 0o755 : 0o644,
        flush: true,
      });
      await chown(place, owner.uid, owner.gid);
    }
    const leading: string[] = [];
    for (const [index, { path }] of links.entries()) {
      const target = contents.value[files.length + index] ?? Buffer.alloc(0);
      if (!staysInside(path, target)) {
        leading.push(`${pathText(path)}: a link that leads out of the repository`);
        continue;
      }
      if (target.length > 4095) {
        leading.push(`${pathText(path)}: a link that is too long`);
        continue;
      }
      await makeFolders(half, folderOf(path), made);
      const place = below(half, path);
      await symlink(target, place);
      await lchown(place, owner.uid, owner.gid);
    }
    for (const name of made) await chown(below(half, bytesOf(name)), owner.uid, owner.gid);
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
  const { files, links } = sorted(listed.value, halfOf(dirname(folder), commit));
  const bytes = new Map(files.map((file) => [nameOf(file.path), file.bytes]));
  const known = new Set([...files, ...links].map(({ path }) => nameOf(path)));
  const laidAt = await lstat(folder);
  const walk = async (within: string): Promise<boolean> => {
    const entries = await readdir(below(folder, bytesOf(within)), {
      withFileTypes: true,
      encoding: 'buffer',
    });
    for (const entry of entries) {
      const path = posix.join(within, nameOf(entry.name));
      if (entry.isDirectory()) {
        if (await walk(path)) return true;
        continue;
      }
      if (!known.has(path)) return true;
      const seen = await lstat(below(folder, bytesOf(path)));
      // The folder was renamed into place after all that was laid had been written.
      if (entry.isFile() && (seen.size !== bytes.get(path) || seen.mtimeMs > laidAt.ctimeMs)) {
        return true;
      }
      known.delete(path);
    }
    return false;
  };
  try {
    return (await walk('')) || files.some(({ path }) => known.has(nameOf(path)));
  } catch {
    return true;
  }
};

const sorted = (
  entries: readonly TreeEntry[],
  folder: string,
): {
  readonly files: readonly TreeEntry[];
  readonly links: readonly TreeEntry[];
  readonly skipped: readonly string[];
} => {
  const files: TreeEntry[] = [];
  const links: TreeEntry[] = [];
  const skipped: string[] = [];
  for (const entry of entries) {
    const leave = (why: string): void => void skipped.push(`${pathText(entry.path)}: ${why}`);
    const refused = refusedPath(entry.path, folder);
    if (refused !== null) leave(refused);
    else if (entry.kind === 'submodule') leave('a submodule');
    else if (entry.kind === 'other') leave('neither a file nor a link');
    else (entry.kind === 'symlink' ? links : files).push(entry);
  }
  return { files, links, skipped };
};

/** Where a commit's files are written before they are all there. */
const halfOf = (parent: string, commit: string): string => join(parent, `.${commit}.half`);

/** A path as a key: one character for each byte. */
const nameOf = (path: Buffer): string => path.toString('latin1');
const bytesOf = (name: string): Buffer => Buffer.from(name, 'latin1');
const folderOf = (path: Buffer): string => posix.dirname(nameOf(path));

const makeFolders = async (top: string, folder: string, made: Set<string>): Promise<void> => {
  if (folder === '.' || made.has(folder)) return;
  await makeFolders(top, posix.dirname(folder), made);
  await mkdir(below(top, bytesOf(folder)), { mode: 0o755 });
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
