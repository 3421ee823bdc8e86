import type { SourceRecord } from '../model/record.ts';
import type { SourceTable } from '../model/store-sources.ts';
import type { Connection } from './connection.ts';
import { sameRow } from './connection.ts';

export const sourceTable = (db: Connection): SourceTable => {
  const get = db.prepare<[string], SourceRow>('SELECT * FROM sources WHERE name = ?');
  const all = db.prepare<[], SourceRow>('SELECT * FROM sources ORDER BY name');
  const write = db.prepare<[SourceRow]>(
    `INSERT INTO sources VALUES (@name, @newest, @waiting, @pinned, @failure, @failures, @checked_at_ms)
     ON CONFLICT (name) DO UPDATE SET newest = excluded.newest, waiting = excluded.waiting,
       pinned = excluded.pinned, failure = excluded.failure, failures = excluded.failures,
       checked_at_ms = excluded.checked_at_ms`,
  );
  const remove = db.prepare<[string]>('DELETE FROM sources WHERE name = ?');
  return {
    get: (name) => {
      const row = get.get(name);
      return row === undefined ? null : fromRow(row);
    },
    all: () => all.all().map(fromRow),
    update: (name, patch) => {
      const row = get.get(name);
      const after = toRow({ ...(row === undefined ? fresh(name) : fromRow(row)), ...patch });
      if (row === undefined || !sameRow(row, after)) write.run(after);
    },
    remove: (name) => void remove.run(name),
  };
};

interface SourceRow {
  readonly name: string;
  readonly newest: string | null;
  readonly waiting: string | null;
  readonly pinned: string | null;
  readonly failure: string;
  readonly failures: number;
  readonly checked_at_ms: number | null;
}

const fresh = (name: string): SourceRecord => ({
  name,
  newest: null,
  waiting: null,
  pinned: null,
  failure: '',
  failures: 0,
  checkedAt: null,
});

const toRow = ({ checkedAt, ...rest }: SourceRecord): SourceRow => ({
  ...rest,
  checked_at_ms: checkedAt,
});

const fromRow = ({ checked_at_ms: checkedAt, ...rest }: SourceRow): SourceRecord => ({
  ...rest,
  checkedAt,
});
