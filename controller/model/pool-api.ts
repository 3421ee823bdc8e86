export const gpuStates = [
  'free',
  'held',
  'shared',
  'foreign',
  'cordoned',
  'unhealthy',
  'lost',
  'excluded',
  'reserved',
  'mig',
] as const;

export type GpuState = (typeof gpuStates)[number];

/** `mlenv gpu -o json` */
export interface GpuReport {
  readonly state: 'known' | 'none' | 'unknown';
  /** Why the cards are not known, or there are none; '' where known. */
  readonly why: string;
  readonly todo: string;
  readonly driver: string | null;
  readonly cuda: string | null;
  /** ISO 8601 UTC; null: not read yet. */
  readonly readAt: string | null;
  readonly gpus: readonly GpuItem[];
  readonly links: readonly { readonly from: number; readonly to: number; readonly kind: string }[];
  readonly warnings: readonly string[];
}

export interface GpuItem {
  readonly index: number;
  readonly uuid: string;
  readonly model: string;
  /** `free`, `held`, `shared`, `foreign`, `cordoned`, `unhealthy`, `excluded`, `reserved`, `mig`, `lost` */
  readonly state: string;
  /** Why it is not offered, or for whom it is reserved; ''. */
  readonly why: string;
  readonly holders: readonly GpuHolder[];
  readonly memoryTotalBytes: number | null;
  readonly memoryUsedBytes: number | null;
  readonly utilization: number | null;
  readonly temperatureC: number | null;
  readonly powerW: number | null;
  readonly powerLimitW: number | null;
  readonly processes: readonly {
    readonly pid: number;
    readonly name: string;
    readonly user: string | null;
    readonly memoryBytes: number | null;
    /** `PROJECT/ENV` of ours; null: not ours, or not known. */
    readonly environment: string | null;
  }[];
  readonly slices: readonly {
    readonly uuid: string;
    readonly profile: string;
    readonly holders: readonly GpuHolder[];
  }[];
  /** How many may share it; 1: one at a time. */
  readonly slots: number;
}

export interface GpuHolder {
  /** null: a row that a person wrote into gpu_allocations. */
  readonly project: string | null;
  readonly environment: string | null;
  readonly containerName: string;
  readonly owner: string | null;
  /** ISO 8601 UTC. */
  readonly since: string;
}

export interface CordonRequest {
  /** Index or uuid, or the beginning of one. */
  readonly gpu: string;
  readonly why: string;
  readonly by: string;
}

/** `mlenv queue -o json`: who waits, in the order in which they are served. */
export interface QueueReport {
  readonly order: 'strict' | 'best-effort';
  readonly items: readonly {
    readonly place: number;
    readonly project: string;
    readonly projectPath: string;
    readonly environment: string;
    readonly priority: number;
    readonly asks: string;
    /** ISO 8601 UTC. */
    readonly since: string;
    readonly reason: string;
    readonly message: string;
  }[];
}
