import { bestSet } from './best-set.ts';
import type { PoolDevice } from './gate.ts';
import type { Topology } from './topology.ts';

export interface PlaceRequest {
  readonly count: number;
  /** All of them may be given. */
  readonly devices: readonly PoolDevice[];
  /** Kept where that is possible. */
  readonly prefers: ReadonlySet<string>;
  readonly topology: Topology;
}

/**
 * The devices that serve the request and harm later ones least; null: there are not so many. Best fit
 * first (the smallest memory, one model), then the best connected set, then the one that leaves the
 * rest best connected. The answer depends on no order of the input.
 */
export const place = (request: PlaceRequest): readonly PoolDevice[] | null => {
  const { count, prefers, topology } = request;
  if (request.devices.length < count) return null;
  if (count === 0) return [];
  const devices = [...request.devices].sort(byIndex);
  const kept = devices.filter(({ id }) => prefers.has(id));
  if (kept.length >= count) return bestSet({ candidates: kept, fixed: [] }, count, topology);
  const missing = count - kept.length;
  const kinds = kindsOf(devices, kept);
  const kind = kinds.find((some) => some.length >= missing);
  const chosen =
    kind === undefined
      ? // No kind has enough: the smallest ones first, whatever they are.
        kinds.flat().slice(0, missing)
      : bestSet({ candidates: [...kind].sort(fullestFirst), fixed: kept }, missing, topology);
  return [...kept, ...chosen].sort(byIndex);
};

/** Those that are not kept, by kind: with some kept already, their kind goes on; else the smallest first. */
const kindsOf = (
  devices: readonly PoolDevice[],
  kept: readonly PoolDevice[],
): readonly (readonly PoolDevice[])[] => {
  const keptIds = new Set(kept.map(({ id }) => id));
  const kinds: PoolDevice[][] = [];
  for (const device of devices) {
    if (keptIds.has(device.id)) continue;
    const same = kinds.find(([one]) => one !== undefined && isSameKind(one, device));
    if (same === undefined) kinds.push([device]);
    else same.push(device);
  }
  return kinds
    .map((same) => {
      const [one] = same;
      const goesOn = one !== undefined && kept.some((other) => isSameKind(one, other));
      return {
        same,
        goesOn,
        bytes: one?.memoryBytes ?? 0,
        name: one === undefined ? '' : kindOf(one),
      };
    })
    .sort(
      (a, b) =>
        Number(b.goesOn) - Number(a.goesOn) || a.bytes - b.bytes || (a.name < b.name ? -1 : 1),
    )
    .map(({ same }) => same);
};

/** Compared field by field: a text of each card for each request would be most of the work. */
const isSameKind = (a: PoolDevice, b: PoolDevice): boolean =>
  a.model === b.model && a.mig === b.mig && (a.memoryBytes ?? 0) === (b.memoryBytes ?? 0);

const kindOf = ({ model, memoryBytes, mig }: PoolDevice): string =>
  `${model} ${memoryBytes ?? 0} ${mig ?? ''}`;

const byIndex = (a: PoolDevice, b: PoolDevice): number =>
  a.index - b.index || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** Shared cards are filled one after the other. */
const fullestFirst = (a: PoolDevice, b: PoolDevice): number =>
  b.holders.length - a.holders.length || byIndex(a, b);
