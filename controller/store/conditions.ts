import type { Condition, ConditionType } from '../model/condition.ts';
import { parseKey } from '../model/key.ts';
import { isReason } from '../model/reason.ts';
import type { ConditionTable } from '../model/store.ts';
import type { Connection, Transaction } from './connection.ts';
import { sameRow } from './connection.ts';

export const conditionTable = (db: Connection, transaction: Transaction): ConditionTable => {
  const of = db.prepare<[string, string], ConditionRow>(
    `SELECT type, status, reason, message, observed_generation, last_transition_at_ms, position
     FROM conditions WHERE project_id = ? AND environment = ? ORDER BY position`,
  );
  const put = db.prepare<[ConditionRow & PlaceRow]>(
    `INSERT INTO conditions VALUES (@project_id, @environment, @type, @status, @reason, @message,
       @observed_generation, @last_transition_at_ms, @position)
     ON CONFLICT (project_id, environment, type) DO UPDATE SET status = excluded.status,
       reason = excluded.reason, message = excluded.message,
       observed_generation = excluded.observed_generation,
       last_transition_at_ms = excluded.last_transition_at_ms, position = excluded.position`,
  );
  const remove = db.prepare<[string, string, string]>(
    'DELETE FROM conditions WHERE project_id = ? AND environment = ? AND type = ?',
  );

  return {
    of: (key) => {
      const { projectId, environment } = parseKey(key);
      return of.all(projectId, environment).map(fromRow);
    },
    set: (key, conditions, at) =>
      transaction(() => {
        const { projectId, environment } = parseKey(key);
        const before = new Map(of.all(projectId, environment).map((row) => [row.type, row]));
        const after = conditions.map((condition, position) =>
          toRow({ condition, position, at, before: before.get(condition.type) }),
        );
        for (const row of after) {
          const old = before.get(row.type);
          if (old === undefined || !sameRow(old, row))
            put.run({ ...row, project_id: projectId, environment });
          before.delete(row.type);
        }
        for (const type of before.keys()) remove.run(projectId, environment, type);
      }),
  };
};

interface PlaceRow {
  readonly project_id: string;
  readonly environment: string;
}

interface ConditionRow {
  readonly type: ConditionType;
  readonly status: Condition['status'];
  readonly reason: string;
  readonly message: string;
  readonly observed_generation: number;
  readonly last_transition_at_ms: number;
  readonly position: number;
}

const toRow = (now: {
  readonly condition: Omit<Condition, 'lastTransitionAt'>;
  readonly position: number;
  readonly at: number;
  readonly before: ConditionRow | undefined;
}): ConditionRow => {
  const { type, status, reason, message, observedGeneration } = now.condition;
  const { before } = now;
  const stays =
    before !== undefined &&
    before.status === status &&
    before.reason === reason &&
    before.message === message;
  return {
    type,
    status,
    reason,
    message,
    observed_generation: observedGeneration,
    last_transition_at_ms: stays ? before.last_transition_at_ms : now.at,
    position: now.position,
  };
};

const fromRow = (row: ConditionRow): Condition => ({
  type: row.type,
  status: row.status,
  reason: isReason(row.reason) ? row.reason : 'Pending',
  message: row.message,
  observedGeneration: row.observed_generation,
  lastTransitionAt: row.last_transition_at_ms,
});
