import type { AnswerCache, EngineImageTable, Endpoint } from '../model/store-catalogue.ts';
import type { Connection, Transaction } from './connection.ts';
import { fromDatetime, toDatetime } from './time.ts';

export const answerCache = (db: Connection): AnswerCache => {
  const get = db.prepare<[Endpoint], AnswerRow>(
    `SELECT response, etag, expires_at FROM api_cache
     WHERE endpoint = @path AND (origin IS NULL OR origin = @origin) AND response IS NOT NULL`,
  );
  const set = db.prepare<[Endpoint & SavedAnswer]>(
    `INSERT OR REPLACE INTO api_cache (endpoint, origin, response, etag, cached_at, expires_at)
     VALUES (@path, @origin, @response, @etag, @cachedAt, @expiresAt)`,
  );
  const renew = db.prepare<[Endpoint & { readonly expiresAt: string }]>(
    `UPDATE api_cache SET expires_at = @expiresAt
     WHERE endpoint = @path AND (origin IS NULL OR origin = @origin)`,
  );
  return {
    get: (endpoint) => {
      const row = get.get(endpoint);
      if (row === undefined) return null;
      const { response, etag, expires_at } = row;
      // A row by hand may have no end: it is asked for again.
      return { response, etag, expiresAt: fromDatetime(expires_at) ?? 0 };
    },
    set: (endpoint, { response, etag, expiresAt }, now) => {
      const times = { cachedAt: toDatetime(now), expiresAt: toDatetime(expiresAt) };
      set.run({ ...endpoint, response, etag, ...times });
    },
    renew: (endpoint, expiresAt) =>
      void renew.run({ ...endpoint, expiresAt: toDatetime(expiresAt) }),
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

interface SavedAnswer {
  readonly response: string;
  readonly etag: string | null;
  readonly cachedAt: string;
  readonly expiresAt: string;
}

interface AnswerRow {
  readonly response: string;
  readonly etag: string | null;
  readonly expires_at: string | null;
}

interface EngineImageRow {
  readonly id: string;
  readonly seen_at_ms: number;
  readonly used_at_ms: number | null;
}
