import {
  admit,
  noUsage,
  wait,
  type AdmissionRequest,
  type GateAnswer,
  type Ledger,
} from './gate.ts';

const gib = 2 ** 30;
/** Tenths of a core do not add up exactly. */
const rounding = 1e-9;

/** The project's row in project_quotas. Containers count until deleted, the rest while reserved or running. */
export const quotaGate = (request: AdmissionRequest, ledger: Ledger): GateAnswer => {
  const quota = ledger.quotas.get(request.projectPath);
  if (quota === undefined) return admit;
  const used = ledger.usage.get(request.projectPath) ?? noUsage;
  const limits = [
    {
      what: 'containers',
      limit: quota.maxContainers,
      used: used.containers,
      asked: request.hasContainer ? 0 : 1,
    },
    { what: 'CPU cores', limit: quota.maxCpuCores, used: used.cpus, asked: request.cpus },
    {
      what: 'GB of memory',
      limit: quota.maxMemoryGb,
      used: used.memoryBytes / gib,
      asked: request.memoryBytes / gib,
    },
  ];
  for (const { what, limit, used: inUse, asked } of limits) {
    if (limit !== null && asked > 0 && inUse + asked > limit + rounding) {
      return wait(
        'QuotaExceeded',
        `the project has ${round(inUse)} of ${round(limit)} ${what} in use and this needs ${round(asked)}`,
      );
    }
  }
  return admit;
};

const round = (value: number): string => String(Math.round(value * 100) / 100);
