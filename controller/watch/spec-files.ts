import { basename, join } from 'node:path';
import type { Clock } from '../loop/clock.ts';
import { readStamp } from './file-stamp.ts';
import { type FolderWatch, type OpenFolderWatch, openFolderWatch } from './folder-watch.ts';
import { foldersIn, identify, isFolder } from './folders.ts';
import { perFolderMs } from './rescan.ts';
import { soon, type Soon } from './soon.ts';
import { type WatchedFolder, type WatchList, watchList } from './watch-list.ts';

export interface SpecFilesOptions {
  readonly clock: Clock;
  /** The projects' folders and the folders below which projects are looked for; asked afresh at each check. */
  readonly roots: () => readonly WatchedFolder[];
  /** Something happened to a file that the project in `folder` is read from, or may be. */
  readonly onChange: (folder: string) => void;
  readonly onTrouble: (message: string) => void;
  readonly debounceMs?: number;
  /** How often folders are compared with what is watched, beside the times that an event says so. */
  readonly checkMs?: number;
  /** Folders that are watched at most; those beyond, deep below the roots, only the rescan sees. */
  readonly maxFolders?: number;
  readonly open?: OpenFolderWatch;
}

export interface SpecFileWatch {
  /** Resolves when everything that is there is watched. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** The roots are others than before, or may be. */
  refresh(): Promise<void>;
  /** Why nothing is watched and only the rescan sees changes; null: all is well. */
  trouble(): string | null;
}

/**
 * A doorbell and no more: it may ring too often, and what it misses the rescan finds. A kernel watch
 * follows the folder and not its path, so each folder is compared by device and inode with the one
 * that is watched, and watched anew where it was swapped, recreated or turned to elsewhere.
 */
export const watchSpecFiles = (options: SpecFilesOptions): SpecFileWatch => new Doorbell(options);

/** After the kernel had no watch left. */
const retryAfterMs = 10 * 60_000;

interface Place {
  readonly identity: string;
  /** As in the watch list, here also for the folders below a root. */
  levels: number;
  /** The folder told that it was itself moved or deleted. */
  gone: boolean;
  readonly watch: FolderWatch;
}

class Doorbell implements SpecFileWatch {
  readonly #options: SpecFilesOptions;
  readonly #soon: Soon;
  readonly #places = new Map<string, Place>();
  #list: WatchList = watchList([]);
  #isFirst = true;
  #isCrowded = false;
  #trouble: string | null = null;
  #retryAt = 0;
  #checking: Promise<void> | null = null;
  #checkAgain = false;
  #cancelTimer: () => void = () => {};
  #stopped = false;

  constructor(options: SpecFilesOptions) {
    this.#options = options;
    this.#soon = soon(options.clock, options.debounceMs ?? 20);
  }

  async start(): Promise<void> {
    await this.refresh();
    if (this.#stopped) return;
    const { clock, checkMs = 15_000 } = this.#options;
    const nextMs = Math.max(checkMs, this.#places.size * perFolderMs);
    this.#cancelTimer = clock.setTimer(nextMs, () => void this.start());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    this.#soon.close();
    await this.#closeAll();
  }

  trouble(): string | null {
    return this.#trouble;
  }

  /** One check at a time; asked for during one, another follows it. */
  refresh(): Promise<void> {
    this.#checkAgain = true;
    this.#checking ??= this.#checkWhileAsked().finally(() => {
      this.#checking = null;
    });
    return this.#checking;
  }

