import type { AuditDetails, AuditEntry, AuditOutcome, AuditRow } from '../model/audit.ts';
import type { AuditTable } from '../model/store.ts';
import type { Connection } from './connection.ts';
import { fromDatetime, toDatetime } from './time.ts';

/** A refusal that is the same again within this time is counted. */
const sameWithinMs = 60_000;

/** So many different refusals of one asker within that time have rows of their own; the rest is counted in one. */
const maxRefusals = 60;

export const auditTable = (db: Connection): AuditTable => {
  const insert = db.prepare<[NewRow]>(
    `INSERT INTO audit_log (timestamp, user_id, action, resource_type, resource_id, details,
        outcome, asked_by, project_id, project, owner_uid)
     VALUES (@timestamp, @user_id, @action, @resource_type, @resource_id, @details,
        @outcome, @asked_by, @project_id, @project, @owner_uid)`,
  );
  const list = db.prepare<[Asked], Row>(
    `SELECT * FROM (
        SELECT * FROM audit_log
        WHERE (@reader IS NULL OR owner_uid = @reader
                OR (user_id = @reader AND NOT (@own AND outcome = 'refused' AND owner_uid IS NOT NULL)))
            AND (@project IS NULL OR project = @project
                OR project_id IN (SELECT id FROM projects WHERE path = @project))
            AND (@user IS NULL OR asked_by = @user OR CAST(user_id AS TEXT) = @user)
            AND (@since IS NULL OR timestamp >= @since)
        ORDER BY id DESC LIMIT @limit
     ) ORDER BY id`,
  );
  // The time alone is searched: of one minute there are few rows, of one person there may be many.
  const recent = db.prepare<[string, RecentQuery], Pick<Row, 'id' | Same>>(
    `SELECT id, action, resource_type, resource_id, details FROM audit_log
     WHERE timestamp > ? AND timestamp <= @timestamp AND outcome = 'refused' AND +user_id IS @user_id
     ORDER BY id`,
  );
  const recount = db.prepare<[string, number]>('UPDATE audit_log SET details = ? WHERE id = ?');

  return {
    add: (entry) => {
      const row = newRow(entry);
      if (row.outcome !== 'refused') {
        insert.run(row);
        return;
      }
      const others = recent.all(toDatetime(entry.at - sameWithinMs), row);
      const same = others.find((other) => isSame(row, other));
      const shown = same === undefined && others.length >= maxRefusals ? furtherRow(row) : row;
      const before = same ?? others.find((other) => isSame(shown, other));
      if (before === undefined) insert.run(shown);
      else recount.run(withOneMore(before.details), before.id);
    },
    list: ({ reader, own = false, project, user, since, limit }) =>
      list
        .all({
          reader,
          own: own ? 1 : 0,
          project,
          user,
          since: since === null ? null : toDatetime(since),
          limit,
        })
        .map(fromRow),
  };
};

interface Asked {
  readonly reader: number | null;
  readonly own: 0 | 1;
  readonly project: string | null;
  readonly user: string | null;
  readonly since: string | null;
  readonly limit: number;
}

/** What a hand may leave out is NULL. */
interface Row extends NewRow {
  readonly id: number;
}

interface NewRow {
  readonly timestamp: string | null;
  readonly user_id: number | null;
  readonly action: string | null;
  readonly resource_type: string | null;
  readonly resource_id: string | null;
  readonly details: string | null;
  readonly outcome: AuditOutcome;
  readonly asked_by: string | null;
  readonly project_id: string | null;
  readonly project: string | null;
  readonly owner_uid: number | null;
}

type Same = 'action' | 'resource_type' | 'resource_id' | 'details';
type RecentQuery = Pick<NewRow, 'user_id' | 'timestamp'>;

const isSame = (one: Pick<Row, Same>, other: Pick<Row, Same>): boolean =>
  one.action === other.action &&
  one.resource_type === other.resource_type &&
  one.resource_id === other.resource_id &&
  JSON.stringify(countless(one.details)) === JSON.stringify(countless(other.details));

/** What a hand wrote is the same as nothing that is added here. */
const countless = (details: string | null): object | null => {
  const read = detailsIn(details);
  if (read === null) return null;
  const { count: _, ...rest } = read;
  return rest;
};

const withOneMore = (details: string | null): string => {
  const read = detailsIn(details);
  return JSON.stringify({ ...read, count: (read?.count ?? 1) + 1 });
};

const detailsIn = (text: string | null): Partial<AuditDetails> | null => {
  try {
    const read: unknown = JSON.parse(text ?? '');
    return typeof read === 'object' ? read : null;
  } catch {
    return null;
  }
};

const newRow = ({
  at,
  uid,
  action,
  resourceType,
  resourceId,
  project,
  details,
}: AuditEntry): NewRow => ({
  timestamp: toDatetime(at),
  user_id: uid,
  action,
  resource_type: resourceType,
  resource_id: resourceId,
  details: JSON.stringify(details),
  outcome: details.outcome,
  asked_by: details.by,
  project_id: project?.id ?? null,
  project: project?.name ?? null,
  owner_uid: project?.ownerUid ?? null,
});

/** Where the rest of somebody's refusals is counted. */
const furtherRow = (row: NewRow): NewRow => ({
  ...row,
  action: 'several',
  resource_type: 'host',
  resource_id: '*',
  details: JSON.stringify({
    by: row.asked_by ?? '',
    outcome: 'refused',
    why: `more than ${maxRefusals} refusals within a minute: the rest is counted here`,
  } satisfies AuditDetails),
  project_id: null,
  project: null,
  owner_uid: null,
});

const fromRow = (row: Row): AuditRow => ({
  id: row.id,
  at: fromDatetime(row.timestamp) ?? 0,
  uid: row.user_id,
  action: row.action ?? '',
  resourceType: row.resource_type ?? '',
  resourceId: row.resource_id ?? '',
  project: row.project,
  details: row.details ?? '',
});
