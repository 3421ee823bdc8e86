import { defaultHostConfig, type HostConfig } from './config.ts';
import { noLimits } from './quota.ts';

/** What holds where no file says otherwise in a user's own instance, which starts what the engine itself would. */
export const ownHostConfig: HostConfig = {
  ...defaultHostConfig,
  own: true,
  start: { usual: 'automatic', roots: [] },
  host: {
    memoryPercent: null,
    cpuPercent: null,
    freeMemory: null,
    loadPerCore: null,
    freeDisk: null,
  },
  quotas: { ...defaultHostConfig.quotas, project: { ...noLimits, containers: 'unlimited' } },
};