  async #checkWhileAsked(): Promise<void> {
    while (this.#checkAgain && !this.#stopped) {
      this.#checkAgain = false;
      try {
        await this.#check();
      } catch (error) {
        this.#options.onTrouble(`file watcher: ${String(error)}`);
      }
    }
  }

  async #check(): Promise<void> {
    this.#list = watchList(this.#options.roots());
    if (this.#trouble !== null && this.#options.clock.now() < this.#retryAt) return;
    this.#trouble = null;
    const visited = new Map<string, number>();
    await Promise.all([...this.#list.places].map(([at, depth]) => this.#visit(at, depth, visited)));
    for (const [folder, place] of this.#places) {
      if (!visited.has(folder)) await this.#close(folder, place);
    }
    this.#isFirst = false;
  }

  async #visit(folder: string, levels: number, visited: Map<string, number>): Promise<void> {
    const before = visited.get(folder);
    if (before !== undefined && before >= levels) return;
    if (before === undefined && !this.#hasRoom(folder, visited.size)) return;
    visited.set(folder, levels);
    if (before === undefined) await this.#checkPlace(folder, levels);
    const place = this.#places.get(folder);
    if (place !== undefined) place.levels = Math.max(levels, visited.get(folder) ?? 0);
    if (levels <= 1 || this.#list.isProject(folder)) return;
    // After the watch stands: what comes later than this list is told by an event.
    for (const child of await foldersIn(folder)) {
      if (!this.#list.skips(child)) await this.#visit(child, levels - 1, visited);
    }
  }

  /** The projects and the roots themselves always have. */
  #hasRoom(folder: string, visited: number): boolean {
    const { maxFolders = 10_000, onTrouble } = this.#options;
    if (visited < maxFolders || this.#list.places.has(folder)) return true;
    if (!this.#isCrowded) {
      onTrouble(`more than ${maxFolders} folders are to be watched; the rescan sees the others`);
    }
    this.#isCrowded = true;
    return false;
  }

  async #checkPlace(folder: string, levels: number): Promise<void> {
    const old = this.#places.get(folder);
    const identity = await identify(folder);
    if (old?.identity === identity && old?.gone !== true) return;
    if (old !== undefined) await this.#close(folder, old);
    if (identity !== undefined && this.#trouble === null && !this.#stopped) {
      const watch = this.#open(folder);
      this.#places.set(folder, { identity, levels, gone: false, watch });
      await watch.ready;
      // What happened before the watch stood was not told.
      if ((await identify(folder)) !== identity) this.#checkSoon();
    }
    if (!this.#isFirst) await this.#ringAll(folder, levels);
  }

  #open(folder: string): FolderWatch {
    const { open = openFolderWatch } = this.#options;
    return open({
      folder,
      onEntry: (event, name) => void this.#onEntry(folder, event, name),
      onError: (error) => this.#onError(folder, error),
    });
  }

  async #onEntry(folder: string, event: string, name: string | null): Promise<void> {
    const place = this.#places.get(folder);
    const levels = place?.levels ?? 0;
    if (name === null) {
      this.#checkSoon();
      return this.#ringAll(folder, levels);
    }
    const path = join(folder, name);
    // inotify tells of the folder itself under its own name.
    const isItself = event === 'rename' && name === basename(folder);
    if (isItself && place !== undefined) place.gone = true;
    if (isItself || this.#knows(path)) this.#checkSoon();
    for (const project of this.#list.bells.get(path) ?? []) this.#ring(project);
    if (levels > 0 && (name === 'mlenv.yaml' || name === 'mlenv.lock')) this.#ring(folder);
    const mayBeNewFolder = levels > 1 && event === 'rename' && !this.#list.skips(path);
    if (mayBeNewFolder && (await isFolder(path))) this.#checkSoon();
  }

  #knows(folder: string): boolean {
    return this.#places.has(folder) || this.#list.places.has(folder);
  }

  #onError(folder: string, error: unknown): void {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code !== 'ENOSPC' && code !== 'EMFILE') {
      this.#options.onTrouble(`watching ${folder}: ${String(error)}`);
      return;
    }
    if (this.#trouble !== null) return;
    this.#trouble = `${limits[code]}; changes of files are only seen by the rescan`;
    this.#retryAt = this.#options.clock.now() + retryAfterMs;
    this.#options.onTrouble(this.#trouble);
    void this.#closeAll();
  }

  /** For all that the folder may hold, as it is another one than before. */
  async #ringAll(folder: string, levels: number): Promise<void> {
    for (const project of this.#list.projectsBelow(folder)) this.#ring(project);
    if (levels > 0 && (await hasSpec(folder))) this.#ring(folder);
  }

  #ring(folder: string): void {
    this.#soon(`change ${folder}`, () => this.#options.onChange(folder));
  }

  #checkSoon(): void {
    this.#soon('check', () => void this.refresh());
  }

  async #close(folder: string, place: Place): Promise<void> {
    this.#places.delete(folder);
    await place.watch.close();
  }

  async #closeAll(): Promise<void> {
    await Promise.all([...this.#places].map(([folder, place]) => this.#close(folder, place)));
  }
}

const limits = {
  ENOSPC: 'the kernel has no file watch left (fs.inotify.max_user_watches)',
  EMFILE: 'the kernel has no watcher left (fs.inotify.max_user_instances, or open files)',
} as const;

const hasSpec = async (folder: string): Promise<boolean> => {
  try {
    return (await readStamp(join(folder, 'mlenv.yaml'))) !== null;
  } catch {
    return true;
  }
};
