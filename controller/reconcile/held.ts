import type { Usage } from '../admission/gate.ts';
import type { EnvironmentRecord } from '../model/record.ts';

/** What one environment counts for: its container until that is gone, the rest while it is granted. */
export const heldBy = (record: EnvironmentRecord, gpus: number): Usage => {
  const granted = record.grantedAt !== null;
  return {
    containers: record.containerId !== null || granted ? 1 : 0,
    cpus: granted ? (record.grantedCpus ?? 0) : 0,
    memoryBytes: granted ? (record.grantedMemoryBytes ?? 0) : 0,
    gpus,
  };
};
