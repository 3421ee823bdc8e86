import type {
  SeriesPoint,
  SeriesReport,
  TopItem,
  TopReport,
  UsageFigures,
  UsageItem,
  UsageReport,
} from '../../controller/model/usage-api.ts';

const gib = 2 ** 30;

export const topItem = (changes: Partial<TopItem> = {}): TopItem => ({
  project: 'vision',
  projectPath: '/srv/vision',
  environment: 'train',
  owner: 'ada',
  sampledAt: '2025-01-01T00:00:56.000Z',
  cpuPercent: 150,
  cpuLimit: 4,
  memoryBytes: 12 * gib,
  memoryLimitBytes: 32 * gib,
  gpus: [{ index: 0, utilization: 97, memoryBytes: 8 * gib }],
  networkRxBytesPerSecond: 2048,
  networkTxBytesPerSecond: 0,
  diskReadBytesPerSecond: null,
  diskWriteBytesPerSecond: null,
  recentCpu: [100, 150],
  recentGpu: [0, 97],
  ...changes,
});

/** Four seconds before the fake terminal's first look at its clock. */
export const topReport = (
  items: readonly TopItem[] = [],
  changes: Partial<TopReport> = {},
): TopReport => ({
  watched: true,
  sampledAt: '2025-01-01T00:00:56.000Z',
  everyMs: 30_000,
  host: {
    cpuPercent: 12,
    cores: 16,
    memoryUsedBytes: 31 * gib,
    memoryTotalBytes: 64 * gib,
    load1: 1.2,
    load5: 0.8,
    load15: null,
    gpus: 8,
    gpusHeld: 3,
  },
  items,
  ...changes,
});

export const seriesPoint = (changes: Partial<SeriesPoint> = {}): SeriesPoint => ({
  at: '2025-01-01T00:00:00.000Z',
  cpuPercent: 150,
  memoryBytes: 12 * gib,
  gpuUtilization: 97,
  gpuMemoryBytes: 8 * gib,
  networkRxBytes: 2048,
  networkTxBytes: 0,
  diskReadBytes: null,
  diskWriteBytes: null,
  ...changes,
});

export const seriesReport = (
  points: readonly SeriesPoint[] = [],
  changes: Partial<SeriesReport> = {},
): SeriesReport => ({
  project: 'vision',
  environment: 'train',
  since: '2025-01-01T00:00:00.000Z',
  until: '2025-01-01T00:01:00.000Z',
  everyMs: 30_000,
  resolution: 'samples',
  points,
  ...changes,
});

export const usageFigures = (changes: Partial<UsageFigures> = {}): UsageFigures => ({
  gpuHoursHeld: 100,
  gpuHoursUsed: 30,
  gpuHoursWasted: 60,
  wastePercent: 66.7,
  gpuHoursUnknown: 10,
  cpuHours: 400,
  memoryGibHours: 1000.25,
  measuredHours: 90,
  ...changes,
});

export const usageItem = (changes: Partial<UsageItem> = {}): UsageItem => ({
  user: 'ada',
  project: 'vision',
  environment: null,
  ...usageFigures(),
  ...changes,
});

export const usageReport = (...items: readonly UsageItem[]): UsageReport => ({
  by: 'project',
  since: '2024-12-02T00:00:00.000Z',
  until: '2025-01-01T00:01:00.000Z',
  items,
  total: usageFigures(),
});
