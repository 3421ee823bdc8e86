import type { GpuWish } from '../model/gpu.ts';
import type { AdmissionRequest, GpuPool, PoolDevice } from './gate.ts';
import { isSuitable, mayHave } from './suitable.ts';
import { topologyOf, type Topology } from './topology.ts';

export type Asker = Pick<AdmissionRequest, 'key' | 'wish' | 'prefers' | 'projectPath' | 'owner'>;

/** The cards while one step goes through its requests: what the pool shows and what this step gave. */
export interface Cards {
  readonly pool: GpuPool;
  readonly topology: () => Topology;
  /** Every device that could ever serve the wish, whoever has it now. */
  readonly suitable: (request: Asker, wish: GpuWish) => readonly PoolDevice[];
  /** Of the kind that is asked for, and reserved for others. */
  readonly reserved: (request: Asker, wish: GpuWish) => readonly PoolDevice[];
  /** Those of them that the request may have now. */
  readonly usable: (request: Asker, wish: GpuWish) => readonly PoolDevice[];
  /** How many the wish comes to here; 'all' is what is not blocked, or its own already. */
  readonly wanted: (request: Asker, wish: GpuWish) => number;
  /** Given in this step, or kept in it for who came before. */
  readonly isPromised: (id: string) => boolean;
  /** Suitable ones that are kept for nobody. */
  readonly unkept: (request: Asker, wish: GpuWish) => readonly PoolDevice[];
  readonly give: (request: Asker, ids: readonly string[]) => void;
  readonly withhold: (ids: readonly string[]) => void;
  /** `make` once for all who ask the same, until a card is given or withheld. */
  readonly once: (request: Asker, wish: GpuWish, make: () => string) => string;
}

/** What requests have in common that the same cards can serve. Who holds some is a kind of its own. */
interface Kind {
  readonly suitable: readonly PoolDevice[];
  readonly reserved: readonly PoolDevice[];
  /** True until the next card is given or withheld. */
  now: { usable?: readonly PoolDevice[]; unkept?: readonly PoolDevice[]; text?: string };
}

export const cardsOf = (pool: GpuPool): Cards => {
  const given = new Map<string, number>();
  const withheld = new Set<string>();
  const byId = new Map(pool.devices.map((device) => [device.id, device]));
  const owners = new Set(pool.devices.flatMap(({ holders }) => holders.map(({ key }) => key)));
  let topology: Topology | null = null;
  const kinds = new Map<string, Kind>();
  const kindOfRequest = new WeakMap<Asker, Kind>();
  const reservations = [...new Set(pool.devices.flatMap((device) => device.reservedFor ?? []))];
  const changed = (): void => {
    for (const kind of kinds.values()) kind.now = {};
  };

  /** Who holds nothing is told from others by the reservations that name it alone. */
  const classOf = (request: Asker): string => {
    if (owners.has(request.key)) return request.key;
    return reservations.map((reservedFor) => Number(mayHave({ reservedFor }, request))).join('');
  };
  /** A thousand who wait ask for a few kinds only, and what is true of a kind is found once. */
  const kindOf = (request: Asker, wish: GpuWish): Kind => {
    const known = kindOfRequest.get(request);
    if (known !== undefined) return known;
    const text = `${signature(wish)} ${classOf(request)}`;
    const kind = kinds.get(text) ?? newKind(request, wish);
    kinds.set(text, kind);
    kindOfRequest.set(request, kind);
    return kind;
  };
  const newKind = (request: Asker, wish: GpuWish): Kind => {
    const fitting = pool.devices.filter((device) => isSuitable(device, wish));
    // What it had before it was reserved it may keep.
    const isFor = (device: PoolDevice): boolean =>
      mayHave(device, request) || isHeldBy(device, request.key);
    const suitable = fitting.filter(isFor);
    return { suitable, reserved: fitting.filter((device) => !isFor(device)), now: {} };
  };
  const suitable = (request: Asker, wish: GpuWish): readonly PoolDevice[] =>
    kindOf(request, wish).suitable;
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
    reserved: (request, wish) => kindOf(request, wish).reserved,
    usable: (request, wish) => {
      const own = owners.has(request.key) ? request.key : null;
      return (kindOf(request, wish).now.usable ??= suitable(request, wish).filter((device) =>
        hasRoom(device, wish, own),
      ));
    },
    wanted: (request, wish) =>
      wish.count === 'all'
        ? suitable(request, wish).filter(
            (device) => device.blocked === null || isHeldBy(device, request.key),
          ).length
        : wish.count,
    isPromised: (id) => withheld.has(id) || given.has(id),
    unkept: (request, wish) =>
      (kindOf(request, wish).now.unkept ??= suitable(request, wish).filter(
        ({ id }) => !withheld.has(id),
      )),
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
    once: (request, wish, make) => (kindOf(request, wish).now.text ??= make()),
  };
};

export const isHeldBy = ({ holders }: PoolDevice, key: Asker['key']): boolean =>
  holders.some((holder) => holder.key === key);

/** Wishes with the same one are served by the same devices. */
const signature = ({ memory, models, devices, mig, sharing }: GpuWish): string =>
  memory === null && models.length + devices.length === 0
    ? `${sharing} ${mig ?? ''}`
    : JSON.stringify([memory, models, devices, mig, sharing]);
