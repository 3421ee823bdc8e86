import { FSWatcher, type Throttler } from 'chokidar';

export interface FolderWatchOptions {
  readonly folder: string;
  /**
   * `change`: something was written to `name` in the folder. `rename`: it came, went or was replaced.
   * null: nobody says to what.
   */
  readonly onEntry: (event: 'change' | 'rename', name: string | null) => void;
  readonly onError: (error: unknown) => void;
}

export interface FolderWatch {
  /** From then on changes are told. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

export type OpenFolderWatch = (options: FolderWatchOptions) => FolderWatch;

/**
 * One folder, without those below it, and none of its files: the folder's own events also tell of a
 * file that was written or replaced, for one kernel watch in all.
 */
export const openFolderWatch: OpenFolderWatch = ({ folder, onEntry, onError }) => {
  const watcher = new SingleFolderWatcher({
    depth: 0,
    // Otherwise chokidar shares one handle per path in the whole process, and a folder that was
    // swapped stays unseen as long as anybody has the old one.
    persistent: false,
    ignorePermissionErrors: true,
    // Where the folder is gone, chokidar would watch the one above it instead.
    ignored: (path) => path !== folder,
  });
  watcher.on('raw', (event, name: unknown) =>
    onEntry(event === 'change' ? 'change' : 'rename', typeof name === 'string' ? name : null),
  );
  watcher.on('error', onError);
  let opened = (): void => {};
  const ready = new Promise<void>((resolve) => {
    opened = resolve;
  });
  watcher.on('ready', opened);
  watcher.add(folder);
  return {
    ready,
    close: async () => {
      opened();
      await watcher.close();
    },
  };
};

/**
 * chokidar lists a folder, with an lstat of each entry, at every event in it, and at once again if more
 * came meanwhile. A log that was written beside 1 000 files took 0.9 s of CPU each second (chokidar
 * 5.0.0). Nothing here needs those lists, and each one asks this method first.
 */
class SingleFolderWatcher extends FSWatcher {
  override _throttle(...args: Parameters<FSWatcher['_throttle']>): Throttler | false {
    return args[0] === 'readdir' ? false : super._throttle(...args);
  }
}
