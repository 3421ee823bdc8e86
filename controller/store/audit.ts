import type { AuditTable } from '../model/store.ts';
import type { Connection } from './connection.ts';
import { toDatetime } from './time.ts';

export const auditTable = (db: Connection): AuditTable => {
  const add = db.prepare<[string, number | null, string, string, string, string]>(
    `INSERT INTO audit_log (timestamp, user_id, action, resource_type, resource_id, details)
     VALUES (?, ?, ?, ?, ?, ?)`,
  );

  return {
    add: ({ at, uid, action, resourceType, resourceId, details }) => {
      add.run(toDatetime(at), uid, action, resourceType, resourceId, details);
    },
  };
};
