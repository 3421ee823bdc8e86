import type { AnswerCache, EngineImageTable } from '../model/store-catalogue.ts';
import type { Connection, Transaction } from './connection.ts';
import { toDatetime } from './time.ts';

export const answerCache = (db: Connection): AnswerCache => {
  const get = db.prepare<[string, string], { readonly response: string | null }>(
    'SELECT response FROM api_cache WHERE endpoint = ? AND expires_at > ?',
  );
  const set = db.prepare<[string, string, string, string]>(
    'INSERT OR REPLACE INTO api_cache (endpoint, response, cached_at, expires_at) VALUES (?, ?, ?, ?)',
  );
  return {
    get: (endpoint, now) => get.get(endpoint, toDatetime(now))?.response ?? null,
    set: (endpoint, { response, expiresAt }, now) =>
      void set.run(endpoint, response, toDatetime(now), toDatetime(expiresAt)),
  };
};

export const engineImageTable = (db: Connection, transaction: Transaction): EngineImageTable => {
  const all = db.prepare<[], EngineImageRow>('SELECT * FROM engine_images ORDER BY id');
  const see = db.prepare<[string, number, number | null]>(
    `INSERT INTO engine_images VALUES (?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET used_at_ms = coalesce(excluded.used_at_ms, used_at_ms)`,
  );
  const madeOf = db.prepare<[], { readonly image_name: string }>(
    'SELECT DISTINCT image_name FROM container_instances ORDER BY image_name',
  );
  const forget = db.prepare<[string]>('DELETE FROM engine_images WHERE id = ?');
  return {
    all: () =>
      new Map(all.all().map((row) => [row.id, { seenAt: row.seen_at_ms, usedAt: row.used_at_ms }])),
    madeOf: () => madeOf.all().map((row) => row.image_name),
    replace: (found, at) =>
      transaction(() => {
        const there = new Set(found.map(({ id }) => id));
        for (const { id } of all.all()) if (!there.has(id)) forget.run(id);
        for (const { id, isUsed } of found) see.run(id, at, isUsed ? at : null);
      }),
  };
};

interface EngineImageRow {
  readonly id: string;
  readonly seen_at_ms: number;
  readonly used_at_ms: number | null;
}
