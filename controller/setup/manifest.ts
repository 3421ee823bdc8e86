import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import type { SetupFacts } from './actions.ts';
import type { SetupPlaces } from './places.ts';

/** What setup wrote on this machine, so that --remove takes away that and nothing else. */
export interface Manifest {
  /** Path to the hash of what was written; '': the file was there before. */
  readonly files: Readonly<Record<string, string>>;
  /** Folders that were not there before. */
  readonly folders: readonly string[];
  /** The group that was not there before; null: it was. */
  readonly group: string | null;
}

export const emptyManifest: Manifest = { files: {}, folders: [], group: null };

export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

export const manifestText = (manifest: Manifest): string =>
  `${JSON.stringify({ apiVersion: 'mlenv/v1', wrote: manifest }, null, 2)}\n`;

/** null: it is none. */
export const readManifest = (text: string): Manifest | null => {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || !('wrote' in parsed)) return null;
    const { files, folders, group } = parsed.wrote as Partial<Manifest>;
    const isSound =
      typeof files === 'object' &&
      Object.values(files).every((hash) => typeof hash === 'string') &&
      Array.isArray(folders) &&
      folders.every((folder) => typeof folder === 'string') &&
      (group === null || typeof group === 'string');
    return isSound ? { files, folders, group } : null;
  } catch {
    return null;
  }
};

/** Where a file goes that somebody edited since setup wrote it, or that was there before; null: it did not change. */
export const keepAs = (
  path: string,
  {
    places,
    facts,
    old,
  }: {
    readonly places: SetupPlaces;
    readonly facts: SetupFacts;
    readonly old: Manifest;
  },
): string | null => {
  const entry = facts.entries.get(path);
  if (entry?.kind !== 'file' || hashOf(entry.text) === old.files[path]) return null;
  return join(places.kept, `${basename(path)}.${facts.stamp}`);
};
