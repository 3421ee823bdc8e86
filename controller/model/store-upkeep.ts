/** What grows by itself and is kept for a time, in the order in which it may go: who is pointed at goes last. */
export const keptTables = [
  'metrics',
  'snapshots',
  'cache',
  'askedAgain',
  'healthChecks',
  'events',
  'audit',
  'generations',
  'runs',
  'usage',
  'leases',
  'containers',
] as const;

export type KeptTable = (typeof keptTables)[number];

/** Those that an endless loop could fill faster than time empties them. */
export type CappedTable = 'metrics' | 'snapshots' | 'healthChecks' | 'audit';

/** The record looking after itself. Every call is short, but for `backup`, which lets others in between. */
export interface UpkeepTable {
  /** Takes away at most so many of the oldest before then; answers with how many. */
  prune(table: KeptTable, batch: { readonly before: number; readonly atMost: number }): number;
  /** Takes away at most so many of the oldest beyond the newest `keep`. */
  trim(table: CappedTable, batch: { readonly keep: number; readonly atMost: number }): number;
  /** How many `prune` would take in the end. */
  due(table: KeptTable, before: number): number;
  /** When the oldest sample was taken that was taken then or later; null: there is none. */
  oldestSample(from: number): number | null;
  /** Environments that may have samples of the hour that begins then. */
  sampled(hour: number): readonly SampledEnvironment[];
  /** Counts one hour of these; counted again, it comes out the same. */
  rollUp(hour: number, environments: readonly SampledEnvironment[]): void;
  size(): RecordSize;
  /** Gives at most so many free pages back to the disk; answers with how many. */
  reclaim(pages: number): number;
  /** Writes what stands in the WAL into the file, as far as readers let it, and cuts the WAL. */
  checkpoint(): void;
  /** Writes a little and takes it away again. Throws where nothing can be written. */
  probe(): void;
  /**
   * A whole and verified copy, in place under its name only when it is on the disk. Throws where there is none.
   * `inOneGo`: for a process that has nothing else to do, as another one's writes make it begin again.
   */
  backup(file: string, options?: { readonly inOneGo: boolean }): Promise<void>;
}

export interface SampledEnvironment {
  readonly projectId: string;
  readonly environment: string;
}

export interface RecordSize {
  /** Of the file. */
  readonly bytes: number;
  /** In it, to be used again. */
  readonly freeBytes: number;
}

/** A write for which there was no room; what was written before stands. */
export const isRecordFull = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'SQLITE_FULL';
