import type { Result } from './failure.ts';
import type { Session, UsagePoint } from './idle.ts';

export interface MetricsConfig {
  /** Between two samples of what containers and the host use; null: none are taken. */
  readonly everyMs: number | null;
  /** GET /metrics at `listen`, for Prometheus. */
  readonly prometheus: boolean;
  /** File with the token that a scrape has to bear; null: whoever reaches the address may scrape. */
  readonly tokenFile: string | null;
}

/**
 * One look at what a container used since its start. null: cannot be told, which is never 0.
 * A rate lies between two readings of one `run` alone.
 */
export interface UsageReading {
  /** When it was read, in milliseconds of a clock that is never set. */
  readonly atMs: number;
  /** Who counted, and since which start: counters of two runs cannot be compared. */
  readonly run: string;
  readonly cpuNs: number | null;
  /** Without pages of files that could be dropped at once. */
  readonly memoryBytes: number | null;
  /** null: no limit, or it cannot be told. */
  readonly memoryLimitBytes: number | null;
  readonly diskReadBytes: number | null;
  readonly diskWriteBytes: number | null;
  readonly networkRxBytes: number | null;
  readonly networkTxBytes: number | null;
}

/** A container that runs, by the record. */
export interface RunningContainer {
  readonly containerId: string;
  readonly containerName: string;
  /** Milliseconds since the epoch; null: not known. */
  readonly startedAt: number | null;
}

/** Reads usage within its own deadline. What could not be read is not in the answer; nobody more is asked once the signal fires. */
export interface UsageReader {
  read(
    containers: readonly RunningContainer[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, UsageReading>>;
}

/** What the engine itself tells of usage; every call ends by its deadline. */
export interface EngineUsage {
  /** On the engine's machine; null: it does not run. */
  pid(containerId: string): Promise<Result<number | null>>;
  /** Slow on old engines: about a second a call. */
  usage(containerId: string): Promise<Result<UsageReading>>;
  sessions(containerId: string): Promise<Result<readonly Session[]>>;
}

/** A row of `resource_metrics`. null: not known. */
export interface UsageSample {
  readonly containerId: string;
  /** 100 is one core. */
  readonly cpuPercent: number | null;
  readonly memoryBytes: number | null;
  /** Of the container's limit, or of the host without one. */
  readonly memoryPercent: number | null;
  /** By index; empty: it has none. */
  readonly gpus: readonly GpuUse[] | null;
  /** Since the container's start, as are those below. */
  readonly diskReadBytes: number | null;
  readonly diskWriteBytes: number | null;
  readonly networkRxBytes: number | null;
  readonly networkTxBytes: number | null;
}

export interface GpuUse {
  readonly uuid: string;
  readonly index: number;
  /** Percent. */
  readonly utilization: number | null;
  readonly memoryBytes: number | null;
}

/** A row of `system_snapshots`. */
export interface HostSample {
  readonly cpuPercent: number | null;
  readonly cores: number;
  readonly memoryTotalBytes: number | null;
  readonly memoryAvailableBytes: number | null;
  readonly load1: number | null;
  readonly load5: number | null;
  readonly load15: number | null;
  readonly gpus: readonly GpuUse[] | null;
}

/** One pass of the sampler, for who wants to know what is used now. */
export interface PassTaken {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly host: HostSample;
  readonly containers: readonly {
    readonly containerName: string;
    readonly sample: UsageSample;
    /** null: it could not be read. */
    readonly reading: UsageReading | null;
  }[];
}

/** The document's `resource_metrics` and `system_snapshots`, and the averages in `container_instances`. */
export interface MetricsTable {
  running(): readonly RunningContainer[];
  /** Newest first, read as far as somebody asks. */
  newest(containerId: string): Iterable<UsagePoint>;
  /** All of one pass. Averages count from each container's last start. */
  record(pass: {
    /** Milliseconds since the epoch. */
    readonly at: number;
    readonly host: HostSample | null;
    readonly samples: readonly UsageSample[];
  }): void;
}
