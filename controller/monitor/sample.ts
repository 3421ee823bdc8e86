import type { UsageReading, UsageSample } from '../model/metrics.ts';

export interface SampleInput {
  /** null: the first look, or the one before failed. */
  readonly before: UsageReading | null;
  /** null: it could not be read. */
  readonly now: UsageReading | null;
  readonly hostMemoryBytes: number | null;
}

/** Two readings → one sample. Only what is a rate needs both. */
export const sampleOf = ({
  before,
  now,
  hostMemoryBytes,
}: SampleInput): Omit<UsageSample, 'containerId' | 'gpus'> => ({
  cpuPercent: before === null || now === null ? null : cpuPercent(before, now),
  memoryBytes: now?.memoryBytes ?? null,
  memoryPercent: now === null ? null : memoryPercent(now, hostMemoryBytes),
  diskReadBytes: now?.diskReadBytes ?? null,
  diskWriteBytes: now?.diskWriteBytes ?? null,
  networkRxBytes: now?.networkRxBytes ?? null,
  networkTxBytes: now?.networkTxBytes ?? null,
});

const nsPerMs = 1e6;

/** null: it was started again in between, counters went back, or no time passed. */
const cpuPercent = (before: UsageReading, now: UsageReading): number | null => {
  if (before.cpuNs === null || now.cpuNs === null || before.run !== now.run) return null;
  const [passedMs, usedNs] = [now.atMs - before.atMs, now.cpuNs - before.cpuNs];
  return passedMs <= 0 || usedNs < 0 ? null : (100 * usedNs) / (passedMs * nsPerMs);
};

/** A limit above what the host has limits nothing. */
const memoryPercent = (now: UsageReading, hostBytes: number | null): number | null => {
  const most = Math.min(now.memoryLimitBytes ?? Infinity, hostBytes ?? Infinity);
  return now.memoryBytes === null || !Number.isFinite(most) || most <= 0
    ? null
    : (100 * now.memoryBytes) / most;
};
