import type { AdmissionAnswer } from '../../controller/admission/admission.ts';
import type { AdmissionRequest, Ledger } from '../../controller/admission/gate.ts';
import type { PortWish } from '../../controller/model/environment.ts';
import { environmentKey } from '../../controller/model/key.ts';
import type { PortLease, ProjectQuota } from '../../controller/model/record.ts';

export const path = '/home/ada/vision';

export const request = (over: Partial<AdmissionRequest> = {}): AdmissionRequest => {
  const projectId = over.projectId ?? 'p1';
  const environment = over.environment ?? 'notebook';
  return {
    key: environmentKey({ projectId, environment }),
    projectId,
    environment,
    projectPath: path,
    requestedAt: 0,
    ports: [],
    cpus: 0,
    memoryBytes: 0,
    hasContainer: false,
    ...over,
  };
};

export const ledger = (over: Partial<Ledger> = {}): Ledger => ({
  leases: [],
  quotas: new Map(),
  usage: new Map(),
  busy: [],
  projectName: (id) => (id === 'p1' ? 'vision' : id),
  autoPorts: { from: 20_000, to: 20_009 },
  ...over,
});

export const port = (over: Partial<PortWish> = {}): PortWish => ({
  container: 8888,
  protocol: 'tcp',
  host: 8888,
  hostIp: '127.0.0.1',
  ...over,
});

export const lease = (over: Partial<PortLease> = {}): PortLease => ({
  projectId: 'p1',
  environment: 'notebook',
  container: 8888,
  protocol: 'tcp',
  hostIp: '127.0.0.1',
  host: 8888,
  auto: false,
  ...over,
});

export const quota = (over: Partial<ProjectQuota> = {}): ProjectQuota => ({
  projectPath: path,
  maxContainers: null,
  maxCpuCores: null,
  maxMemoryGb: null,
  maxGpus: null,
  currentContainers: 0,
  currentCpuCores: 0,
  currentMemoryGb: 0,
  currentGpus: 0,
  ...over,
});

export const quotas = (over: Partial<ProjectQuota>): Ledger['quotas'] =>
  new Map([[path, quota(over)]]);

/** `grant 8888 20000`, or `wait Reason: message` */
export const told = (answer: AdmissionAnswer | undefined): string => {
  if (answer === undefined) return 'no answer';
  return answer.kind === 'grant'
    ? ['grant', ...answer.leases.map(({ host }) => host)].join(' ')
    : `wait ${answer.reason}: ${answer.message}`;
};
