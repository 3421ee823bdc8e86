import Database from 'better-sqlite3';
import { deviceId, type GpuCordon, type GpuMark } from '../model/gpu.ts';
import { parseKey } from '../model/key.ts';
import { GpuTaken, type GpuTable, type GrantedGpu } from '../model/store.ts';
import type { Connection, Transaction } from './connection.ts';
import { sameRow } from './connection.ts';
import { bytesPerMb, cardRow, toLease, type AllocationRow, type CardRow } from './gpu-rows.ts';
import { toDatetime } from './time.ts';

/** A mark's text stands where a container's name does. */
const longestMark = 200;

/** `grant` throws GpuTaken, and then changes nothing: the indexes and triggers of the table decide. */
export const gpuTable = (db: Connection, transaction: Transaction): GpuTable => {
  const cards = db.prepare<[], CardRow>('SELECT * FROM gpus ORDER BY gpu_id, uuid');
  const writeCard = db.prepare<[CardRow]>(
    `INSERT INTO gpus (uuid, gpu_id, model, memory_mb, seen_at_ms)
     VALUES (@uuid, @gpu_id, @model, @memory_mb, @seen_at_ms)
     ON CONFLICT (uuid) DO UPDATE SET gpu_id = excluded.gpu_id, model = excluded.model,
       memory_mb = excluded.memory_mb, seen_at_ms = excluded.seen_at_ms`,
  );
  const rows = db.prepare<[], AllocationRow>(
    `SELECT id, gpu_id, container_name, unixepoch(allocated_at) * 1000 AS at, uuid, mig_uuid, sharing,
       kind, project_id, environment, is_current
     FROM gpu_allocations ORDER BY gpu_id, id`,
  );
  const rowsOf = db.prepare<[string, string], AllocationRow>(
    `SELECT id, gpu_id, container_name, unixepoch(allocated_at) * 1000 AS at, uuid, mig_uuid, sharing,
       kind, project_id, environment, is_current
     FROM gpu_allocations WHERE project_id = ? AND environment = ? ORDER BY gpu_id, id`,
  );
  const insert = db.prepare<[Omit<AllocationRow, 'id' | 'at'> & { readonly allocated_at: string }]>(
    `INSERT INTO gpu_allocations (gpu_id, container_name, allocated_at, uuid, mig_uuid, sharing, kind,
       project_id, environment, is_current)
     VALUES (@gpu_id, @container_name, @allocated_at, @uuid, @mig_uuid, @sharing, @kind,
       @project_id, @environment, @is_current)`,
  );
  const renumber = db.prepare<[number, number]>(
    'UPDATE gpu_allocations SET gpu_id = ? WHERE id = ?',
  );
  // Written by hand before the card was seen.
  const named = db.prepare(
    `UPDATE gpu_allocations SET uuid = gpus.uuid FROM gpus
     WHERE gpus.gpu_id = gpu_allocations.gpu_id
       AND (gpu_allocations.uuid IS NULL OR gpu_allocations.uuid LIKE 'index:%')`,
  );
  const setCurrent = db.prepare<[number, number]>(
    'UPDATE gpu_allocations SET is_current = ? WHERE id = ?',
  );
  const remove = db.prepare<[number]>('DELETE FROM gpu_allocations WHERE id = ?');
  const cordons = db.prepare<[], GpuCordon>(
    `SELECT uuid AS gpuUuid, held_by AS "by", why, at_ms AS at FROM gpu_cordons ORDER BY uuid`,
  );
  const cordon = db.prepare<[GpuCordon]>(
    'INSERT INTO gpu_cordons VALUES (@gpuUuid, @by, @why, @at) ON CONFLICT (uuid) DO NOTHING',
  );
  const uncordon = db.prepare<[string]>('DELETE FROM gpu_cordons WHERE uuid = ?');

  const isLease = ({ kind }: AllocationRow): boolean => kind === 'lease';
  const indexes = (): ReadonlyMap<string, number> =>
    new Map(
      cards.all().flatMap(({ uuid, gpu_id: index }) => (index === null ? [] : [[uuid, index]])),
    );

  /** Every row's gpu_id is its card's index; where there is no such card, a number below 0 of its own. */
  const followIndexes = (): void => {
    named.run();
    const now = indexes();
    const moved = rows
      .all()
      .map((row) => ({
        row,
        to: now.get(row.uuid ?? '') ?? (isNumbered(row) ? row.gpu_id : goneId(row)),
      }))
      .filter(({ row, to }) => row.gpu_id !== to);
    // Two may have changed places: out of the way first.
    for (const { row } of moved) renumber.run(outOfTheWay - row.id, row.id);
    for (const { row, to } of moved) renumber.run(to, row.id);
  };

  const mark = (marks: readonly GpuMark[], at: number): void => {
    const now = indexes();
    const wanted = new Map<
      string,
      {
        readonly gpuUuid: string;
        readonly kind: GpuMark['kind'];
        readonly name: string;
        readonly index: number;
      }
    >(
      marks.flatMap(({ gpuUuid, kind, text }) => {
        const index = now.get(gpuUuid);
        const name = text.slice(0, longestMark);
        return index === undefined
          ? []
          : [[`${gpuUuid} ${kind} ${name}`, { gpuUuid, kind, name, index }] as const];
      }),
    );
    for (const row of rows.all()) {
      if (isLease(row)) continue;
      if (!wanted.delete(`${row.uuid ?? ''} ${row.kind} ${row.container_name}`)) remove.run(row.id);
    }
    for (const { gpuUuid, kind, name, index } of wanted.values()) {
      insert.run({
        gpu_id: index,
        container_name: name,
        allocated_at: toDatetime(at),
        uuid: gpuUuid,
        mig_uuid: null,
        sharing: 'shared',
        kind,
        project_id: null,
        environment: null,
        is_current: 1,
      });
    }
  };

  const take = (gpu: GrantedGpu, place: Place): void => {
    const index = indexes().get(gpu.gpuUuid);
    try {
      const { lastInsertRowid } = insert.run({
        gpu_id: index ?? outOfTheWay,
        container_name: place.containerName,
        allocated_at: toDatetime(place.at),
        uuid: gpu.gpuUuid,
        mig_uuid: gpu.migUuid,
        sharing: gpu.sharing,
        kind: 'lease',
        project_id: place.projectId,
        environment: place.environment,
        is_current: 1,
      });
      if (index === undefined) {
        renumber.run(goneId({ id: Number(lastInsertRowid) }), Number(lastInsertRowid));
      }
    } catch (error) {
      if (!(error instanceof Database.SqliteError) || !error.code.startsWith('SQLITE_CONSTRAINT'))
        throw error;
      throw new GpuTaken(gpu.migUuid ?? gpu.gpuUuid, 'it is in another hand');
    }
  };

  return {
    observe: (seen, marks, at) =>
      transaction(() => {
        const before = new Map(cards.all().map((row) => [row.uuid, row]));
        const present = new Set(seen.map(({ uuid }) => uuid));
        // An index belongs to one card at a time, so those that left theirs come first.
        for (const row of before.values()) {
          if (!present.has(row.uuid) && row.gpu_id !== null)
            writeCard.run({ ...row, gpu_id: null, seen_at_ms: at });
        }
        for (const card of seen) {
          const was = before.get(card.uuid);
          const row = cardRow(card, was?.seen_at_ms ?? at);
          if (was === undefined || !sameRow(was, row)) writeCard.run({ ...row, seen_at_ms: at });
        }
        followIndexes();
        mark(marks, at);
      }),
    cards: () =>
      cards
        .all()
        .flatMap(({ uuid, gpu_id: index, model, memory_mb: mb }) =>
          index === null
            ? []
            : [{ uuid, index, model, memoryBytes: mb === null ? null : mb * bytesPerMb }],
        ),
    leases: () => rows.all().filter(isLease).map(toLease),
    of: (key) => {
      const { projectId, environment } = parseKey(key);
      return rowsOf.all(projectId, environment).filter(isLease).map(toLease);
    },
    grant: (key, containerName, devices, at) => {
      const { projectId, environment } = parseKey(key);
      const wanted = new Map(devices.map((gpu) => [gpu.migUuid ?? gpu.gpuUuid, gpu]));
      transaction(() => {
        const held = rowsOf.all(projectId, environment).filter(isLease);
        const had = new Set(held.map((row) => deviceId(toLease(row))));
        const taken: string[] = [];
        try {
          for (const [id, gpu] of wanted) {
            if (had.has(id)) continue;
            take(gpu, { projectId, environment, containerName, at });
            taken.push(id);
          }
        } catch (error) {
          // A caller may go on in an outer transaction: it must find the leases as they were.
          for (const row of rowsOf.all(projectId, environment)) {
            if (taken.includes(row.mig_uuid ?? row.uuid ?? '')) remove.run(row.id);
          }
          throw error;
        }
        for (const row of held) {
          const current = wanted.has(deviceId(toLease(row))) ? 1 : 0;
          if (row.is_current !== current) setCurrent.run(current, row.id);
        }
      });
    },
    keep: (key, deviceIds) => {
      const { projectId, environment } = parseKey(key);
      transaction(() => {
        for (const row of rowsOf.all(projectId, environment).filter(isLease)) {
          if (!deviceIds.includes(deviceId(toLease(row)))) remove.run(row.id);
        }
      });
    },
    cordons: () => cordons.all(),
    cordon: (what) => void cordon.run(what),
    uncordon: (uuid) => void uncordon.run(uuid),
  };
};

interface Place {
  readonly projectId: string;
  readonly environment: string;
  readonly containerName: string;
  readonly at: number;
}

/** A hand's row for an index that no card has: it waits for one. */
const isNumbered = ({ uuid }: AllocationRow): boolean => uuid === null || uuid.startsWith('index:');

/** Below every number that `goneId` gives. */
const outOfTheWay = -1_000_000_000;

const goneId = ({ id }: Pick<AllocationRow, 'id'>): number => -1000 - id;
