import type { GpuPool, PoolDevice } from './gate.ts';

/** The links of all pairs of cards, laid out once for a step that asks for them many thousand times. */
export interface Topology {
  readonly size: number;
  /** Of a card, by its uuid. */
  readonly rowOf: (uuid: string) => number;
  /** Row by row; 0 on the diagonal. */
  readonly scores: Float64Array;
}

export const topologyOf = (devices: readonly PoolDevice[], link: GpuPool['link']): Topology => {
  const rows = new Map<string, number>();
  for (const { gpuUuid } of devices) if (!rows.has(gpuUuid)) rows.set(gpuUuid, rows.size);
  const uuids = [...rows.keys()];
  const size = uuids.length;
  const scores = new Float64Array(size * size);
  uuids.forEach((a, i) => {
    for (let j = i + 1; j < size; j += 1) {
      const score = link(a, uuids[j] ?? '');
      scores[i * size + j] = score;
      scores[j * size + i] = score;
    }
  });
  return { size, rowOf: (uuid) => rows.get(uuid) ?? 0, scores };
};
