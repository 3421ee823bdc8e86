import type { ImagePin, PinTable } from '../model/image-pin.ts';
import { parseKey, type EnvironmentKey } from '../model/key.ts';
import { sameRow, type Connection } from './connection.ts';

export const pinTable = (db: Connection): PinTable => {
  const get = db.prepare<[string, string], PinRow>(
    'SELECT * FROM image_pins WHERE project_id = ? AND environment = ?',
  );
  const put = db.prepare<[PinRow]>(
    `INSERT OR REPLACE INTO image_pins VALUES (@project_id, @environment, @choice, @reference, @digest,
       @source, @generation, @made, @at_ms)`,
  );
  const used = db.prepare<[string, string]>(
    'UPDATE image_pins SET made = 1 WHERE project_id = ? AND environment = ?',
  );
  const remove = db.prepare<[string, string]>(
    'DELETE FROM image_pins WHERE project_id = ? AND environment = ?',
  );
  return {
    of: (key) => {
      const row = get.get(...at(key));
      return row === undefined ? null : fromRow(row);
    },
    set: (pin) => {
      const row = toRow(pin);
      const before = get.get(row.project_id, row.environment);
      if (before === undefined || !sameRow(before, row)) put.run(row);
    },
    used: (key) => void used.run(...at(key)),
    remove: (key) => void remove.run(...at(key)),
  };
};

interface PinRow {
  readonly project_id: string;
  readonly environment: string;
  readonly choice: string;
  readonly reference: string;
  readonly digest: string;
  readonly source: ImagePin['source'];
  readonly generation: number;
  readonly made: 0 | 1;
  readonly at_ms: number;
}

const at = (key: EnvironmentKey): readonly [string, string] => {
  const { projectId, environment } = parseKey(key);
  return [projectId, environment];
};

const fromRow = ({ project_id, at_ms, made, ...row }: PinRow): ImagePin => ({
  ...row,
  projectId: project_id,
  made: made === 1,
  at: at_ms,
});

const toRow = ({ projectId, at, made, ...pin }: ImagePin): PinRow => ({
  ...pin,
  project_id: projectId,
  made: made ? 1 : 0,
  at_ms: at,
});
