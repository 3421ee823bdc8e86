import type { AuditOutcome, AuditRow } from '../model/audit.ts';
import type { AuditTable } from '../model/store.ts';
import type { Connection } from './connection.ts';
import { fromDatetime, toDatetime } from './time.ts';

export const auditTable = (db: Connection): AuditTable => {
  const add = db.prepare<[Omit<Row, 'id'>]>(
    `INSERT INTO audit_log (timestamp, user_id, action, resource_type, resource_id, details,
        outcome, asked_by, project_id, project, owner_uid)
     VALUES (@timestamp, @user_id, @action, @resource_type, @resource_id, @details,
        @outcome, @asked_by, @project_id, @project, @owner_uid)`,
  );
  const list = db.prepare<[Asked], Row>(
    `SELECT * FROM (
        SELECT * FROM audit_log
        WHERE (@reader IS NULL OR user_id = @reader OR owner_uid = @reader)
            AND (@project IS NULL OR project = @project
                OR project_id IN (SELECT id FROM projects WHERE path = @project))
            AND (@user IS NULL OR asked_by = @user OR CAST(user_id AS TEXT) = @user)
            AND (@since IS NULL OR timestamp >= @since)
        ORDER BY id DESC LIMIT @limit
     ) ORDER BY id`,
  );

  const prune = db.prepare<[string, number]>(
    `DELETE FROM audit_log WHERE id IN
       (SELECT id FROM audit_log WHERE timestamp < ? ORDER BY timestamp LIMIT ?)`,
  );

  return {
    prune: (before, atMost) => void prune.run(toDatetime(before), atMost),
    add: ({ at, uid, action, resourceType, resourceId, project, details }) => {
      add.run({
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
    },
    list: ({ reader, project, user, since, limit }) =>
      list
        .all({ reader, project, user, since: since === null ? null : toDatetime(since), limit })
        .map(fromRow),
  };
};

interface Asked {
  readonly reader: number | null;
  readonly project: string | null;
  readonly user: string | null;
  readonly since: string | null;
  readonly limit: number;
}

/** What a hand may leave out is NULL. */
interface Row {
  readonly id: number;
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
