import type { NoticeRecord, Trouble } from './notice.ts';

export interface TroubleTable {
  all(): readonly Trouble[];
  /** The failure first. */
  of(subject: string): readonly Trouble[];
  /** Writes nothing where nothing changed. */
  set(trouble: Trouble): void;
  remove(place: Pick<Trouble, 'subject' | 'kind'>): void;
}

/** The outbox: what has to be told, and what was. */
export interface NoticeTable {
  add(notice: Omit<NoticeRecord, 'id'>): void;
  /** Of troubles that are open now, and all that are younger. */
  told(since: number): readonly NoticeRecord[];
  isTold(trouble: Pick<Trouble, 'subject' | 'openedAt'>): boolean;
  /** Oldest first. */
  waiting(receiver: string): readonly NoticeRecord[];
  /** Receivers for whom something waits. */
  receivers(): readonly string[];
  /** How many wait, and how many of them failed before, by receiver. */
  pending(): readonly PendingNotices[];
  /** The newest `limit`, newest last. */
  list(limit: number): readonly NoticeRecord[];
  update(
    id: number,
    patch: Partial<Pick<NoticeRecord, 'state' | 'attempts' | 'nextTryAt' | 'error' | 'settledAt'>>,
  ): void;
  /** Takes away at most so many that were settled before then, and of no trouble that is open. */
  prune(before: number, atMost: number): void;
}

export interface PendingNotices {
  readonly receiver: string;
  readonly notices: number;
  readonly retrying: number;
}
