import { join } from 'node:path';
import { failed, ok, type Result } from '../controller/model/failure.ts';
import type { SpecFiles } from './files.ts';

/** How far below the root a project may lie. */
export const discoverDepth = 3;

/**
 * Folders from `root` down that hold a spec, in alphabetical order. Dot folders, node_modules and
 * symbolic links are not entered. A folder below the root that we may not enter is somebody else's
 * (a database's data, say) and is passed over; every other failure fails the whole.
 */
export const discoverFolders = async (
  files: SpecFiles,
  root: string,
  specFileName: string,
): Promise<Result<readonly string[]>> => {
  const found: string[] = [];
  let level: readonly string[] = [root];
  for (let depth = 0; depth <= discoverDepth; depth += 1) {
    const next: string[] = [];
    for (const folder of level) {
      const list = await files.list(folder);
      if (list.kind === 'entries') {
        if (list.entries.some(({ name }) => name === specFileName)) found.push(folder);
        const inner = list.entries.filter((entry) => isEntered(entry, specFileName));
        next.push(...inner.map(({ name }) => join(folder, name)));
        continue;
      }
      const isRoot = depth === 0;
      const mayPass = list.kind !== 'unreadable' || list.denied;
      if (!isRoot && mayPass) continue;
      const why = list.kind === 'unreadable' ? list.message : list.kind;
      return failed('unknown', `${folder} cannot be listed (${why})`);
    }
    level = next;
  }
  return ok(found.sort());
};

const isEntered = (
  { name, kind }: { readonly name: string; readonly kind: string },
  specFileName: string,
): boolean =>
  kind === 'folder' && !name.startsWith('.') && name !== 'node_modules' && name !== specFileName;
