import type { NoticeEvent } from './notice.ts';

/** `mlenv notices` */
export interface NoticeQuery {
  /** The newest so many. */
  readonly limit: number;
}

/** `mlenv notices -o json`; newest last. */
export interface NoticeReport {
  readonly receivers: readonly ReceiverItem[];
  readonly items: readonly NoticeItem[];
}

/** Never with its address, which is often a secret. */
export interface ReceiverItem {
  readonly name: string;
  readonly kind: 'webhook' | 'command';
  readonly events: readonly NoticeEvent[];
  /** Notices that wait for their first or next try. */
  readonly waiting: number;
}

export interface NoticeItem {
  readonly id: number;
  readonly receiver: string;
  readonly event: NoticeEvent;
  readonly project: string;
  readonly environment: string | null;
  readonly owner: string;
  /** A word of docs/reasons.md. */
  readonly reason: string;
  readonly message: string;
  /** ISO 8601 UTC; when it was decided. */
  readonly at: string;
  /** `failed`: given up. */
  readonly state: 'pending' | 'sent' | 'failed';
  readonly attempts: number;
  /** What the last try said; '': none failed. */
  readonly error: string;
  /** ISO 8601 UTC; null: it is not tried again. */
  readonly nextTryAt: string | null;
}

/** `mlenv notices test NAME` */
export interface TestNoticeRequest {
  readonly receiver: string;
  readonly by: string;
}

export interface TestNoticeReport {
  readonly receiver: string;
  /** What went wrong; null: it was taken. */
  readonly error: string | null;
  /** What was sent. */
  readonly body: string;
}
