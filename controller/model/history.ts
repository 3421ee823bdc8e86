import type { Scope } from './api.ts';

/**
 * - `Synced`: what is there is what the file says.
 * - `Progressing`: steps are under way.
 * - `OutOfSync`: a change is known and waits for a person or a time.
 * - `Stalled`: it cannot go on by itself now: a fault in the file, a back-off, no room.
 */
export type SyncState = 'Synced' | 'OutOfSync' | 'Progressing' | 'Stalled';

/** `mlenv history` */
export interface HistoryQuery {
  readonly scope: Scope;
  /** The newest so many of each environment. */
  readonly limit: number;
}

/** `mlenv history -o json`; newest first. */
export interface HistoryReport {
  readonly items: readonly HistoryItem[];
}

export interface HistoryItem {
  readonly project: string;
  readonly environment: string;
  readonly generation: number;
  /** The file says this now. */
  readonly isCurrent: boolean;
  /** ISO 8601 UTC; when it was first seen. */
  readonly at: string;
  /** Commit that it came by; '': not in git. */
  readonly revision: string;
  readonly author: string;
  readonly subject: string;
  /** Hash of what the user wrote. */
  readonly digest: string;
  /** By its digest, where it was looked up or locked; '': it was not. */
  readonly image: string;
  /** A word of docs/reasons.md: the last that it had while it was the newest. */
  readonly outcome: string;
}

/** `mlenv rollback` */
export interface RollbackRequest {
  readonly scope: Scope;
  /** At least seven digits of a commit; null: the one before in history. */
  readonly revision: string | null;
  /** Follow the remote again; `revision` says nothing then. */
  readonly resume: boolean;
  readonly by: string;
}
