import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Which folder stands at this path, links followed; undefined: none, or none that we may see. The time
 * of birth counts, as a file system gives the number of a deleted folder to the next one.
 */
export const identify = async (folder: string): Promise<string | undefined> => {
  try {
    const found = await stat(folder, { bigint: true });
    return found.isDirectory() ? `${found.dev}:${found.ino}:${found.birthtimeNs}` : undefined;
  } catch {
    return undefined;
  }
};

/** Real folders, no links to some; none where it cannot be listed. */
export const foldersIn = async (folder: string): Promise<readonly string[]> => {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
  } catch {
    return [];
  }
};

export const isFolder = async (path: string): Promise<boolean> => {
  try {
    return (await lstat(path)).isDirectory();
  } catch {
    return false;
  }
};
