import type { GpuConfig } from '../model/config.ts';
import type { Gpu } from '../model/gpu.ts';

/** What the configuration says of cards against those that are there, one line for each that does not match. */
export const declaredInVain = (
  config: GpuConfig,
  gpus: readonly Pick<Gpu, 'uuid' | 'index'>[],
): readonly string[] => {
  const declared = [
    ...config.exclude.map((name) => ({ name, place: 'gpu.exclude' })),
    ...config.shared.flatMap((entry, at) =>
      entry.gpus.map((name) => ({ name, place: `gpu.shared[${at}]` })),
    ),
    ...config.reserved.flatMap((entry, at) =>
      entry.gpus.map((name) => ({ name, place: `gpu.reserved[${at}]` })),
    ),
  ];
  const places = new Map<string, string>();
  return declared.flatMap(({ name, place }) => {
    const card = gpus.find(({ uuid, index }) => uuid === name || String(index) === name);
    if (card === undefined) return [`${place} names ${name}, and this host has no such card`];
    const first = places.get(card.uuid) ?? place;
    places.set(card.uuid, first);
    // One list by index and the other by uuid: the file alone does not show it.
    return first === place
      ? []
      : [`GPU ${card.index} (${card.uuid}) stands in ${first} and in ${place}: keep it in one`];
  });
};
