import type {
  AdmissionAnswer,
  AdmissionRequest,
  GpuPool,
  Ledger,
} from '../../controller/admission/gate.ts';
import { defaultHostConfig } from '../../controller/model/config.ts';
import type { Environment, PortWish } from '../../controller/model/environment.ts';
import { noUsage } from '../../controller/admission/gate.ts';
import { wish } from './plan-builders.ts';
import { environmentKey } from '../../controller/model/key.ts';
import type { PortLease, ProjectQuota } from '../../controller/model/record.ts';

export const path = '/home/ada/vision';

/** Parts of the wish may stand beside the request's own. */
type RequestOver = Partial<Omit<AdmissionRequest, 'wish'>> &
  Partial<Pick<Environment, 'ports' | 'gpus' | 'priority'>>;

export const request = ({
  ports = [],
  gpus = null,
  priority = 0,
  ...over
}: RequestOver = {}): AdmissionRequest => {
  const projectId = over.projectId ?? 'p1';
  const environment = over.environment ?? 'notebook';
  return {
    key: environmentKey({ projectId, environment }),
    projectId,
    environment,
    projectPath: path,
    ownerUid: 1000,
    raw: {},
    owner: 'ada',
    requestedAt: 0,
    wish: wish({ ports, gpus, priority }),
    cpus: 0,
    memoryBytes: 0,
    held: noUsage,
    prefers: [],
    ...over,
  };
};

export const noCards: GpuPool = { state: 'none', why: 'no card', devices: [], link: () => 0 };

export const ledger = (over: Partial<Ledger> = {}): Ledger => ({
  leases: [],
  quotas: new Map(),
  owners: new Map(),
  usage: new Map(),
  pool: noCards,
  host: null,
  queue: { order: 'best-effort', reserveAfterMs: 600_000 },
  policy: defaultHostConfig.policy,
  now: 0,
  timeText: (at) => `t${at}`,
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
  overrides: {},
  defaulted: {},
  ...over,
});

export const quotas = (over: Partial<ProjectQuota>): Ledger['quotas'] =>
  new Map([[path, quota(over)]]);

/** `grant 8888 20000`, or `wait Reason: message` */
export const told = (answer: AdmissionAnswer | undefined): string => {
  if (answer === undefined) return 'no answer';
  return answer.kind === 'grant'
    ? ['grant', ...answer.leases.map(({ host }) => host)].join(' ')
    : `${answer.kind} ${answer.reason}: ${answer.message}`;
};
