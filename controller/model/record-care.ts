/** What `mlenv db` can do with the record of this user's instance, controller or not. All throw ApiError. */
export interface RecordCare {
  check(): Promise<RecordCheck>;
  /** Where the record and the engine differ now; empty: nowhere. Changes nothing. */
  differences(): Promise<readonly RecordDifference[]>;
  /** null: among the daily ones. Answers with the copy's path. */
  backup(file: string | null): Promise<string>;
  /** Answers with where the record before it lies now; null: there was none. */
  restore(file: string): Promise<string | null>;
  /** Rows by table, those that went or, with `dryRun`, would go. */
  prune(options: { readonly dryRun: boolean }): Promise<readonly PrunedRows[]>;
  vacuum(): Promise<VacuumResult>;
  /** One table, row by row; `null` values stay. */
  rows(table: string): Promise<TableRows>;
}

export interface RecordCheck {
  readonly file: string;
  readonly schemaVersion: number;
  /** That this MLEnv brings. */
  readonly newestVersion: number;
  /** What SQLite finds wrong with the file; empty: nothing. */
  readonly faults: readonly string[];
  readonly bytes: number;
  readonly freeBytes: number;
  readonly walBytes: number;
  /** On the disk that it lies on; null: it cannot be told. */
  readonly freeDiskBytes: number | null;
  readonly tables: readonly TableSize[];
  /** The newest first. */
  readonly backups: readonly string[];
}

export interface TableSize {
  readonly table: string;
  readonly rows: number;
  /** ISO; null: it has no time, or no row. */
  readonly oldest: string | null;
}

export interface RecordDifference {
  /** PROJECT/ENV, or the container's name where nobody knows it. */
  readonly what: string;
  readonly difference: string;
}

export interface PrunedRows {
  readonly table: string;
  readonly rows: number;
}

export interface VacuumResult {
  /** `steps`: beside a controller, what was free went; `whole`: the file was written anew. */
  readonly kind: 'whole' | 'steps';
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

export interface TableRows {
  readonly columns: readonly string[];
  readonly rows: Iterable<readonly RowValue[]>;
}

export type RowValue = string | number | null;
