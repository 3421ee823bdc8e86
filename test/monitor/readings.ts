import type { UsageReading } from '../../controller/model/metrics.ts';

export const reading = (over: Partial<UsageReading> = {}): UsageReading => ({
  atMs: 0,
  run: 'a',
  cpuNs: null,
  memoryBytes: null,
  memoryLimitBytes: null,
  diskReadBytes: null,
  diskWriteBytes: null,
  networkRxBytes: null,
  networkTxBytes: null,
  ...over,
});
