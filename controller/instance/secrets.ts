import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isInMemory } from '../act/secret-folders.ts';

/**
 * Where secrets are laid out: below the run folder, which is in memory on most hosts; else in a folder
 * of ours in shared memory; else, with a warning, below the run folder all the same. Makes nothing.
 */
export const secretsRoot = async (options: {
  readonly uid: number;
  readonly runDir: string;
  /** Of the system's instance. */
  readonly systemRunDir: string;
  readonly shared?: string;
}): Promise<{ readonly path: string; readonly inMemory: boolean }> => {
  const { uid, runDir, systemRunDir, shared = '/dev/shm' } = options;
  const usual = join(uid === 0 ? systemRunDir : runDir, 'secrets');
  for (const root of [usual, join(shared, `mlenv-${uid}`)]) {
    const path = await ours(root, uid);
    if (path !== null) return { path, inMemory: true };
  }
  return { path: (await placeOf(usual)).path, inMemory: false };
};

/** Its real path where it is in memory and is ours, or can be made; null: neither. */
const ours = async (root: string, uid: number): Promise<string | null> => {
  try {
    const { path, nearest } = await placeOf(root);
    if (nearest === path) {
      const found = await lstat(root);
      if (!found.isDirectory() || found.uid !== uid) return null;
    }
    return (await isInMemory(nearest)) ? path : null;
  } catch {
    return null;
  }
};

/** The real path of what may not be there yet, by the nearest folder that is. */
const placeOf = async (
  path: string,
): Promise<{ readonly path: string; readonly nearest: string }> => {
  const real = await realpath(path).catch(() => null);
  if (real !== null) return { path: real, nearest: real };
  const above = await placeOf(dirname(path));
  return { path: join(above.path, basename(path)), nearest: above.nearest };
};
