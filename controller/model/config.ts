import { defaultSettings, type Settings } from './context.ts';
import type { GpuInjection } from './gpu.ts';

/** One host's configuration with all defaults laid in: what /etc/mlenv/config.yaml says, in numbers. */
export interface HostConfig {
  readonly settings: Settings;
  /** Folders in and below which projects are found, absolute. */
  readonly watch: readonly string[];
  readonly gpu: GpuConfig;
  /** For environments that say nothing; null: no limit. */
  readonly defaults: { readonly cpus: number | null; readonly memoryBytes: number | null };
  readonly host: HostThresholds;
  readonly queue: QueueConfig;
}

export interface GpuConfig {
  /** Path or name of the program; null: this host is run without cards. */
  readonly nvidiaSmi: string | null;
  readonly injection: GpuInjection | 'auto';
  readonly pollMs: number;
  /** nvidia-smi is killed after it. */
  readonly timeoutMs: number;
  /** A card with more than this in use by nobody known is busy. */
  readonly foreignMemoryBytes: number;
  /** Good looks in a row after which an unhealthy card is offered again. */
  readonly recoverAfter: number;
  /** Indexes or uuids, as text. */
  readonly exclude: readonly string[];
  readonly shared: readonly { readonly gpus: readonly string[]; readonly slots: number }[];
  readonly reserved: readonly GpuReservation[];
}

export interface GpuReservation {
  readonly gpus: readonly string[];
  readonly for: {
    /** Folders of projects, absolute. */
    readonly projects: readonly string[];
    /** Login names of owners of projects, or their uids as text. */
    readonly users: readonly string[];
  };
}

/** null: this threshold is off. Percentages from 0 to 100. */
export interface HostThresholds {
  readonly memoryPercent: number | null;
  readonly cpuPercent: number | null;
  readonly freeMemoryBytes: number | null;
  /** Load average of one minute, as a multiple of the cores. */
  readonly loadPerCore: number | null;
  /** Least free space on the engine's root and the state folder. */
  readonly freeDiskPercent: number | null;
}

export interface QueueConfig {
  /**
   * - `strict`: nobody passes the one before who waits for the same cards.
   * - `best-effort`: who fits may pass, until the one before has waited `reserveAfterMs`; then cards are kept for it.
   */
  readonly order: 'strict' | 'best-effort';
  readonly reserveAfterMs: number;
}

/** The configuration as it is now: a good edit takes its place, a bad one leaves it. */
export interface ConfigSource {
  current(): HostConfig;
}

/** What holds where no file says otherwise. */
export const defaultHostConfig: HostConfig = {
  settings: defaultSettings,
  watch: [],
  gpu: {
    nvidiaSmi: 'nvidia-smi',
    injection: 'auto',
    pollMs: 30_000,
    timeoutMs: 10_000,
    foreignMemoryBytes: 2 ** 30,
    recoverAfter: 3,
    exclude: [],
    shared: [],
    reserved: [],
  },
  defaults: { cpus: null, memoryBytes: null },
  host: {
    memoryPercent: 85,
    cpuPercent: 90,
    freeMemoryBytes: 4 * 2 ** 30,
    loadPerCore: 2,
    freeDiskPercent: 5,
  },
  queue: { order: 'best-effort', reserveAfterMs: 600_000 },
};
