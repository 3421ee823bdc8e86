/** What `audit_log.details` holds, as JSON. */
export interface AuditDetails {
  /** Login name of who asked; `file`: a change that came by mlenv.yaml. */
  readonly by: string;
  readonly outcome: AuditOutcome;
  readonly why?: string;
  readonly before?: AuditFacts;
  readonly after?: AuditFacts;
  readonly source?: FileSource;
  /** Of a refusal: how often it came within the minute from the row's time on. Left out: once. */
  readonly count?: number;
}

export type AuditOutcome = 'done' | 'refused';

export type AuditFacts = Readonly<Record<string, unknown>>;

/** Where a file's text comes from, if its folder is a git work tree. */
export interface FileSource {
  readonly revision: string;
  /** Of that commit; null: not to be found. */
  readonly author: string | null;
}

/** One row to write. */
export interface AuditEntry {
  readonly at: number;
  /** null: nobody asked; MLEnv saw it by itself. */
  readonly uid: number | null;
  readonly action: string;
  readonly resourceType: string;
  readonly resourceId: string;
  /** Its owner may read of it later. null: the host's. */
  readonly project: {
    readonly id: string;
    readonly name: string;
    readonly ownerUid: number;
  } | null;
  readonly details: AuditDetails;
}

export interface AuditRow extends Omit<AuditEntry, 'details' | 'project'> {
  readonly id: number;
  readonly project: string | null;
  /** As it was written; a hand may have put other words there. */
  readonly details: string;
}

/** `mlenv audit` */
export interface AuditQuery {
  /** Name or folder; null: all. */
  readonly project: string | null;
  /** Login name or uid; null: all. */
  readonly user: string | null;
  /** ISO 8601 UTC; null: from the beginning. */
  readonly since: string | null;
  /** The newest so many. */
  readonly limit: number;
}

/** `mlenv audit -o json`; newest last. */
export interface AuditReport {
  readonly items: readonly AuditItem[];
}

export interface AuditItem extends AuditDetails {
  readonly id: number;
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly uid: number | null;
  readonly action: string;
  readonly resourceType: string;
  readonly resourceId: string;
  readonly project: string | null;
}
