import {
  combinedPrefix,
  combineFrom,
  foldEvent,
  isFull,
  roomNow,
  sameWithinMs,
  type EventFold,
  type EventRoom,
} from '../model/event-fold.ts';
import type { Reason } from '../model/reason.ts';
import type { Event } from '../model/record.ts';
import type { EventTable } from '../model/store.ts';
import type { Connection, Transaction } from './connection.ts';

/** Older ones go, so that a loop of failures cannot fill the disk. */
const keepEvents = 20_000;

/** Objects whose room is remembered; what is full again is forgotten first. */
const mostRooms = 10_000;

/**
 * `list` gives the newest `limit`; with `after` the `limit` that changed first after it, so that a follower who
 * asks again misses none. A counted event keeps its id, and comes again.
 */
export const eventTable = (db: Connection, transaction: Transaction): EventTable => {
  const same = db.prepare<[SameQuery], { readonly id: number }>(
    `SELECT id FROM events WHERE project_id IS @project_id AND environment IS @environment
       AND type = @type AND reason = @reason AND message = @message AND at_ms >= @since_ms
     ORDER BY at_ms DESC LIMIT 1`,
  );
  const alike = db.prepare<[SameQuery], { readonly id: number; readonly message: string }>(
    `SELECT id, message FROM events WHERE project_id IS @project_id AND environment IS @environment
       AND type = @type AND reason = @reason AND at_ms >= @since_ms
     ORDER BY at_ms DESC LIMIT ${combineFrom + 1}`,
  );
  const count = db.prepare<[CountRow]>(
    `UPDATE events SET count = count + 1, at_ms = max(at_ms, @at_ms), seq = @seq, message = @message
     WHERE id = @id`,
  );
  const insert = db.prepare<[NewRow]>(
    `INSERT INTO events (at_ms, first_at_ms, type, reason, message, project_id, environment, seq)
     VALUES (@at_ms, @at_ms, @type, @reason, @message, @project_id, @environment, @seq)`,
  );
  const lastSeq = db.prepare<[], { readonly seq: number | null }>(
    'SELECT max(seq) AS seq FROM events',
  );
  const prune = db.prepare<[number]>('DELETE FROM events WHERE id <= ?');
  const newest = (where: string) =>
    db.prepare<[ListQuery], EventRow>(
      `SELECT * FROM events WHERE ${where} ORDER BY at_ms DESC, id DESC LIMIT @limit`,
    );
  const following = (where: string) =>
    db.prepare<[ListQuery], EventRow>(
      `SELECT * FROM events WHERE ${where} AND seq > @after ORDER BY seq LIMIT @limit`,
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

  const rooms = new Map<string, EventRoom>();
  let seq = 0;
  /** Never runs back in one process, also where all rows are gone meanwhile. */
  const nextSeq = (): number => (seq = Math.max(seq, lastSeq.get()?.seq ?? 0) + 1);
  const takeRoom = (object: string, now: number, room: EventRoom): void => {
    if (rooms.size >= mostRooms) {
      for (const [key, each] of rooms) if (isFull(roomNow(each, now))) rooms.delete(key);
    }
    if (rooms.size < mostRooms || rooms.has(object)) {
      rooms.set(object, { ...room, rows: room.rows - 1 });
    }
  };
  const add = (row: Omit<NewRow, 'seq'>): void => {
    const { lastInsertRowid } = insert.run({ ...row, seq: nextSeq() });
    prune.run(Number(lastInsertRowid) - keepEvents);
  };

  return {
    add: ({ at, type, reason, message, projectId, environment }) =>
      transaction(() => {
        const row = { at_ms: at, type, reason, message, project_id: projectId, environment };
        const query = { ...row, since_ms: at - sameWithinMs };
        const likes = alike.all(query);
        const object = JSON.stringify([projectId, environment, type]);
        const room = roomNow(rooms.get(object) ?? null, at);
        const fold = foldEvent({
          same: same.get(query)?.id ?? null,
          alike: likes.length,
          combined: likes.find((like) => like.message.startsWith(combinedPrefix))?.id ?? null,
          limited: alike.get({ ...query, reason: limitedReason })?.id ?? null,
          hasRoom: room.rows >= 1,
        });
        const becomes = rowOf(row, fold.kind);
        const id = fold.kind === 'add' ? null : fold.id;
        if (id !== null) {
          count.run({ id, at_ms: at, seq: nextSeq(), message: becomes.message });
          return;
        }
        add(becomes);
        if (fold.kind !== 'limit') takeRoom(object, at, room);
      }),
    list: ({ projectId, environment, after, limit }) => {
      const place =
        projectId === undefined ? 'all' : environment === undefined ? 'project' : 'environment';
      const query: ListQuery = {
        project_id: projectId ?? null,
        environment: environment ?? null,
        after: after ?? 0,
        limit,
      };
      return after === undefined
        ? inPlace[place].newest.all(query).map(fromRow).reverse()
        : inPlace[place].following.all(query).map(fromRow);
    },
  };
};

const limitedReason: Reason = 'EventsLimited';

/** What stands for more than one event says the newest. */
const rowOf = <T extends Pick<Event, 'reason' | 'message'>>(row: T, kind: EventFold['kind']): T => {
  switch (kind) {
    case 'add':
    case 'count':
      return row;
    case 'combine':
      return { ...row, message: `${combinedPrefix}${row.message}` };
    case 'limit': {
      const message = `further events are counted here alone, and the newest is ${row.reason}: ${row.message}`;
      return { ...row, reason: limitedReason, message };
    }
    default:
      return kind satisfies never;
  }
};

interface NewRow {
  readonly seq: number;
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

interface CountRow {
  readonly id: number;
  readonly at_ms: number;
  readonly seq: number;
  readonly message: string;
}

type SameQuery = Omit<NewRow, 'seq'> & { readonly since_ms: number };

interface ListQuery {
  readonly project_id: string | null;
  readonly environment: string | null;
  readonly after: number;
  readonly limit: number;
}

const fromRow = (row: EventRow): Event => ({
  id: row.id,
  seq: row.seq,
  at: row.at_ms,
  firstAt: row.first_at_ms,
  count: row.count,
  type: row.type,
  reason: row.reason,
  message: row.message,
  projectId: row.project_id,
  environment: row.environment,
});
