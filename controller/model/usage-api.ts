import type { EnvironmentRef } from './api.ts';
import type { HostUse, StoredGpuUse, UsagePoint } from './store-usage.ts';

/** `mlenv top -o json` */
export interface TopReport {
  /** A controller runs; without one nothing is sampled, and there are no items. */
  readonly watched: boolean;
  /** ISO 8601 UTC; the newest look at the host; null: there was none. */
  readonly sampledAt: string | null;
  /** Between two samples; null: none are taken (`metrics.interval`). */
  readonly everyMs: number | null;
  readonly host: TopHost | null;
  readonly items: readonly TopItem[];
}

export interface TopHost extends Omit<HostUse, 'at'> {
  readonly gpus: number;
  /** Leased, whole or in part. */
  readonly gpusHeld: number;
}

/** One environment that runs. null: not known. */
export interface TopItem {
  readonly project: string;
  readonly projectPath: string;
  readonly environment: string;
  readonly owner: string | null;
  /** ISO 8601 UTC; null: no sample yet that is young enough to say anything of now. */
  readonly sampledAt: string | null;
  /** 100 is one core. */
  readonly cpuPercent: number | null;
  /** Cores. */
  readonly cpuLimit: number | null;
  readonly memoryBytes: number | null;
  readonly memoryLimitBytes: number | null;
  readonly gpus: readonly StoredGpuUse[] | null;
  readonly networkRxBytesPerSecond: number | null;
  readonly networkTxBytesPerSecond: number | null;
  readonly diskReadBytesPerSecond: number | null;
  readonly diskWriteBytesPerSecond: number | null;
  /** Percent, newest last. */
  readonly recentCpu: readonly (number | null)[];
  /** Mean percent over its cards; empty: it has none. */
  readonly recentGpu: readonly (number | null)[];
}

/** `mlenv metrics` */
export interface SeriesQuery {
  readonly ref: EnvironmentRef;
  /** ISO 8601 UTC. */
  readonly since: string;
  readonly until: string;
  /** null: as fine as fits about sixty points. */
  readonly everyMs: number | null;
}

/** `mlenv metrics -o json` */
export interface SeriesReport {
  readonly project: string;
  readonly environment: string;
  readonly since: string;
  readonly until: string;
  readonly everyMs: number;
  /** What it was made from: samples, or, for what is older than those, whole hours. */
  readonly resolution: 'samples' | 'hours';
  /** Oldest first; a span in which nothing was measured has none. */
  readonly points: readonly SeriesPoint[];
}

export type SeriesPoint = Omit<UsagePoint, 'at'> & {
  /** ISO 8601 UTC; when its span begins. */
  readonly at: string;
};

export type ReportBy = 'user' | 'project' | 'environment';

/** `mlenv report` */
export interface ReportQuery {
  /** ISO 8601 UTC. */
  readonly since: string;
  readonly by: ReportBy;
}

/** `mlenv report -o json`; most GPU hours wasted first. */
export interface UsageReport {
  readonly by: ReportBy;
  /** ISO 8601 UTC; a whole hour where it is more than a day. */
  readonly since: string;
  readonly until: string;
  readonly items: readonly UsageItem[];
  readonly total: UsageFigures;
}

export interface UsageItem extends UsageFigures {
  /** Login name, or uid; null: not known. */
  readonly user: string | null;
  /** null: of all of that user's. */
  readonly project: string | null;
  /** null: of all of that project's. */
  readonly environment: string | null;
}

/** Held is used, wasted and unknown together. */
export interface UsageFigures {
  readonly gpuHoursHeld: number;
  readonly gpuHoursUsed: number;
  /** Held, measured, and not used. */
  readonly gpuHoursWasted: number;
  /** Of what was measured; null: nothing was. */
  readonly wastePercent: number | null;
  /** Held, and nobody measured: no controller ran, no container yet, or the driver does not tell. */
  readonly gpuHoursUnknown: number;
  readonly cpuHours: number;
  readonly memoryGibHours: number;
  /** In which its container was measured; CPU and memory are of these alone. */
  readonly measuredHours: number;
}
