import type { VolumeTable } from '../model/store.ts';
import type { Connection, Transaction } from './connection.ts';

export const volumeTable = (db: Connection, transaction: Transaction): VolumeTable => {
  const intend = db.prepare<[string, string, number]>(
    `INSERT INTO volumes (name, project_id, intended_at_ms) VALUES (?, ?, ?)
     ON CONFLICT (name) DO NOTHING`,
  );
  const unseeded = db.prepare<[string]>(
    'SELECT 1 FROM volumes WHERE name = ? AND seeded_at_ms IS NULL',
  );
  const seeded = db.prepare<[number, string]>(
    'UPDATE volumes SET seeded_at_ms = ? WHERE name = ? AND seeded_at_ms IS NULL',
  );
  const forget = db.prepare<[string]>('DELETE FROM volumes WHERE name = ?');

  return {
    intend: (name, projectId, at) => {
      intend.run(name, projectId, at);
    },
    unseeded: (names) => names.filter((name) => unseeded.get(name) !== undefined),
    seeded: (names, at) =>
      transaction(() => {
        for (const name of names) seeded.run(at, name);
      }),
    forget: (name) => {
      forget.run(name);
    },
  };
};
