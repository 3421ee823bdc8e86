import type { QuotaField } from './quota.ts';

/** Whose quota is meant, as a person names it. */
export type QuotaSubject =
  | { readonly kind: 'user'; /** Login name or uid. */ readonly user: string }
  | { readonly kind: 'group'; readonly group: string }
  | { readonly kind: 'project'; /** Name, or absolute folder. */ readonly project: string };

export interface QuotaQuery {
  /** null: all that are known. */
  readonly subject: QuotaSubject | null;
}

/** `mlenv quota show -o json` */
export interface QuotaReport {
  readonly items: readonly QuotaItem[];
}

export interface QuotaItem {
  readonly kind: QuotaSubject['kind'];
  readonly name: string;
  /** Of a user; null: it is none. */
  readonly uid: number | null;
  /** Of a project: its folder. */
  readonly path: string | null;
  /** Of a project: who answers for it. */
  readonly owner: string | null;
  readonly limits: Readonly<Record<QuotaField, QuotaLine>>;
}

export interface QuotaLine {
  /** Containers, cores, bytes or cards; null: no limit. */
  readonly limit: number | null;
  /** Who says so: `set`, `config`, `by hand`, `group students`, `every user`, `built in`. */
  readonly from: string;
  /** What counts now; null: of a group nothing is counted, as each member is measured alone. */
  readonly used: number | null;
}

/** `inherit`: what was set goes, and the next in line says it. */
export type QuotaChange = number | 'unlimited' | 'inherit';

export interface SetQuotaRequest {
  readonly subject: QuotaSubject;
  /** What is not named stays as it is. */
  readonly limits: Readonly<Partial<Record<QuotaField, QuotaChange>>>;
  readonly by: string;
}

export interface CheckQuotasRequest {
  /** Writes the sums into the rows that are wrong. */
  readonly repair: boolean;
  readonly by: string;
}

/** Projects whose row in project_quotas does not say what they use. */
export interface QuotaCheck {
  readonly repaired: boolean;
  readonly wrong: readonly {
    readonly project: string;
    readonly path: string;
    /** As the row had it. */
    readonly says: QuotaUse;
    /** The sum over all that the project holds. */
    readonly holds: QuotaUse;
  }[];
}

export type QuotaUse = Readonly<Record<QuotaField, number>>;
