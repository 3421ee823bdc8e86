import type { MetaTable } from '../model/store.ts';
import type { Connection } from './connection.ts';

export const metaTable = (db: Connection): MetaTable => {
  const get = db.prepare<[string], { readonly value: string }>(
    'SELECT value FROM meta WHERE key = ?',
  );
  const set = db.prepare<[string, string]>(
    `INSERT INTO meta VALUES (?, ?)
     ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE value <> excluded.value`,
  );

  return {
    get: (key) => get.get(key)?.value ?? null,
    set: (key, value) => {
      set.run(key, value);
    },
  };
};
