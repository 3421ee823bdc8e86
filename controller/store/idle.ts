import type { IdleRecord, IdleTable } from '../model/idle.ts';
import { parseKey, type EnvironmentKey } from '../model/key.ts';
import { sameRow, type Connection } from './connection.ts';

export const idleTable = (db: Connection): IdleTable => {
  const get = db.prepare<[string, string], IdleRow>(
    'SELECT * FROM idle WHERE project_id = ? AND environment = ?',
  );
  const put = db.prepare<[IdleRow]>(
    `INSERT OR REPLACE INTO idle VALUES (@project_id, @environment, @container_id, @judged_at_ms,
       @idle_since_ms, @use, @used_at_ms, @used_by, @due_at_ms, @quiet_at_ms, @lives_since_ms,
       @ends_at_ms, @keep_until_ms, @kept_by)`,
  );
  const used = db.prepare<[number, string, string]>(
    `UPDATE idle SET used_at_ms = ?, used_by = 'session' WHERE project_id = ? AND environment = ?`,
  );
  const keep = db.prepare<[{ at: number; until: number; by: string; id: string; name: string }]>(
    `INSERT INTO idle (project_id, environment, judged_at_ms, keep_until_ms, kept_by)
       VALUES (@id, @name, @at, @until, @by)
     ON CONFLICT (project_id, environment) DO UPDATE SET
       keep_until_ms = @until, kept_by = @by`,
  );
  const endLife = db.prepare<[string, string]>(
    `UPDATE idle SET lives_since_ms = NULL, due_at_ms = NULL, ends_at_ms = NULL, quiet_at_ms = NULL
     WHERE project_id = ? AND environment = ?`,
  );
  const at = (key: EnvironmentKey): readonly [string, string] => {
    const { projectId, environment } = parseKey(key);
    return [projectId, environment];
  };
  return {
    get: (key) => {
      const row = get.get(...at(key));
      return row === undefined ? null : fromRow(row);
    },
    set: (record) => {
      const row = toRow(record);
      const before = get.get(row.project_id, row.environment);
      if (before === undefined || !sameRow(before, row)) put.run(row);
    },
    used: (key, time) => void used.run(time, ...at(key)),
    keep: (key, { until, by, at: time }) => {
      const [id, name] = at(key);
      keep.run({ id, name, until, by, at: time });
    },
    endLife: (key) => void endLife.run(...at(key)),
  };
};

interface IdleRow {
  readonly project_id: string;
  readonly environment: string;
  readonly container_id: string | null;
  readonly judged_at_ms: number;
  readonly idle_since_ms: number | null;
  readonly use: IdleRecord['use'];
  readonly used_at_ms: number | null;
  readonly used_by: IdleRecord['usedBy'];
  readonly due_at_ms: number | null;
  readonly quiet_at_ms: number | null;
  readonly lives_since_ms: number | null;
  readonly ends_at_ms: number | null;
  readonly keep_until_ms: number | null;
  readonly kept_by: string | null;
}

const toRow = (record: IdleRecord): IdleRow => ({
  project_id: record.projectId,
  environment: record.environment,
  container_id: record.containerId,
  judged_at_ms: record.judgedAt,
  idle_since_ms: record.idleSince,
  use: record.use,
  used_at_ms: record.usedAt,
  used_by: record.usedBy,
  due_at_ms: record.dueAt,
  quiet_at_ms: record.quietAt,
  lives_since_ms: record.livesSince,
  ends_at_ms: record.endsAt,
  keep_until_ms: record.keepUntil,
  kept_by: record.keptBy,
});

const fromRow = (row: IdleRow): IdleRecord => ({
  projectId: row.project_id,
  environment: row.environment,
  containerId: row.container_id,
  judgedAt: row.judged_at_ms,
  idleSince: row.idle_since_ms,
  use: row.use,
  usedAt: row.used_at_ms,
  usedBy: row.used_by,
  dueAt: row.due_at_ms,
  quietAt: row.quiet_at_ms,
  livesSince: row.lives_since_ms,
  endsAt: row.ends_at_ms,
  keepUntil: row.keep_until_ms,
  keptBy: row.kept_by,
});
