import type { Gpu } from '../../model/gpu.ts';
import { healthOf } from './health.ts';
import type { Row } from './parse-csv.ts';

/** A card before its slices and processes are known. */
export interface Card extends Omit<Gpu, 'mig' | 'processes'> {
  /** null: the driver was not asked, or is too old to know. */
  readonly migMode: 'on' | 'off' | null;
}

export interface Cards {
  /** By index. */
  readonly cards: readonly Card[];
  readonly warnings: readonly string[];
}

/**
 * The cards of one answer. One that the driver cannot reach any more has no row, only a line with its
 * bus id, and stands here as lost.
 */
export const cardsOf = (rows: readonly Row[], lines: readonly string[]): Cards => {
  const warnings: string[] = [];
  const cards: Card[] = [];
  const add = (card: Card): void => {
    if (cards.some(({ uuid }) => uuid === card.uuid)) {
      warnings.push(`two lines of nvidia-smi tell of ${card.uuid}: the first one counts`);
    } else cards.push(card);
  };
  for (const row of rows) add(cardOf(row, () => freeIndex(rows, cards)));
  for (const line of lines) {
    const lost = lostOf(line);
    if (lost === null) warnings.push(`nvidia-smi: ${line.slice(0, 200)}`);
    else if (!cards.some(({ busId }) => busId === lost.busId)) {
      add(lostCard(lost, lost.index ?? freeIndex(rows, cards)));
    }
  }
  return { cards: cards.toSorted((a, b) => a.index - b.index), warnings };
};

/** Stands for a card whose uuid could not be read. */
export const isPlaceholder = ({ uuid }: Pick<Gpu, 'uuid'>): boolean => uuid.startsWith(placeholder);

/** `0000:02:00.0` → `00000000:02:00.0`, as the rows write it. */
export const busIdOf = (text: string): string => {
  const [domain = '', ...rest] = text.toUpperCase().split(':');
  return [domain.padStart(8, '0'), ...rest].join(':');
};

const placeholder = 'GPU-unread-';

const cardOf = (row: Row, free: () => number): Card => {
  const index = row.number('index') ?? free();
  const busId = row.text('pci.bus_id');
  const uuid = row.text('uuid');
  const health = healthOf(row);
  const mode = row.text('mig.mode.current')?.toLowerCase();
  return {
    uuid: uuid ?? `${placeholder}${busId === null ? index : busIdOf(busId)}`,
    index,
    model: row.text('name') ?? 'unknown',
    busId: busId === null ? '' : busIdOf(busId),
    memoryTotalBytes: bytesOf(row, 'memory.total'),
    memoryUsedBytes: bytesOf(row, 'memory.used'),
    utilization: row.number('utilization.gpu'),
    temperatureC: row.number('temperature.gpu'),
    powerW: row.number('power.draw'),
    powerLimitW: row.number('power.limit'),
    migMode: !row.raw.has('mig.mode.current') ? null : mode === 'enabled' ? 'on' : 'off',
    health:
      uuid === null && health.state === 'healthy'
        ? { state: 'unhealthy', why: 'the driver does not tell its uuid' }
        : health,
  };
};

const bytesOf = (row: Row, field: string): number | null => {
  const mebibytes = row.number(field);
  return mebibytes === null ? null : mebibytes * 2 ** 20;
};

interface Lost {
  readonly busId: string;
  readonly index: number | null;
  readonly why: string;
}

const lostLine =
  /Unable to determine the device handle for GPU\s*(?:(\d+):\s+)?([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f])\s*:?\s*(.*)/i;

const lostOf = (line: string): Lost | null => {
  const [, index, busId, why] = lostLine.exec(line) ?? [];
  if (busId === undefined) return null;
  return {
    busId: busIdOf(busId),
    index: index === undefined ? null : Number(index),
    why: `the driver does not reach it: ${why === undefined || why === '' ? 'no reason told' : why}`,
  };
};

const lostCard = ({ busId, why }: Lost, index: number): Card => ({
  uuid: `${placeholder}${busId}`,
  index,
  model: 'unknown',
  busId,
  memoryTotalBytes: null,
  memoryUsedBytes: null,
  utilization: null,
  temperatureC: null,
  powerW: null,
  powerLimitW: null,
  migMode: null,
  health: { state: 'lost', why },
});

/** The first number that no card bears: the gap that a lost card left. */
const freeIndex = (rows: readonly Row[], cards: readonly Card[]): number => {
  const taken = new Set([
    ...rows.map((row) => row.number('index')),
    ...cards.map(({ index }) => index),
  ]);
  let index = 0;
  while (taken.has(index)) index += 1;
  return index;
};
