import type { StrictLook } from '../door/strict.ts';
import { type MountRoot } from '../model/config.ts';
import { systemFolderAt } from '../model/system-folders.ts';
import type { BindSource, MountSources } from '../model/ports.ts';

/** As much of the file system as this needs; nothing throws. */
export interface MountFiles {
  realpath(path: string): Promise<Real>;
  /** Of somebody's path: nothing is looked at behind the first link. */
  look(path: string): Promise<StrictLook>;
}

type Real =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable'; readonly message: string };

/**
 * Looks once more at what a container is about to be given: the file was read a while ago, and its
 * owner may have put a link to somewhere else in the place of a folder since.
 */
export const createMountSources = (options: {
  readonly files: MountFiles;
  readonly mountRoots: (folder: string) => readonly MountRoot[];
}): MountSources => ({
  check: async (folder, sources) => {
    for (const each of sources) {
      const fault = await faultOf(each, { ...options, folder });
      if (fault !== null) return `${each.source} ${fault}`;
    }
    return null;
  },
});

interface Looking {
  readonly files: MountFiles;
  readonly mountRoots: (folder: string) => readonly MountRoot[];
  readonly folder: string;
}

const faultOf = async (each: BindSource, looking: Looking): Promise<string | null> => {
  const { files, folder } = looking;
  const { source } = each;
  const found = await files.look(source);
  switch (found.kind) {
    case 'link':
      // Not where it leads: that may be nobody's business here.
      return `has a link on its way at ${found.at}`;
    case 'unreadable':
      return `cannot be looked at (${found.message})`;
    case 'other':
      return 'is now a socket, a device or a pipe';
    default:
      // What is not there, the engine has its own words of.
      return isIn(folder, source) ? null : await outsideFault(each, looking);
  }
};

const outsideFault = async (
  { source, readOnly }: BindSource,
  { files, mountRoots, folder }: Looking,
): Promise<string | null> => {
  if (systemFolderAt(source) !== null) return `lies in ${systemFolderAt(source)}`;
  for (const root of mountRoots(folder)) {
    const real = await files.realpath(root.path);
    if (real.kind !== 'path' || !isIn(real.path, source)) continue;
    return root.readOnly && !readOnly ? `lies below ${root.path}, which is now read-only` : null;
  }
  return "lies outside the project's folder, and below no mount root that this host has now";
};

const isIn = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
