import { parseKey } from '../model/key.ts';
import type { Hold, HoldKind } from '../model/record.ts';
import type { HoldTable } from '../model/store.ts';
import type { Connection } from './connection.ts';

export const holdTable = (db: Connection): HoldTable => {
  const all = db.prepare<[], HoldRow>('SELECT * FROM holds ORDER BY project_id, environment, kind');
  const of = db.prepare<[string, string], HoldRow>(
    `SELECT * FROM holds WHERE project_id = ? AND environment IN ('', ?)
     ORDER BY environment, kind`,
  );
  const add = db.prepare<[HoldRow]>(
    `INSERT INTO holds VALUES (@project_id, @environment, @kind, @held_by, @at_ms)
     ON CONFLICT (project_id, environment, kind) DO NOTHING`,
  );
  const liftOne = db.prepare<[string, string, HoldKind]>(
    'DELETE FROM holds WHERE project_id = ? AND environment = ? AND kind = ?',
  );
  const liftAll = db.prepare<[string, HoldKind]>(
    'DELETE FROM holds WHERE project_id = ? AND kind = ?',
  );

  return {
    all: () => all.all().map(fromRow),
    of: (key) => {
      const { projectId, environment } = parseKey(key);
      return of.all(projectId, environment).map(fromRow);
    },
    add: (hold) => {
      add.run(toRow(hold));
    },
    lift: ({ projectId, environment, kind }) => {
      if (environment === null) liftAll.run(projectId, kind);
      else liftOne.run(projectId, environment, kind);
    },
  };
};

/** '' stands for the whole project, since NULLs are never equal in a key. */
interface HoldRow {
  readonly project_id: string;
  readonly environment: string;
  readonly kind: HoldKind;
  readonly held_by: string;
  readonly at_ms: number;
}

const toRow = (hold: Hold): HoldRow => ({
  project_id: hold.projectId,
  environment: hold.environment ?? '',
  kind: hold.kind,
  held_by: hold.by,
  at_ms: hold.at,
});

const fromRow = (row: HoldRow): Hold => ({
  projectId: row.project_id,
  environment: row.environment === '' ? null : row.environment,
  kind: row.kind,
  by: row.held_by,
  at: row.at_ms,
});
