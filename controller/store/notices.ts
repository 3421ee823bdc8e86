import type { NoticeEvent, NoticeRecord } from '../model/notice.ts';
import type { NoticeTable, PendingNotices } from '../model/store-notices.ts';
import type { Connection } from './connection.ts';
import { known } from './troubles.ts';

export const noticeTable = (db: Connection): NoticeTable => {
  const insert = db.prepare<[Omit<NoticeRow, 'id'>]>(
    `INSERT INTO notices (receiver, event, subject, project, environment, owner, revision, reason,
       message, likeness, opened_at_ms, at_ms, state, attempts, next_try_at_ms, error, settled_at_ms)
     VALUES (@receiver, @event, @subject, @project, @environment, @owner, @revision, @reason,
       @message, @likeness, @opened_at_ms, @at_ms, @state, @attempts, @next_try_at_ms, @error,
       @settled_at_ms)`,
  );
  const ofOpen = db.prepare<[], NoticeRow>(
    `SELECT n.* FROM troubles t JOIN notices n
       ON n.subject = t.subject AND n.opened_at_ms = t.opened_at_ms`,
  );
  const younger = db.prepare<[number], NoticeRow>('SELECT * FROM notices WHERE at_ms > ?');
  const isTold = db.prepare<[string, number], { readonly id: number }>(
    'SELECT id FROM notices WHERE subject = ? AND opened_at_ms = ? LIMIT 1',
  );
  const waiting = db.prepare<[string], NoticeRow>(
    `SELECT * FROM notices WHERE receiver = ? AND state = 'pending' ORDER BY id`,
  );
  const receivers = db.prepare<[], { readonly receiver: string }>(
    `SELECT DISTINCT receiver FROM notices INDEXED BY idx_notices_pending WHERE state = 'pending'`,
  );
  const pending = db.prepare<[], PendingNotices>(
    `SELECT receiver, count(*) AS notices, sum(attempts > 0) AS retrying
     FROM notices INDEXED BY idx_notices_pending WHERE state = 'pending' GROUP BY receiver`,
  );
  const list = db.prepare<[number], NoticeRow>('SELECT * FROM notices ORDER BY id DESC LIMIT ?');
  const get = db.prepare<[number], NoticeRow>('SELECT * FROM notices WHERE id = ?');
  const settle = db.prepare<[NoticeRow]>(
    `UPDATE notices SET state = @state, attempts = @attempts, next_try_at_ms = @next_try_at_ms,
       error = @error, settled_at_ms = @settled_at_ms WHERE id = @id`,
  );
  const prune = db.prepare<[number, number]>(
    `DELETE FROM notices WHERE id IN
       (SELECT id FROM notices WHERE settled_at_ms < ? AND NOT EXISTS
          (SELECT 1 FROM troubles t
           WHERE t.subject = notices.subject AND t.opened_at_ms = notices.opened_at_ms)
        ORDER BY settled_at_ms LIMIT ?)`,
  );
  return {
    add: (notice) => void insert.run(toRow({ ...notice, id: 0 })),
    told: (since) => {
      const rows = [...ofOpen.all(), ...younger.all(since)];
      return [...new Map(rows.map((row) => [row.id, row])).values()].map(fromRow);
    },
    isTold: ({ subject, openedAt }) => isTold.get(subject, openedAt) !== undefined,
    waiting: (receiver) => waiting.all(receiver).map(fromRow),
    receivers: () => receivers.all().map(({ receiver }) => receiver),
    pending: () => pending.all(),
    list: (limit) => list.all(limit).map(fromRow).reverse(),
    update: (id, patch) => {
      const row = get.get(id);
      if (row !== undefined) settle.run(toRow({ ...fromRow(row), ...patch }));
    },
    prune: (before, atMost) => void prune.run(before, atMost),
  };
};

interface NoticeRow {
  readonly id: number;
  readonly receiver: string;
  readonly event: NoticeEvent;
  readonly subject: string;
  readonly project: string;
  readonly environment: string | null;
  readonly owner: string;
  readonly revision: string;
  readonly reason: string;
  readonly message: string;
  readonly likeness: string;
  readonly opened_at_ms: number;
  readonly at_ms: number;
  readonly state: NoticeRecord['state'];
  readonly attempts: number;
  readonly next_try_at_ms: number;
  readonly error: string;
  readonly settled_at_ms: number | null;
}

const toRow = ({ openedAt, at, nextTryAt, settledAt, ...rest }: NoticeRecord): NoticeRow => ({
  ...rest,
  opened_at_ms: openedAt,
  at_ms: at,
  next_try_at_ms: nextTryAt,
  settled_at_ms: settledAt,
});

const fromRow = ({
  opened_at_ms: openedAt,
  at_ms: at,
  next_try_at_ms: nextTryAt,
  settled_at_ms: settledAt,
  ...rest
}: NoticeRow): NoticeRecord => ({
  ...rest,
  reason: known(rest.reason),
  openedAt,
  at,
  nextTryAt,
  settledAt,
});
