import { admit, wait, type AdmissionRequest, type GateAnswer, type Usage } from './gate.ts';
import type { ProjectQuota } from '../model/record.ts';

const gib = 2 ** 30;
/** Tenths of a core do not add up exactly. */
const rounding = 1e-9;

export interface QuotaState {
  /** null: the project has none. */
  readonly quota: ProjectQuota | null;
  /** Of the whole project, with what the request holds already. */
  readonly used: Usage;
}

/**
 * The project's row in project_quotas. Containers count until deleted, the rest while reserved or
 * running. Who asks for no more than it holds passes, also where the quota was lowered below that.
 */
export const quotaGate = (
  request: Pick<AdmissionRequest, 'cpus' | 'memoryBytes' | 'held'>,
  gpus: number,
  { quota, used }: QuotaState,
): GateAnswer => {
  if (quota === null) return admit;
  const { cpus, memoryBytes, held } = request;
  const rows = [
    {
      what: 'containers',
      limit: quota.maxContainers,
      used: used.containers,
      held: held.containers,
      asked: 1,
      unit: 1,
    },
    {
      what: 'CPU cores',
      field: 'cpus',
      limit: quota.maxCpuCores,
      used: used.cpus,
      held: held.cpus,
      asked: cpus,
      unit: 1,
    },
    {
      what: 'GB of memory',
      field: 'memory',
      limit: quota.maxMemoryGb,
      used: used.memoryBytes,
      held: held.memoryBytes,
      asked: memoryBytes,
      unit: gib,
    },
    { what: 'GPUs', limit: quota.maxGpus, used: used.gpus, held: held.gpus, asked: gpus, unit: 1 },
  ];
  for (const { what, field, limit, used: inUse, held: own, asked, unit } of rows) {
    if (limit === null) continue;
    if (asked === null) {
      return wait(
        'QuotaExceeded',
        `the project's quota counts ${what}, and the file sets no limit: say ${field ?? what} in mlenv.yaml`,
      );
    }
    if (asked <= own || (inUse - own + asked) / unit <= limit + rounding) continue;
    return wait(
      'QuotaExceeded',
      asked / unit > limit + rounding
        ? `this needs ${round(asked / unit)} ${what} and the project may have ${round(limit)} in all`
        : `the project has ${round((inUse - own) / unit)} of ${round(limit)} ${what} in use and this needs ${round(asked / unit)}`,
    );
  }
  return admit;
};

export const plus = (a: Usage, b: Usage): Usage => ({
  containers: a.containers + b.containers,
  cpus: a.cpus + b.cpus,
  memoryBytes: a.memoryBytes + b.memoryBytes,
  gpus: a.gpus + b.gpus,
});

export const minus = (a: Usage, b: Usage): Usage => ({
  containers: a.containers - b.containers,
  cpus: a.cpus - b.cpus,
  memoryBytes: a.memoryBytes - b.memoryBytes,
  gpus: a.gpus - b.gpus,
});

const round = (value: number): string => String(Math.round(value * 100) / 100);
