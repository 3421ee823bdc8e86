import type { Gpu, GpuHealth, KnownInventory } from '../../model/gpu.ts';
import { isPlaceholder } from './cards.ts';

/** Cards that were seen bad, by uuid. A new controller starts with none and reads it from `before`. */
export type HealthMemory = ReadonlyMap<string, Doubt>;

export interface Doubt {
  /** Good looks in a row since. */
  readonly goodLooks: number;
  /** What was wrong. */
  readonly why: string;
}

export interface SettleInput {
  /** The cards as they were settled at the look before; null: there was none. */
  readonly before: readonly Gpu[] | null;
  readonly seen: KnownInventory;
  readonly memory: HealthMemory;
  /** Good looks in a row after which a bad card counts as healthy. */
  readonly recoverAfter: number;
}

export interface Settled {
  readonly inventory: KnownInventory;
  readonly memory: HealthMemory;
}

/**
 * One bad sign makes a card unhealthy, `recoverAfter` good looks in a row make it healthy again. A card
 * that was there and is missing stays in the list as lost, with the number that it had.
 */
export const settleHealth = ({ before, seen, memory, recoverAfter }: SettleInput): Settled => {
  const known = before ?? [];
  const doubts = new Map<string, Doubt>();
  const doubtOf = (uuid: string): Doubt | null => {
    const health = known.find((card) => card.uuid === uuid)?.health;
    const isBad = health !== undefined && health.state !== 'healthy';
    return memory.get(uuid) ?? (isBad ? { goodLooks: 0, why: health.why } : null);
  };
  const gpus = [...identify(seen.gpus, known), ...missing(seen.gpus, known)].map((card): Gpu => {
    if (card.health.state !== 'healthy') {
      doubts.set(card.uuid, { goodLooks: 0, why: card.health.why });
      return card;
    }
    const doubt = doubtOf(card.uuid);
    const goodLooks = (doubt?.goodLooks ?? 0) + 1;
    if (doubt === null || goodLooks >= recoverAfter) return card;
    doubts.set(card.uuid, { ...doubt, goodLooks });
    return { ...card, health: recovering(doubt.why, goodLooks, recoverAfter) };
  });
  const byIndex = gpus.toSorted((a, b) => a.index - b.index || (a.uuid < b.uuid ? -1 : 1));
  return { inventory: { ...seen, gpus: byIndex }, memory: doubts };
};

const recovering = (why: string, goodLooks: number, recoverAfter: number): GpuHealth => ({
  state: 'unhealthy',
  why: `${why} (good again for ${goodLooks} of ${recoverAfter} looks)`,
});

/** A card that is known by its place only is the one that was seen there before. */
const identify = (seen: readonly Gpu[], known: readonly Gpu[]): readonly Gpu[] =>
  seen.map((card) => {
    const same = isPlaceholder(card)
      ? known.find((one) => !isPlaceholder(one) && one.busId === card.busId)
      : undefined;
    return same === undefined ? card : gone(same, card.health.why);
  });

/** A placeholder is dropped once a card tells its name again at that place. */
const missing = (seen: readonly Gpu[], known: readonly Gpu[]): readonly Gpu[] => {
  const uuids = new Set(seen.map(({ uuid }) => uuid));
  const places = new Set(seen.map(({ busId }) => busId));
  return known
    .filter((card) => !uuids.has(card.uuid))
    .filter((card) => !(isPlaceholder(card) && places.has(card.busId)))
    .filter((card) => !seen.some((one) => isPlaceholder(one) && one.busId === card.busId))
    .map((card) =>
      card.health.state === 'lost'
        ? gone(card, card.health.why)
        : gone(card, 'missing from the list of cards'),
    );
};

const gone = (card: Gpu, why: string): Gpu => ({
  ...card,
  memoryUsedBytes: null,
  utilization: null,
  temperatureC: null,
  powerW: null,
  health: { state: 'lost', why },
  processes: [],
});
