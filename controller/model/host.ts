/** One look at the load of this host. null: could not be read, and then it stops nobody. */
export interface HostReading {
  /** Milliseconds since the epoch. */
  readonly readAt: number;
  readonly cores: number;
  /** Percent of the whole host since the look before. */
  readonly cpuPercent: number | null;
  /** Load average of one, five and fifteen minutes. */
  readonly load1: number | null;
  readonly load5: number | null;
  readonly load15: number | null;
  readonly memoryTotalBytes: number | null;
  readonly memoryAvailableBytes: number | null;
  readonly disks: readonly HostDisk[];
}

export interface HostDisk {
  /** What lies there, for people: `the engine's root /var/lib/docker`. */
  readonly what: string;
  readonly totalBytes: number;
  readonly freeBytes: number;
}

/** Reads the load within its own deadline and without holding the process up. */
export interface HostLoad {
  read(): Promise<HostReading>;
}
