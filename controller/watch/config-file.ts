import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../loop/clock.ts';
import type { ConfigSource, HostConfig } from '../model/config.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { type FileStamp, readStamp, sameStamp } from './file-stamp.ts';
import type { OpenFolderWatch } from './folder-watch.ts';
import { type SpecFileWatch, watchSpecFiles } from './spec-files.ts';

export type ConfigRead =
  | { readonly ok: true; readonly config: HostConfig }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

export interface ConfigFileOptions {
  readonly clock: Clock;
  /** Absolute. It and its folder may come and go. */
  readonly file: string;
  /** Reads `file` afresh, and says what holds where it is not there. Must not throw. */
  readonly read: () => Promise<ConfigRead>;
  /** The configuration is another one now; `current` says so already. */
  readonly onChange: (config: HostConfig) => void;
  /** The last good one stays. Without diagnostics, where it is the watching that fails. */
  readonly onTrouble: (message: string, diagnostics: readonly Diagnostic[]) => void;
  readonly debounceMs?: number;
  /** How often the file is compared with what was read, for what no event told. */
  readonly checkMs?: number;
  readonly open?: OpenFolderWatch;
}

export interface ConfigFile extends ConfigSource {
  /** Of the file as it is now, while an earlier one still holds; empty: all is well. */
  diagnostics(): readonly Diagnostic[];
  /** Nothing is called afterwards. */
  stop(): Promise<void>;
}

/** Watches first and reads then, so that no edit falls between. A file that is bad now is not begun with. */
export const openConfigFile = async (
  options: ConfigFileOptions,
): Promise<
  | { readonly ok: true; readonly source: ConfigFile }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] }
> => {
  const watched = new Watched(options);
  const first = await watched.start();
  if (first.ok) return { ok: true, source: watched };
  await watched.stop();
  return first;
};

class Watched implements ConfigFile {
  readonly #options: ConfigFileOptions;
  readonly #doorbell: SpecFileWatch;
  /** null until the first good read. */
  #config: HostConfig | null = null;
  #diagnostics: readonly Diagnostic[] = [];
  #stamp: FileStamp | null = null;
  #reading: Promise<void> = Promise.resolve();
  #asked = false;
  #isReading = false;
  #cancelTimer: () => void = () => {};
  #stopped = false;

  constructor(options: ConfigFileOptions) {
    const { clock, file, onTrouble, debounceMs = 100, checkMs = 15_000, open } = options;
    this.#options = options;
    this.#doorbell = watchSpecFiles({
      clock,
      roots: () => [{ folder: dirname(file), depth: 0, files: [file] }],
      onChange: () => this.#readAgain(),
      onTrouble: (message) => this.#stopped || onTrouble(message, []),
      debounceMs,
      checkMs,
      ...(open && { open }),
    });
  }

  async start(): Promise<ConfigRead> {
    await this.#doorbell.start();
    const first = await this.#read();
    if (!first.ok) return first;
    this.#config = first.config;
    this.#arm();
    // What rang during the first read.
    if (this.#asked) this.#readAgain();
    return first;
  }

  current(): HostConfig {
    if (this.#config === null) throw new Error('the configuration was not read yet');
    return this.#config;
  }

  diagnostics(): readonly Diagnostic[] {
    return this.#diagnostics;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    await this.#doorbell.stop();
    await this.#reading;
  }

  #arm(): void {
    const { clock, file, checkMs = 15_000 } = this.#options;
    this.#cancelTimer = clock.setTimer(checkMs, () => {
      void stampOf(file).then((stamp) => {
        if (!sameStamp(stamp, this.#stamp)) this.#readAgain();
        if (!this.#stopped) this.#arm();
      });
    });
  }

  /** One read at a time; asked for during one, another follows it. */
  #readAgain(): void {
    this.#asked = true;
    if (this.#config === null || this.#isReading) return;
    this.#isReading = true;
    this.#reading = this.#readWhileAsked();
  }

  async #readWhileAsked(): Promise<void> {
    while (this.#asked && !this.#stopped) {
      this.#asked = false;
      const read = await this.#read();
      if (!this.#stopped) this.#take(read);
    }
    this.#isReading = false;
  }

  /** The stamp is older than what is read: a write between the two shows at the next comparison. */
  async #read(): Promise<ConfigRead> {
    const { file, read } = this.#options;
    this.#stamp = await stampOf(file);
    return read();
  }

  #take(read: ConfigRead): void {
    if (!read.ok) {
      if (isDeepStrictEqual(read.diagnostics, this.#diagnostics)) return;
      this.#diagnostics = read.diagnostics;
      this.#options.onTrouble(messageOf(this.#options.file, read.diagnostics), read.diagnostics);
      return;
    }
    this.#diagnostics = [];
    if (isDeepStrictEqual(read.config, this.#config)) return;
    this.#config = read.config;
    this.#options.onChange(read.config);
  }
}

/** null also where nobody can say, which reading says better. */
const stampOf = async (file: string): Promise<FileStamp | null> => {
  try {
    return await readStamp(file);
  } catch {
    return null;
  }
};

const messageOf = (file: string, { length }: readonly Diagnostic[]): string =>
  `${file} has ${length === 1 ? 'a fault' : `${length} faults`}; the last good configuration stays`;
