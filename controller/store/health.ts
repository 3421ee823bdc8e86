import type { HealthRow } from '../model/health.ts';
import { parseKey } from '../model/key.ts';
import type { HealthTable } from '../model/store.ts';
import type { Connection } from './connection.ts';
import { fromDatetime, toDatetime } from './time.ts';

const columns = `h.container_id AS containerId, h.check_type AS type, h.timestamp AS at, h.status,
  h.last_check AS checkedAt, h.failure_count AS failures, h.response_time_ms AS responseMs, h.message`;

/** The document's `health_checks`. A row that a person wrote may say anything. */
export const healthTable = (db: Connection): HealthTable => {
  const add = db.prepare<[Written]>(
    `INSERT INTO health_checks (container_id, timestamp, status, last_check, failure_count, check_type,
       response_time_ms, message)
     VALUES (@containerId, @at, @status, @checkedAt, @failures, @type, @responseMs, @message)`,
  );
  const latest = db.prepare<[string, string], Row>(
    `SELECT ${columns} FROM health_checks h
     WHERE h.container_id = ? AND h.check_type = ? ORDER BY h.id DESC LIMIT 1`,
  );
  const of = db.prepare<[string, string, number], Row>(
    `SELECT ${columns} FROM container_instances c JOIN health_checks h ON h.container_id = c.container_id
     WHERE c.project_id = ? AND c.environment = ? ORDER BY h.id DESC LIMIT ?`,
  );
  return {
    add: (row) => {
      add.run({
        ...row,
        at: toDatetime(row.at),
        checkedAt: row.checkedAt === null ? null : toDatetime(row.checkedAt),
      });
    },
    latest: (containerId, type) => {
      const row = latest.get(containerId, type);
      return row === undefined ? null : fromRow(row);
    },
    of: (key, limit) => {
      const { projectId, environment } = parseKey(key);
      return of.all(projectId, environment, limit).map(fromRow);
    },
  };
};

type Written = Omit<HealthRow, 'at' | 'checkedAt'> & {
  readonly at: string;
  readonly checkedAt: string | null;
};

type Row = Omit<Written, 'status' | 'at' | 'failures'> & {
  readonly at: string | null;
  readonly status: string | null;
  readonly failures: number | null;
};

const fromRow = (row: Row): HealthRow => ({
  ...row,
  at: fromDatetime(row.at) ?? 0,
  checkedAt: fromDatetime(row.checkedAt),
  status: row.status === 'healthy' || row.status === 'unhealthy' ? row.status : 'unknown',
  failures: row.failures ?? 0,
});
