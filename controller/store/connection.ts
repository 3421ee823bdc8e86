import type { Database } from 'better-sqlite3';

export type Connection = Database;

export type Transaction = <T>(run: () => T) => T;

/**
 * BEGIN IMMEDIATE: a deferred one that turns into a writer fails at once, without waiting, when another
 * connection has written in between. Nested calls join the outer one. `run` must be synchronous.
 */
export const transactionOf = (db: Connection): Transaction => {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const rollback = db.prepare('ROLLBACK');
  return (run) => {
    if (db.inTransaction) return run();
    begin.run();
    try {
      const result = run();
      if (result instanceof Promise) throw new TypeError('a transaction must be synchronous');
      commit.run();
      return result;
    } catch (error) {
      // SQLite rolls back by itself on some errors, a full disk among them.
      if (db.inTransaction) rollback.run();
      throw error;
    }
  };
};

/** Rows are flat: two of them say the same when every column does. */
export const sameRow = <T extends object>(a: T, b: T): boolean =>
  (Object.keys(a) as (keyof T)[]).every((column) => a[column] === b[column]);
