import { parseKey } from '../model/key.ts';
import type { EnvironmentRecord } from '../model/record.ts';
import type { EnvironmentTable } from '../model/store.ts';
import type { Connection, Transaction } from './connection.ts';
import { sameRow } from './connection.ts';
import { columns, fixed, fromRow, toRow } from './environment-row.ts';
import type { EnvironmentRow } from './environment-row.ts';

/** `update` of an environment that is gone does nothing: an effect may end after its removal. */
export const environmentTable = (db: Connection, transaction: Transaction): EnvironmentTable => {
  const all = db.prepare<[], EnvironmentRow>(
    'SELECT * FROM environments ORDER BY project_id, environment',
  );
  const ofProject = db.prepare<[string], EnvironmentRow>(
    'SELECT * FROM environments WHERE project_id = ? ORDER BY environment',
  );
  const requested = db.prepare<[], EnvironmentRow>(
    'SELECT * FROM environments WHERE requested_at_ms IS NOT NULL ORDER BY requested_at_ms',
  );
  const get = db.prepare<[string, string], EnvironmentRow>(
    'SELECT * FROM environments WHERE project_id = ? AND environment = ?',
  );
  const insert = db.prepare<[EnvironmentRow]>(
    `INSERT INTO environments (${columns.join(', ')}) VALUES (${columns.map((name) => `@${name}`).join(', ')})`,
  );
  const update = db.prepare<[EnvironmentRow]>(
    `UPDATE environments SET ${columns
      .filter((name) => !fixed.has(name))
      .map((name) => `${name} = @${name}`)
      .join(', ')}
     WHERE project_id = @project_id AND environment = @environment`,
  );
  const remove = db.prepare<[string, string]>(
    'DELETE FROM environments WHERE project_id = ? AND environment = ?',
  );

  return {
    all: () => all.all().map(fromRow),
    ofProject: (projectId) => ofProject.all(projectId).map(fromRow),
    requested: () => requested.all().map(fromRow),
    get: (key) => {
      const { projectId, environment } = parseKey(key);
      const row = get.get(projectId, environment);
      return row === undefined ? null : fromRow(row);
    },
    insert: (record: EnvironmentRecord) => {
      insert.run(toRow(record));
    },
    update: (key, patch) =>
      transaction(() => {
        const { projectId, environment } = parseKey(key);
        const before = get.get(projectId, environment);
        if (before === undefined) return;
        const { uid } = before;
        const after = toRow({ ...fromRow(before), ...patch, projectId, environment, uid });
        if (!sameRow(before, after)) update.run(after);
      }),
    remove: (key) => {
      const { projectId, environment } = parseKey(key);
      remove.run(projectId, environment);
    },
  };
};
