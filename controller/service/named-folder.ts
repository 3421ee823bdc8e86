import { ApiError } from '../model/api.ts';
import type { SpecRead } from '../model/ports.ts';
import type { Acting } from './acting.ts';

/** What a folder that was named for a request holds. */
export type NamedRead = Exclude<SpecRead, { kind: 'untrusted' | 'no-folder' | 'unreadable' }>;

/**
 * Reads the folder that somebody named, and answers only where it is theirs: of what lies at any other path they
 * learn nothing, not even whether something does. Throws ApiError.
 */
export const readNamed = async (core: Acting, path: string): Promise<NamedRead> => {
  const { specs, store } = core.deps;
  const read = await specs.read(path);
  const folder = 'folder' in read ? (read.folder ?? null) : null;
  core.mayUse(path, folder, folder === null ? null : store.projects.byPath(folder.path));
  switch (read.kind) {
    case 'untrusted':
      throw new ApiError('refused', read.message);
    case 'unreadable':
      throw new ApiError('prerequisite', read.message);
    case 'no-folder':
      throw new ApiError('usage', `there is no mlenv.yaml in ${path}; mlenv init writes one`);
    default:
      return read;
  }
};
