import type { GpuPool, PoolDevice } from '../../controller/admission/gate.ts';

export const gb = 2 ** 30;

/** A whole, free H100 unless told otherwise. */
export const device = (index: number, over: Partial<PoolDevice> = {}): PoolDevice => ({
  id: `GPU-${index}`,
  gpuUuid: over.id ?? `GPU-${index}`,
  index,
  model: 'NVIDIA H100 80GB HBM3',
  memoryBytes: 79.6 * gb,
  mig: null,
  slots: 1,
  blocked: null,
  reservedFor: null,
  holders: [],
  ...over,
});

/** Two boards of four: NVLink inside a board, the host's bridges between them. */
export const twoBoards: GpuPool['link'] = (a, b) =>
  a === b ? 0 : boardOf(a) === boardOf(b) ? 1800 : 20;

const boardOf = (uuid: string): number => Math.floor(Number(uuid.replace('GPU-', '')) / 4);

export const pool = (devices: readonly PoolDevice[], link: GpuPool['link'] = () => 0): GpuPool => ({
  state: 'known',
  why: '',
  devices,
  link,
});
