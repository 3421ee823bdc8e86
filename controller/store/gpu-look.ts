import type { GpuMark } from '../model/gpu.ts';
import type { GpuCard } from '../model/store-gpu.ts';
import type { Connection } from './connection.ts';
import { sameRow } from './connection.ts';
import {
  cardRow,
  goneId,
  insertAllocation,
  isLease,
  isRefused,
  outOfTheWay,
  selectAllocations,
  type AllocationRow,
  type CardRow,
  type NewAllocation,
} from './gpu-rows.ts';
import { toDatetime } from './time.ts';

/** A mark's text stands where a container's name does. */
const longestMark = 200;

/** Brings the rows to what was just seen; writes only what is different. Runs inside a transaction. */
export const gpuLook = (
  db: Connection,
): ((cards: readonly GpuCard[], marks: readonly GpuMark[], at: number) => void) => {
  const cards = db.prepare<[], CardRow>('SELECT * FROM gpus ORDER BY gpu_id, uuid');
  const writeCard = db.prepare<[CardRow]>(
    `INSERT INTO gpus (uuid, gpu_id, model, memory_mb, seen_at_ms)
     VALUES (@uuid, @gpu_id, @model, @memory_mb, @seen_at_ms)
     ON CONFLICT (uuid) DO UPDATE SET gpu_id = excluded.gpu_id, model = excluded.model,
       memory_mb = excluded.memory_mb, seen_at_ms = excluded.seen_at_ms`,
  );
  const rows = db.prepare<[], AllocationRow>(`${selectAllocations} ORDER BY gpu_id, id`);
  const insert = db.prepare<[NewAllocation]>(insertAllocation);
  const renumber = db.prepare<[number, number]>(
    'UPDATE gpu_allocations SET gpu_id = ? WHERE id = ?',
  );
  const name = db.prepare<[string, number]>('UPDATE gpu_allocations SET uuid = ? WHERE id = ?');
  const remove = db.prepare<[number]>('DELETE FROM gpu_allocations WHERE id = ?');

  const writeCards = (seen: readonly GpuCard[], at: number): void => {
    const before = new Map(cards.all().map((row) => [row.uuid, row]));
    const present = new Set(seen.map(({ uuid }) => uuid));
    for (const row of before.values()) {
      if (!present.has(row.uuid) && row.gpu_id !== null)
        writeCard.run({ ...row, gpu_id: null, seen_at_ms: at });
    }
    for (const card of seen) {
      const was = before.get(card.uuid);
      const row = cardRow(card, was?.seen_at_ms ?? at);
      if (was === undefined || !sameRow(was, row)) writeCard.run({ ...row, seen_at_ms: at });
    }
  };

  /** A hand's row for an index without a card gets the card that came, unless somebody holds that one. */
  const nameRows = (seen: readonly GpuCard[]): void => {
    const byIndex = new Map(seen.map(({ index, uuid }) => [index, uuid]));
    for (const row of rows.all()) {
      const index = waitsFor(row);
      const uuid = index === null ? undefined : byIndex.get(index);
      if (uuid === undefined) continue;
      try {
        name.run(uuid, row.id);
      } catch (error) {
        if (!isRefused(error)) throw error;
      }
    }
  };

  const followIndexes = (seen: readonly GpuCard[]): void => {
    const indexes = new Map(seen.map(({ uuid, index }) => [uuid, index]));
    const used = new Set(indexes.values());
    const moved = rows
      .all()
      .map((row) => ({ row, to: numberOf(row, { indexes, used }) }))
      .filter(({ row, to }) => row.gpu_id !== to);
    // Two may have changed places: out of the way first.
    for (const { row } of moved) renumber.run(outOfTheWay - row.id, row.id);
    for (const { row, to } of moved) renumber.run(to, row.id);
  };

  const mark = (marks: readonly GpuMark[], at: number, seen: readonly GpuCard[]): void => {
    const wanted = wantedMarks(marks, new Map(seen.map(({ uuid, index }) => [uuid, index])), at);
    for (const row of rows.all()) {
      const place = placeOf(row);
      const now = wanted.get(place);
      // A lease of that very name takes the card from the free ones as well.
      if (isLease(row) || now?.kind === row.kind) wanted.delete(place);
      else remove.run(row.id);
    }
    for (const row of wanted.values()) insert.run(row);
  };

  return (seen, marks, at) => {
    writeCards(seen, at);
    nameRows(seen);
    followIndexes(seen);
    mark(marks, at, seen);
  };
};

/** The index that a hand wrote and that had no card; null: the row has its card. */
const waitsFor = ({ uuid, gpu_id: index }: AllocationRow): number | null => {
  if (uuid === null) return index;
  return uuid.startsWith('index:') ? Number(uuid.slice('index:'.length)) : null;
};

/** Its card's index; below 0 where that card is not there, or where the index is now another row's card's. */
const numberOf = (
  row: AllocationRow,
  { indexes, used }: Record<'indexes', ReadonlyMap<string, number>> & { used: ReadonlySet<number> },
): number => {
  const waiting = waitsFor(row);
  if (waiting !== null) return used.has(waiting) ? goneId(row) : waiting;
  return indexes.get(row.uuid ?? '') ?? goneId(row);
};

const wantedMarks = (
  marks: readonly GpuMark[],
  indexes: ReadonlyMap<string, number>,
  at: number,
): Map<string, NewAllocation> => {
  const wanted = new Map<string, NewAllocation>();
  for (const { gpuUuid, kind, text } of marks) {
    const index = indexes.get(gpuUuid);
    if (index === undefined) continue;
    const row: NewAllocation = {
      gpu_id: index,
      container_name: cut(text),
      allocated_at: toDatetime(at),
      uuid: gpuUuid,
      mig_uuid: null,
      sharing: 'shared',
      kind,
      project_id: null,
      environment: null,
      is_current: 1,
    };
    // One row a card and text: the first says why.
    if (!wanted.has(placeOf(row))) wanted.set(placeOf(row), row);
  }
  return wanted;
};

/** Never through a character of two units: half of one would be read back as another, and written anew each time. */
const cut = (text: string): string => Array.from(text).slice(0, longestMark).join('');

/** What the table's UNIQUE(gpu_id, container_name) lets stand once. */
const placeOf = ({
  gpu_id: index,
  container_name: name,
}: Pick<AllocationRow, 'gpu_id' | 'container_name'>): string => `${index} ${name}`;
