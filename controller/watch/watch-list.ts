import { basename, dirname, join } from 'node:path';
import { specFiles } from './rescan.ts';

export interface WatchedFolder {
  /** Absolute. */
  readonly folder: string;
  /** 0: one project's folder. More: projects are looked for so many levels below. */
  readonly depth: number;
  /** Whether projects may lie in or below a folder there; left out: in any. */
  readonly leadsTo?: (folder: string) => boolean;
  /** The project's env files, absolute. */
  readonly files: readonly string[];
}

/** Which folders to watch, and what a change in them means. */
export interface WatchList {
  /** Folder → how many levels, its own counted, projects are looked for in; 0: it is watched, no more. */
  readonly places: ReadonlyMap<string, number>;
  /** File → the projects whose wish is read from it. */
  readonly bells: ReadonlyMap<string, ReadonlySet<string>>;
  isProject(folder: string): boolean;
  /** Not worth a watch: where no root has projects, or inside of a project. */
  skips(folder: string): boolean;
  /** The projects whose folder is this one or below it. */
  projectsBelow(folder: string): readonly string[];
}

export const watchList = (folders: readonly WatchedFolder[]): WatchList => {
  const places = new Map<string, number>();
  const bells = new Map<string, Set<string>>();
  const place = (folder: string, levels: number): void =>
    void places.set(folder, Math.max(levels, places.get(folder) ?? 0));
  const bell = (file: string, folder: string): void =>
    void bells.set(file, (bells.get(file) ?? new Set()).add(folder));

  for (const { folder, depth, files } of folders) {
    place(folder, depth === 0 ? 0 : depth + 1);
    // A folder that is swapped, made or turned to elsewhere shows in the one above it.
    place(dirname(folder), 0);
    for (const name of specFiles) bell(join(folder, name), folder);
    for (const file of files) {
      place(dirname(file), 0);
      bell(file, folder);
    }
  }
  const projects = new Set(
    folders.map(({ folder }) => folder).filter((folder) => places.get(folder) === 0),
  );
  const searched = folders
    .filter(({ depth }) => depth > 0)
    .map(({ leadsTo = isInteresting }) => leadsTo);
  return {
    places,
    bells,
    isProject: (folder) => projects.has(folder),
    skips: (folder) => projects.has(dirname(folder)) || !searched.some((leads) => leads(folder)),
    projectsBelow: (folder) => {
      const prefix = folder.endsWith('/') ? folder : `${folder}/`;
      return [...projects].filter((one) => one === folder || one.startsWith(prefix));
    },
  };
};

const isInteresting = (folder: string): boolean =>
  !basename(folder).startsWith('.') && basename(folder) !== 'node_modules';
