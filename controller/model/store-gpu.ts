import type { GpuCordon, GpuLease, GpuMark, GpuSharing } from './gpu.ts';
import type { EnvironmentKey } from './key.ts';

/** The cards and the document's `gpu_allocations`. */
export interface GpuTable {
  /**
   * The cards as they were seen now, and why some are not to be given out. `gpu_id` of every row follows
   * its card; the rows of a card that is gone have one below 0.
   */
  observe(cards: readonly GpuCard[], marks: readonly GpuMark[], at: number): void;
  cards(): readonly GpuCard[];
  /** All rows that give something to somebody, marks left out. */
  leases(): readonly GpuLease[];
  of(key: EnvironmentKey): readonly GpuLease[];
  /**
   * Makes `devices` the environment's current leases. What it had besides stays, no longer current, until
   * `keep`. Throws GpuTaken, and changes nothing, if another hand has one of them.
   */
  grant(
    key: EnvironmentKey,
    containerName: string,
    devices: readonly GrantedGpu[],
    at: number,
  ): void;
  /** Gives back all of the environment's rows but those of these devices (`GPU-…`, `MIG-…`). */
  keep(key: EnvironmentKey, deviceIds: readonly string[], at: number): void;
  cordons(): readonly GpuCordon[];
  /** One a card; asked again, the first stays. */
  cordon(cordon: GpuCordon): void;
  uncordon(gpuUuid: string): void;
}

export interface GrantedGpu {
  readonly gpuUuid: string;
  readonly migUuid: string | null;
  readonly sharing: GpuSharing;
}

export interface GpuCard {
  readonly uuid: string;
  readonly index: number;
  readonly model: string;
  readonly memoryBytes: number | null;
}

/** A card, or a slice, is in another hand; the database itself says so. */
export class GpuTaken extends Error {
  readonly deviceId: string;

  constructor(deviceId: string, why: string) {
    super(`${deviceId}: ${why}`);
    this.name = 'GpuTaken';
    this.deviceId = deviceId;
  }
}
