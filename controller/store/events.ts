import type { Event } from '../model/record.ts';
import type { EventTable } from '../model/store.ts';
import type { Connection, Transaction } from './connection.ts';

/** The same event again within this time is counted. */
const sameWithinMs = 10 * 60_000;

/** Older ones go, so that a loop of failures cannot fill the disk. */
const keepEvents = 20_000;

/**
 * `list` gives the newest `limit`; with `afterId` the oldest `limit` after it, so that a follower who
 * asks again misses none. A counted event keeps its id.
 */
export const eventTable = (db: Connection, transaction: Transaction): EventTable => {
  const same = db.prepare<[SameQuery], { readonly id: number }>(
    `SELECT id FROM events WHERE project_id IS @project_id AND environment IS @environment
       AND type = @type AND reason = @reason AND message = @message AND at_ms >= @since_ms
     ORDER BY at_ms DESC LIMIT 1`,
  );
  const count = db.prepare<[number, number]>(
    'UPDATE events SET count = count + 1, at_ms = max(at_ms, ?) WHERE id = ?',
  );
  const insert = db.prepare<[NewRow]>(
    `INSERT INTO events (at_ms, first_at_ms, type, reason, message, project_id, environment)
     VALUES (@at_ms, @at_ms, @type, @reason, @message, @project_id, @environment)`,
  );
  const prune = db.prepare<[number]>('DELETE FROM events WHERE id <= ?');
  const newest = (where: string) =>
    db.prepare<[ListQuery], EventRow>(
      `SELECT * FROM events WHERE ${where} ORDER BY at_ms DESC, id DESC LIMIT @limit`,
    );
  const following = (where: string) =>
    db.prepare<[ListQuery], EventRow>(
      `SELECT * FROM events WHERE ${where} AND id > @after_id ORDER BY id LIMIT @limit`,
    );
  const inPlace = {
    all: { newest: newest('TRUE'), following: following('TRUE') },
    project: {
      newest: newest('project_id = @project_id'),
      following: following('project_id = @project_id'),
    },
    environment: {
      newest: newest('project_id = @project_id AND environment = @environment'),
      following: following('project_id = @project_id AND environment = @environment'),
    },
  };

  return {
    add: ({ at, type, reason, message, projectId, environment }) =>
      transaction(() => {
        const place = { type, reason, message, project_id: projectId, environment };
        const before = same.get({ ...place, since_ms: at - sameWithinMs });
        if (before !== undefined) {
          count.run(at, before.id);
          return;
        }
        const { lastInsertRowid } = insert.run({ ...place, at_ms: at });
        prune.run(Number(lastInsertRowid) - keepEvents);
      }),
    list: ({ projectId, environment, afterId, limit }) => {
      const place =
        projectId === undefined ? 'all' : environment === undefined ? 'project' : 'environment';
      const query: ListQuery = {
        project_id: projectId ?? null,
        environment: environment ?? null,
        after_id: afterId ?? 0,
        limit,
      };
      return afterId === undefined
        ? inPlace[place].newest.all(query).map(fromRow).reverse()
        : inPlace[place].following.all(query).map(fromRow);
    },
  };
};

interface NewRow {
  readonly at_ms: number;
  readonly type: Event['type'];
  readonly reason: string;
  readonly message: string;
  readonly project_id: string | null;
  readonly environment: string | null;
}

interface EventRow extends NewRow {
  readonly id: number;
  readonly first_at_ms: number;
  readonly count: number;
}

type SameQuery = Omit<NewRow, 'at_ms'> & { readonly since_ms: number };

interface ListQuery {
  readonly project_id: string | null;
  readonly environment: string | null;
  readonly after_id: number;
  readonly limit: number;
}

const fromRow = (row: EventRow): Event => ({
  id: row.id,
  at: row.at_ms,
  firstAt: row.first_at_ms,
  count: row.count,
  type: row.type,
  reason: row.reason,
  message: row.message,
  projectId: row.project_id,
  environment: row.environment,
});
