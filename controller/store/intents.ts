import { parseKey } from '../model/key.ts';
import type { Intent } from '../model/intent.ts';
import type { IntentTable } from '../model/store.ts';
import type { Connection, Transaction } from './connection.ts';

/** Closed ones before the newest of these go. */
const keepIntents = 10_000;

export const intentTable = (db: Connection, transaction: Transaction): IntentTable => {
  const open = db.prepare<[Omit<IntentRow, 'id'>]>(
    `INSERT INTO intents (project_id, environment, effect, detail, at_ms)
     VALUES (@project_id, @environment, @effect, @detail, @at_ms)`,
  );
  const prune = db.prepare<[number]>(
    'DELETE FROM intents WHERE id <= ? AND closed_at_ms IS NOT NULL',
  );
  const close = db.prepare<[string, number, number]>(
    'UPDATE intents SET result = ?, closed_at_ms = ? WHERE id = ? AND closed_at_ms IS NULL',
  );
  // Left to itself, SQLite walks the closed ones too, for the order.
  const unfinished = db.prepare<[], IntentRow>(
    `SELECT id, project_id, environment, effect, detail, at_ms
     FROM intents INDEXED BY idx_intents_unfinished WHERE closed_at_ms IS NULL ORDER BY id`,
  );
  const unfinishedOf = db.prepare<[string, string], IntentRow>(
    `SELECT id, project_id, environment, effect, detail, at_ms FROM intents
     WHERE closed_at_ms IS NULL AND project_id = ? AND environment = ? ORDER BY id`,
  );

  return {
    open: ({ projectId, environment, effect, detail, at }) =>
      transaction(() => {
        const id = Number(
          open.run({ project_id: projectId, environment, effect, detail, at_ms: at })
            .lastInsertRowid,
        );
        prune.run(id - keepIntents);
        return id;
      }),
    close: (id, result, at) => {
      close.run(result, at, id);
    },
    unfinished: (key) => {
      if (key === undefined) return unfinished.all().map(fromRow);
      const { projectId, environment } = parseKey(key);
      return unfinishedOf.all(projectId, environment).map(fromRow);
    },
  };
};

interface IntentRow {
  readonly id: number;
  readonly project_id: string;
  readonly environment: string;
  readonly effect: string;
  readonly detail: string;
  readonly at_ms: number;
}

const fromRow = (row: IntentRow): Intent => ({
  id: row.id,
  projectId: row.project_id,
  environment: row.environment,
  effect: row.effect,
  detail: row.detail,
  at: row.at_ms,
});
