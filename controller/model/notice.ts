import type { Result } from './failure.ts';
import type { Reason } from './reason.ts';

/** What a receiver may ask to be told: the closed list. */
export const noticeEvents = ['failure', 'recovery', 'pending'] as const;
export type NoticeEvent = (typeof noticeEvents)[number];

/** How the text is put into the body: `{"text": …}`, the text itself, or every fact of it as JSON. */
export type NoticeFormat = 'json' | 'text' | 'event';

/** Somebody who is told, as the host's configuration says. */
export interface ReceiverConfig {
  readonly name: string;
  readonly target: NoticeTarget;
  readonly events: readonly NoticeEvent[];
  /** Names of projects, with `*` for any characters; null: all. */
  readonly projects: readonly string[] | null;
  /** As `parseTemplate` reads it. */
  readonly template: string;
  readonly format: NoticeFormat;
  /** Holds a key that bodies are signed with. */
  readonly secretFile: string | null;
}

export type NoticeTarget =
  | { readonly kind: 'webhook'; readonly url: string }
  /** The file holds the address, which is often a secret. */
  | { readonly kind: 'webhook-file'; readonly file: string }
  | { readonly kind: 'command'; readonly argv: readonly string[] };

/** Whom it is about, as it was then: what is gone later still has its name. */
export interface NoticeSubject {
  /** `environment:<project id>/<name>`, `project:<id>`, `source:<name>`, `host:engine` or `host:configuration` */
  readonly subject: string;
  readonly project: string;
  readonly environment: string | null;
  /** Login name, or the uid where there is none. */
  readonly owner: string;
  /** Commit of the files; '': not in git. */
  readonly revision: string;
}

/** What fails, or waits for a person, now. One of each kind a subject. */
export interface Trouble extends NoticeSubject {
  readonly kind: 'failure' | 'pending';
  readonly reason: Reason;
  readonly message: string;
  /** The message without what changes from time to time: two that are alike here are the same. */
  readonly likeness: string;
  readonly openedAt: number;
  /** Since when it is this one. */
  readonly changedAt: number;
  /** Since when it is well again, and what became of it; null: it is not. */
  readonly wellAt: number | null;
  readonly wellReason: Reason | null;
  readonly wellMessage: string;
}

/** One notice to one receiver: written before it is sent, kept after. */
export interface NoticeRecord extends NoticeSubject {
  readonly id: number;
  readonly receiver: string;
  readonly event: NoticeEvent;
  readonly reason: Reason;
  readonly message: string;
  readonly likeness: string;
  /** Of the trouble that it tells of. */
  readonly openedAt: number;
  readonly at: number;
  readonly state: 'pending' | 'sent' | 'failed';
  readonly attempts: number;
  readonly nextTryAt: number;
  /** What the last try said; '': none failed. */
  readonly error: string;
  /** When it was sent or given up; null: neither. */
  readonly settledAt: number | null;
}

/** What is sent. */
export interface Delivery {
  readonly target: NoticeTarget;
  readonly secretFile: string | null;
  readonly contentType: string;
  readonly body: string;
  /** By upper-case name, for the environment of a command; `ID` is the same in every try. */
  readonly facts: Readonly<Record<string, string>>;
}

export interface Notifier {
  /** How this host is called. */
  readonly host: string;
  /** Ends within its time limit; its failure names no address and no secret. */
  send(delivery: Delivery, signal: AbortSignal): Promise<Result<null>>;
}
