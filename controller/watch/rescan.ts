import { join } from 'node:path';
import type { Clock } from '../loop/clock.ts';
import type { SpecReader } from '../model/ports.ts';
import { type FileStamp, type ReadStamp, sameStamp } from './file-stamp.ts';

/** A project's folder and the files that its wish is read from, all absolute. */
export interface ProjectFiles {
  readonly folder: string;
  /** Beside mlenv.yaml, mlenv.lock and .env, which are always looked at. */
  readonly files: readonly string[];
}

export interface RescanOptions {
  readonly clock: Clock;
  readonly everyMs?: number;
  /** The projects on record, asked afresh at every scan. */
  readonly projects: () => readonly ProjectFiles[];
  /** Where projects are looked for: patterns of folders. */
  readonly roots: () => readonly string[];
  readonly lstat: ReadStamp;
  readonly discover: SpecReader['discover'];
  /** A file of the project in `folder` came, went or changed, or the folder is seen for the first time. */
  readonly onChange: (folder: string) => void;
  readonly onTrouble: (message: string) => void;
}

export interface Rescan {
  start(): void;
  stop(): Promise<void>;
  /** Looks now. Looks that hang (a dead network folder) are not waited for beyond ten seconds. */
  scan(): Promise<void>;
}

/** The safety net below the file watcher: one lstat per known file, and a listing of the roots. */
export const createRescan = (options: RescanOptions): Rescan => new Scanner(options);

export const specFiles = ['mlenv.yaml', 'mlenv.lock', '.env'] as const;

const looksWithinMs = 10_000;

/** Looks at a thousand folders in two minutes at most, so that what only guards costs about a hundredth of a core. */
export const perFolderMs = 120;

class Scanner implements Rescan {
  readonly #options: RescanOptions;
  /** By folder, then by file: the last stamp that could be read. */
  readonly #seen = new Map<string, Map<string, FileStamp | null>>();
  /** The last answer of each root; a listing that failed leaves it as it was. */
  readonly #found = new Map<string, readonly string[]>();
  readonly #troubles = new Map<string, string>();
  /** Looks under way. What hangs is not asked again, so that it cannot use up all threads. */
  readonly #looking = new Map<string, Promise<void>>();
  #cancel: () => void = () => {};
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: RescanOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.scan()
      .catch((error: unknown) => this.#options.onTrouble(`rescan: ${String(error)}`))
      .finally(() => this.#arm());
  }

  stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    return this.#running;
  }

  async scan(): Promise<void> {
    const { projects, roots } = this.#options;
    const watched = new Set(roots());
    for (const root of this.#found.keys()) if (!watched.has(root)) this.#found.delete(root);
    await this.#all([...watched].map((root) => this.#once(`root ${root}`, () => this.#list(root))));
    const files = new Map(
      [...this.#found.values()].flat().map((folder): [string, readonly string[]] => [folder, []]),
    );
    for (const project of projects()) files.set(project.folder, project.files);
    for (const folder of this.#seen.keys()) if (!files.has(folder)) this.#seen.delete(folder);
    await this.#all(
      [...files].map(([folder, more]) =>
        this.#once(`folder ${folder}`, () => this.#look(folder, more)),
      ),
    );
  }

  #arm(): void {
    if (this.#stopped) return;
    const everyMs = Math.max(this.#options.everyMs ?? 15_000, this.#seen.size * perFolderMs);
    this.#cancel = this.#options.clock.setTimer(everyMs, () => this.start());
  }

  async #list(root: string): Promise<void> {
    const found = await this.#options.discover(root);
    if (found.ok) this.#found.set(root, found.value.folders);
    const trouble = found.ok ? found.value.cut : `cannot be listed: ${found.failure.message}`;
    if (trouble === null) this.#troubles.delete(root);
    else if (this.#troubles.get(root) !== trouble) {
      this.#troubles.set(root, trouble);
      this.#options.onTrouble(`${root} ${trouble}`);
    }
  }

  /** The first sight of a file counts as a change: what happened between its reading and now is unknown. */
  async #look(folder: string, more: readonly string[]): Promise<void> {
    const paths = [...new Set([...specFiles.map((name) => join(folder, name)), ...more])];
    const stamps = await Promise.all(paths.map((path) => this.#stamp(path)));
    const before = this.#seen.get(folder);
    const after = new Map<string, FileStamp | null>();
    let changed = before === undefined;
    for (const [at, path] of paths.entries()) {
      const [was, is] = [before?.get(path), stamps[at]];
      const known = is === undefined ? was : is;
      if (known !== undefined) after.set(path, known);
      if (is !== undefined && (was === undefined || !sameStamp(was, is))) changed = true;
    }
    this.#seen.set(folder, after);
    if (changed && !this.#stopped) this.#options.onChange(folder);
  }

  /** undefined: nobody can say, which is no change. */
  async #stamp(path: string): Promise<FileStamp | null | undefined> {
    try {
      return await this.#options.lstat(path);
    } catch {
      return undefined;
    }
  }

  #once(name: string, look: () => Promise<void>): Promise<void> {
    const running = this.#looking.get(name);
    if (running !== undefined) return running;
    const started = look()
      .catch((error: unknown) => this.#options.onTrouble(`${name}: ${String(error)}`))
      .finally(() => this.#looking.delete(name));
    this.#looking.set(name, started);
    return started;
  }

  async #all(looks: readonly Promise<void>[]): Promise<void> {
    let cancel = (): void => {};
    const late = new Promise<void>((resolve) => {
      cancel = this.#options.clock.setTimer(looksWithinMs, resolve);
    });
    await Promise.race([Promise.all(looks), late]);
    cancel();
  }
}
