import type { Trouble } from '../model/notice.ts';
import { isReason, type Reason } from '../model/reason.ts';
import type { TroubleTable } from '../model/store-notices.ts';
import { sameRow, type Connection } from './connection.ts';

export const troubleTable = (db: Connection): TroubleTable => {
  const all = db.prepare<[], TroubleRow>('SELECT * FROM troubles ORDER BY subject, kind');
  const of = db.prepare<[string], TroubleRow>(
    'SELECT * FROM troubles WHERE subject = ? ORDER BY kind',
  );
  const get = db.prepare<[string, string], TroubleRow>(
    'SELECT * FROM troubles WHERE subject = ? AND kind = ?',
  );
  const put = db.prepare<[TroubleRow]>(
    `INSERT OR REPLACE INTO troubles VALUES (@subject, @kind, @project, @environment, @owner,
       @revision, @reason, @message, @likeness, @opened_at_ms, @changed_at_ms, @well_at_ms,
       @well_reason, @well_message)`,
  );
  const remove = db.prepare<[string, string]>(
    'DELETE FROM troubles WHERE subject = ? AND kind = ?',
  );
  return {
    all: () => all.all().map(fromRow),
    of: (subject) => of.all(subject).map(fromRow),
    set: (trouble) => {
      const row = toRow(trouble);
      const before = get.get(row.subject, row.kind);
      if (before === undefined || !sameRow(before, row)) put.run(row);
    },
    remove: ({ subject, kind }) => void remove.run(subject, kind),
  };
};

interface TroubleRow {
  readonly subject: string;
  readonly kind: Trouble['kind'];
  readonly project: string;
  readonly environment: string | null;
  readonly owner: string;
  readonly revision: string;
  readonly reason: string;
  readonly message: string;
  readonly likeness: string;
  readonly opened_at_ms: number;
  readonly changed_at_ms: number;
  readonly well_at_ms: number | null;
  readonly well_reason: string | null;
  readonly well_message: string;
}

const toRow = (trouble: Trouble): TroubleRow => ({
  subject: trouble.subject,
  kind: trouble.kind,
  project: trouble.project,
  environment: trouble.environment,
  owner: trouble.owner,
  revision: trouble.revision,
  reason: trouble.reason,
  message: trouble.message,
  likeness: trouble.likeness,
  opened_at_ms: trouble.openedAt,
  changed_at_ms: trouble.changedAt,
  well_at_ms: trouble.wellAt,
  well_reason: trouble.wellReason,
  well_message: trouble.wellMessage,
});

const fromRow = (row: TroubleRow): Trouble => ({
  subject: row.subject,
  kind: row.kind,
  project: row.project,
  environment: row.environment,
  owner: row.owner,
  revision: row.revision,
  reason: known(row.reason),
  message: row.message,
  likeness: row.likeness,
  openedAt: row.opened_at_ms,
  changedAt: row.changed_at_ms,
  wellAt: row.well_at_ms,
  wellReason: row.well_reason === null ? null : known(row.well_reason),
  wellMessage: row.well_message,
});

/** A newer version may have written one that this one does not know. */
export const known = (reason: string): Reason => (isReason(reason) ? reason : 'Failed');
