import { ApiError } from '../model/api.ts';
import type { AuditDetails, AuditItem, AuditQuery, AuditReport, AuditRow } from '../model/audit.ts';
import type { Core } from '../reconcile/core.ts';

/**
 * Who did, or was refused, what. `reader`: this uid's own, and what was done to its projects; null: all. What one is
 * told of nobody's projects but one's own leaves out what was refused of others'.
 */
export const auditReport = (
  { deps }: Core,
  query: AuditQuery,
  reader: { readonly uid: number; readonly seesAll: boolean } | null,
): AuditReport => {
  const since = query.since === null ? null : Date.parse(query.since);
  if (Number.isNaN(since)) {
    throw new ApiError('usage', `since must be a time as in ISO 8601, not ${query.since}`);
  }
  return {
    items: deps.store.audit
      .list({
        ...query,
        since,
        reader: reader?.uid ?? null,
        own: reader?.seesAll === false,
      })
      .map(itemOf),
  };
};

const itemOf = ({ at, details, ...row }: AuditRow): AuditItem => ({
  ...row,
  at: new Date(at).toISOString(),
  ...detailsOf(details),
});

/** Rows of a hand, or of a version to come, may hold anything. */
const detailsOf = (text: string): AuditDetails => {
  try {
    const { by, outcome, why, before, after, source, count } = JSON.parse(
      text,
    ) as Partial<AuditDetails>;
    return {
      by: by ?? '',
      outcome: outcome === 'refused' ? 'refused' : 'done',
      ...(why === undefined ? {} : { why }),
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      ...(source === undefined ? {} : { source }),
      ...(count === undefined ? {} : { count }),
    };
  } catch {
    return { by: '', outcome: 'done', why: text };
  }
};
