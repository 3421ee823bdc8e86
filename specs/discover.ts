import { join } from 'node:path';
import { failed, ok, type Result } from '../controller/model/failure.ts';
import { folderPattern } from '../controller/model/folder-pattern.ts';
import type { Discovered } from '../controller/model/ports.ts';
import type { SpecFiles } from './files.ts';

/** Folders that one look lists at most: a data set must not keep it busy for ever. */
const maxListed = 20_000;

/**
 * Folders that hold a spec where `pattern` has them, in alphabetical order. Symbolic links are not
 * entered. A folder below the base that we may not enter is somebody else's (a database's data, say)
 * and is passed over; every other failure fails the whole.
 */
export const discoverFolders = async (
  files: Pick<SpecFiles, 'list'>,
  pattern: string,
  specFileName: string,
): Promise<Result<Discovered>> => {
  const { base, levels, holds, leadsTo } = folderPattern(pattern);
  const found: string[] = [];
  let left = maxListed;
  let level: readonly string[] = [base];
  for (let depth = 0; depth <= levels; depth += 1) {
    const next: string[] = [];
    for (const folder of level.slice(0, left)) {
      const list = await files.list(folder);
      if (list.kind === 'entries') {
        const hasSpec = list.entries.some(({ name }) => name === specFileName);
        if (hasSpec && holds(folder)) found.push(folder);
        const inner = list.entries
          .filter(({ name, kind }) => kind === 'folder' && name !== specFileName)
          .map(({ name }) => join(folder, name));
        next.push(...inner.filter(leadsTo));
        continue;
      }
      const isRoot = depth === 0;
      const mayPass = list.kind !== 'unreadable' || list.denied;
      if (!isRoot && mayPass) continue;
      const why = list.kind === 'unreadable' ? list.message : list.kind;
      return failed('unknown', `${folder} cannot be listed (${why})`);
    }
    if (level.length > left) {
      const cut = `holds more than ${maxListed} folders, and projects deep in it may not be found: watch a narrower one`;
      return ok({ folders: found.sort(), cut });
    }
    left -= level.length;
    level = next;
  }
  return ok({ folders: found.sort(), cut: null });
};
