import type { GpuWish } from '../model/gpu.ts';
import type { AdmissionRequest, GpuPool, PoolDevice } from './gate.ts';
import { isSuitable } from './suitable.ts';
import { topologyOf, type Topology } from './topology.ts';

export type Asker = Pick<AdmissionRequest, 'key' | 'wish' | 'prefers'>;

/** The cards while one step goes through its requests: what the pool shows and what this step gave. */
export interface Cards {
  readonly pool: GpuPool;
  readonly topology: () => Topology;
  /** Every device that could ever serve the wish, whoever has it now. */
  readonly suitable: (wish: GpuWish) => readonly PoolDevice[];
  /** Those of them that the request may have now. */
  readonly usable: (request: Asker, wish: GpuWish) => readonly PoolDevice[];
  /** How many the wish comes to here; 'all' is what is not blocked, or its own already. */
  readonly wanted: (request: Asker, wish: GpuWish) => number;
  /** Given in this step, or kept in it for who came before. */
  readonly isPromised: (id: string) => boolean;
  /** Suitable ones that are kept for nobody. */
  readonly unkept: (wish: GpuWish) => readonly PoolDevice[];
  readonly give: (request: Asker, ids: readonly string[]) => void;
  readonly withhold: (ids: readonly string[]) => void;
  /** `make` once for all who ask the same and hold nothing, until a card is given or withheld. */
  readonly once: (request: Asker, wish: GpuWish, make: () => string) => string;
}

/** What wishes of one signature have in common. */
interface Kind {
  readonly suitable: readonly PoolDevice[];
  /** True until the next card is given or withheld; of those who hold nothing. */
  now: { usable?: readonly PoolDevice[]; unkept?: readonly PoolDevice[]; text?: string };
}

export const cardsOf = (pool: GpuPool): Cards => {
  const given = new Map<string, number>();
  const withheld = new Set<string>();
  const byId = new Map(pool.devices.map((device) => [device.id, device]));
  const owners = new Set(pool.devices.flatMap(({ holders }) => holders.map(({ key }) => key)));
  let topology: Topology | null = null;
  const kinds = new Map<string, Kind>();
  const kindOfWish = new WeakMap<GpuWish, Kind>();
  const changed = (): void => {
    for (const kind of kinds.values()) kind.now = {};
  };

  /** A thousand who wait ask for a few kinds only, and what is true of a kind is found once. */
  const kindOf = (wish: GpuWish): Kind => {
    const known = kindOfWish.get(wish);
    if (known !== undefined) return known;
    const text = signature(wish);
    const kind = kinds.get(text) ?? {
      suitable: pool.devices.filter((device) => isSuitable(device, wish)),
      now: {},
    };
    kinds.set(text, kind);
    kindOfWish.set(wish, kind);
    return kind;
  };
  const suitable = (wish: GpuWish): readonly PoolDevice[] => kindOf(wish).suitable;
  const hasRoom = (device: PoolDevice, wish: GpuWish, key: Asker['key'] | null): boolean => {
    const { id, holders, slots, blocked } = device;
    const isOwn = key !== null && isHeldBy(device, key);
    // What it runs on already it may keep, also where nobody new would get it.
    if (!isOwn && (blocked !== null || withheld.has(id))) return false;
    const taken = holders.length - Number(isOwn) + (given.get(id) ?? 0);
    return wish.sharing === 'exclusive'
      ? taken === 0
      : taken < slots &&
          holders.every((holder) => holder.sharing === 'shared' || holder.key === key);
  };

  return {
    pool,
    topology: () => (topology ??= topologyOf(pool.devices, pool.link)),
    suitable,
    usable: ({ key }, wish) => {
      const find = (own: Asker['key'] | null): readonly PoolDevice[] =>
        suitable(wish).filter((device) => hasRoom(device, wish, own));
      return owners.has(key) ? find(key) : (kindOf(wish).now.usable ??= find(null));
    },
    wanted: ({ key }, wish) =>
      wish.count === 'all'
        ? suitable(wish).filter((device) => device.blocked === null || isHeldBy(device, key)).length
        : wish.count,
    isPromised: (id) => withheld.has(id) || given.has(id),
    unkept: (wish) =>
      (kindOf(wish).now.unkept ??= suitable(wish).filter(({ id }) => !withheld.has(id))),
    give: ({ key }, ids) => {
      for (const id of ids) {
        const device = byId.get(id);
        // A holder that keeps its card is counted by its lease.
        if (device !== undefined && isHeldBy(device, key)) continue;
        given.set(id, (given.get(id) ?? 0) + 1);
        changed();
      }
    },
    withhold: (ids) => {
      for (const id of ids) withheld.add(id);
      if (ids.length > 0) changed();
    },
    once: ({ key }, wish, make) => (owners.has(key) ? make() : (kindOf(wish).now.text ??= make())),
  };
};

export const isHeldBy = ({ holders }: PoolDevice, key: Asker['key']): boolean =>
  holders.some((holder) => holder.key === key);

/** Wishes with the same one are served by the same devices. */
const signature = ({ memory, models, devices, mig, sharing }: GpuWish): string =>
  memory === null && models.length + devices.length === 0
    ? `${sharing} ${mig ?? ''}`
    : JSON.stringify([memory, models, devices, mig, sharing]);
