import type { Clock } from '../model/ports.ts';

/** What a command sees of the process it runs in, so that tests run it without one. */
export interface CliIo {
  readonly stdout: CliOutput;
  readonly stderr: CliOutput;
  readonly stdin: CliInput;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Who types. */
  readonly user: string;
  readonly uid: number;
  readonly hostName: string;
  /** MLEnv's own. */
  readonly version: string;
  /** The schema of spec files, for the line that editors read. */
  readonly schemaFile: string;
  readonly clock: Clock;
  /** Fires at Ctrl-C, at SIGTERM, and when whoever reads stdout went away. */
  readonly signal: AbortSignal;
}

export interface CliOutput {
  readonly isTTY: boolean;
  /** What is written after the reader went away is lost without an error. */
  write(data: string | Uint8Array): void;
  /** Of the terminal, now; null: there is none. */
  size(): { readonly columns: number; readonly rows: number } | null;
  /** Returns its cancel. */
  onResize(run: () => void): () => void;
}

export interface CliInput {
  readonly isTTY: boolean;
  setRawMode(raw: boolean): void;
  /** Ends with the input, or when the signal fires; may be asked once. */
  read(signal: AbortSignal): AsyncIterable<Uint8Array>;
}
