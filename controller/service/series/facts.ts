import type { PassTaken } from '../../model/metrics.ts';

/** What a scrape tells beside the record and the core: what only this process knows. */
export interface ScrapeFacts {
  readonly version: string;
  readonly engine: { readonly version: string; readonly apiVersion: string };
  /** null: none was taken by this process. */
  readonly taken: PassTaken | null;
  /** When the newest daily backup was made; null: there is none. */
  readonly backupAt: number | null;
  /** Free on the disk of the state folder; null: it cannot be told. */
  readonly freeDiskBytes: number | null;
  readonly process: ProcessFacts;
}

export interface ProcessFacts {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** null: they cannot be counted here. */
  readonly openFiles: number | null;
}
