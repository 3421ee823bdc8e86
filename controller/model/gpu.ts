import type { EnvironmentKey } from './key.ts';

/**
 * One look at the cards of this host. Unknown is a value: nothing new is granted on what was not seen,
 * and nothing that runs is judged by it.
 */
export type GpuInventory =
  | KnownInventory
  /** This host has no card, or none that a driver serves. `why` is for a person. */
  | { readonly kind: 'none'; readonly why: string; readonly readAt: number }
  | {
      readonly kind: 'unknown';
      readonly why: string;
      /** What a person can do about it. */
      readonly todo: string;
      readonly readAt: number;
    };

export interface KnownInventory {
  readonly kind: 'known';
  /** Milliseconds since the epoch. */
  readonly readAt: number;
  readonly driver: string | null;
  /** The newest CUDA that the driver serves, `12.4`. */
  readonly cuda: string | null;
  /** By index. */
  readonly gpus: readonly Gpu[];
  /** How well two cards are connected, by uuid; a pair that is not there scores 0. Both orders stand in it. */
  readonly links: readonly GpuLink[];
  /** What could not be read or understood, one line each. */
  readonly warnings: readonly string[];
}

export interface Gpu {
  /** `GPU-…`; the identity of a card. */
  readonly uuid: string;
  /** nvidia-smi's number: it moves when a card dies. */
  readonly index: number;
  /** `NVIDIA H100 80GB HBM3` */
  readonly model: string;
  readonly busId: string;
  /** null: the card does not tell (`[N/A]`), which is never 0. */
  readonly memoryTotalBytes: number | null;
  readonly memoryUsedBytes: number | null;
  /** Percent. */
  readonly utilization: number | null;
  readonly temperatureC: number | null;
  readonly powerW: number | null;
  readonly powerLimitW: number | null;
  /** A card in MIG mode is given out by its slices alone. null: not such a card. */
  readonly mig: readonly MigDevice[] | null;
  readonly health: GpuHealth;
  readonly processes: readonly GpuProcess[];
}

export interface MigDevice {
  /** `MIG-…` */
  readonly uuid: string;
  /** Number among the slices of its card. */
  readonly index: number;
  /** `1g.10gb` */
  readonly profile: string;
  readonly memoryBytes: number | null;
}

/**
 * - `healthy`: nothing speaks against it.
 * - `unhealthy`: nothing new is put on it until it recovered or a person said so.
 * - `lost`: the driver no longer reaches it.
 */
export interface GpuHealth {
  readonly state: 'healthy' | 'unhealthy' | 'lost';
  /** One line; '' where healthy. */
  readonly why: string;
}

export interface GpuProcess {
  readonly pid: number;
  readonly name: string;
  readonly memoryBytes: number | null;
  /** The engine's id of the container it runs in; null: in none, or it cannot be told. */
  readonly containerId: string | null;
  /** Who runs it; null: cannot be told. */
  readonly uid: number | null;
  readonly user: string | null;
}

export interface GpuLink {
  readonly from: string;
  readonly to: string;
  /** `NV18`, `PIX`, `SYS` …, as nvidia-smi writes it. */
  readonly kind: string;
  /** Higher is closer: SYS 10, NODE 20, PHB 30, PXB 40, PIX 50, NVk 100·k (NVIDIA go-gpuallocator). */
  readonly score: number;
}

/** Reads the cards. Ends with a value within its own deadline; one look at a time. */
export interface GpuProvider {
  inventory(): Promise<GpuInventory>;
}

/** A running container, of anybody, that the engine was told to give cards. */
export interface GpuClaim {
  readonly containerId: string;
  readonly containerName: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Uuids, indexes or CDI names as they stand there; 'all'; a number: so many, from 0 on. */
  readonly gpus: readonly string[] | 'all' | number;
}

/** A GPU that the host finds lost or unhealthy, whoever holds it. */
export interface SickGpu {
  readonly uuid: string;
  /** What a container may have of it: the GPU itself and its slices. */
  readonly ids: readonly string[];
  readonly state: 'unhealthy' | 'lost';
  /** `GPU 3 (H100) is lost: the driver says: GPU is lost`. */
  readonly text: string;
}

/** How cards get into a container. */
export type GpuInjection = 'device-request' | 'cdi' | 'runtime' | 'none';

/** What an environment asks for. */
export interface GpuWish {
  /** 'all': every card that it may have at all. */
  readonly count: number | 'all';
  /** Of one card or slice, in bytes. */
  readonly memory: {
    readonly compare: '>=' | '>' | '<=' | '<' | '=';
    readonly bytes: number;
  } | null;
  /** Any of these, as a part of the model's name in any case; empty: any model. */
  readonly models: readonly string[];
  /** Indexes and uuids; empty: any. */
  readonly devices: readonly string[];
  /** Profile of a MIG slice; null: whole cards. */
  readonly mig: string | null;
  readonly sharing: GpuSharing;
  /** Starts without where none is free. */
  readonly optional: boolean;
}

export type GpuSharing = 'exclusive' | 'shared';

/** A row of `gpu_allocations` that gives a card, or a slice of it, to somebody. */
export interface GpuLease {
  readonly gpuUuid: string;
  /** null: the whole card. */
  readonly migUuid: string | null;
  /** nvidia-smi's number now; below 0: the card is not there. */
  readonly index: number;
  readonly containerName: string;
  /** null: a row that a person wrote. */
  readonly key: EnvironmentKey | null;
  readonly sharing: GpuSharing;
  /** false: no longer part of the grant, but the container that had it was not yet seen to be gone. */
  readonly current: boolean;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What a container is told and an allocation is known by: the slice where there is one. */
export const deviceId = ({ gpuUuid, migUuid }: Pick<GpuLease, 'gpuUuid' | 'migUuid'>): string =>
  migUuid ?? gpuUuid;

/** A person, or MLEnv on account of its health, takes a card out of the pool for new work. */
export interface GpuCordon {
  readonly gpuUuid: string;
  readonly by: string;
  readonly why: string;
  readonly at: number;
}

/** Why a card is not to be given out, in `gpu_allocations` so that the document's query leaves it out. */
export interface GpuMark {
  readonly gpuUuid: string;
  readonly kind: 'foreign' | 'cordoned' | 'unhealthy' | 'excluded' | 'mig';
  /** `used by container jupyter-bob`, `cordoned by root: fan`, `reserved for ada`. */
  readonly text: string;
}
