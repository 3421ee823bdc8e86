import type { SampledEnvironment } from './store-upkeep.ts';

/** What was used, read back from samples, hours and leases. Nothing here writes. Times are milliseconds since the epoch. */
export interface UsageTable {
  /** Every environment whose container runs by the record, each with its newest samples. */
  running(samples: number): readonly RunningUse[];
  /** The newest look at the host; null: there was none. */
  host(): HostUse | null;
  /** Of samples, one point for each span of `everyMs` in which there is one. */
  samples(of: SampledEnvironment, span: PointSpan): readonly UsagePoint[];
  /** The same of hours that are counted; `everyMs` is whole hours. */
  hours(of: SampledEnvironment, span: PointSpan): readonly UsagePoint[];
  /** When the oldest hour begins that is counted of it; null: none is. */
  oldestHour(of: SampledEnvironment): number | null;
  /** Every environment that has an hour, or may have samples in the span. Sums are asked one by one, as a year of all takes seconds. */
  spenders(span: Span): readonly SampledEnvironment[];
  /** Sums over samples; null: there is none. */
  spentBySamples(of: SampledEnvironment, span: Span): UsageSpent | null;
  /** Sums over hours that are counted; the span is whole hours. */
  spentByHours(of: SampledEnvironment, span: Span): UsageSpent | null;
  /** How long cards were held; a lease that goes on counts up to the span's end. */
  leased(span: Span): readonly GpuHeld[];
}

export interface Span {
  readonly from: number;
  /** Not in it. */
  readonly to: number;
}

export interface PointSpan extends Span {
  readonly everyMs: number;
}

export interface RunningUse extends SampledEnvironment {
  readonly containerId: string;
  /** Cores and bytes; null: no limit. */
  readonly cpuLimit: number | null;
  readonly memoryLimitBytes: number | null;
  /** Newest last, none from before its start. */
  readonly samples: readonly StoredSample[];
}

/** null: not known. */
export interface StoredSample {
  readonly at: number;
  readonly cpuPercent: number | null;
  readonly memoryBytes: number | null;
  readonly gpus: readonly StoredGpuUse[] | null;
  /** Since the container's start, as are those below. */
  readonly diskReadBytes: number | null;
  readonly diskWriteBytes: number | null;
  readonly networkRxBytes: number | null;
  readonly networkTxBytes: number | null;
}

export interface StoredGpuUse {
  readonly index: number;
  /** Percent. */
  readonly utilization: number | null;
  readonly memoryBytes: number | null;
}

export interface HostUse {
  readonly at: number;
  readonly cpuPercent: number | null;
  readonly cores: number | null;
  readonly memoryUsedBytes: number | null;
  readonly memoryTotalBytes: number | null;
  readonly load1: number | null;
  readonly load5: number | null;
  readonly load15: number | null;
}

/** Means over the point's span, and what was moved in it. null: not known. */
export interface UsagePoint {
  /** When its span begins. */
  readonly at: number;
  readonly cpuPercent: number | null;
  readonly memoryBytes: number | null;
  /** Percent of a card, over all cards of which it was known. */
  readonly gpuUtilization: number | null;
  /** Sum over its cards; null also where only hours are kept. */
  readonly gpuMemoryBytes: number | null;
  readonly networkRxBytes: number | null;
  readonly networkTxBytes: number | null;
  readonly diskReadBytes: number | null;
  readonly diskWriteBytes: number | null;
}

interface OfEnvironment extends SampledEnvironment {
  /** As it was called and whose it was when it was seen last; null: not known. */
  readonly projectName: string | null;
  readonly projectPath: string | null;
  readonly userId: number | null;
  /** When that was. */
  readonly lastAt: number;
}

export interface UsageSpent extends OfEnvironment {
  readonly measuredHours: number;
  readonly cpuHours: number;
  readonly memoryGibHours: number;
  /** Card hours in which the utilization was known. */
  readonly gpuHoursMeasured: number;
  readonly gpuHoursUsed: number;
  /** Card hours that were held and that `leased` does not tell, as they are older than its table. */
  readonly gpuHoursUnleased: number;
}

export interface GpuHeld extends OfEnvironment {
  readonly gpuHours: number;
}
