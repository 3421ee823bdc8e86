import type {
  ContainerConfig,
  ImageDefaults,
  ObservedContainer,
} from '../../controller/model/container.ts';
import { defaultSettings, type ProjectContext } from '../../controller/model/context.ts';
import type { Environment } from '../../controller/model/environment.ts';
import type { GpuLease, GpuWish } from '../../controller/model/gpu.ts';
import type { EnvironmentRecord, PortLease } from '../../controller/model/record.ts';
import type { KnownSnapshot } from '../../controller/model/snapshot.ts';
import { desiredContainer } from '../../controller/plan/desired.ts';
import { gatherFacts, type PlanInput, type Wish } from '../../controller/plan/input.ts';

/** 2026-03-01 12:00:00 UTC. */
export const noon = Date.UTC(2026, 2, 1, 12);
export const seconds = (count: number): number => count * 1000;
export const minutes = (count: number): number => count * 60_000;

export const settings = defaultSettings;

export const context = (over: Partial<ProjectContext> = {}): ProjectContext => ({
  instance: 'host-a',
  projectId: '00112233aabbccdd',
  project: 'vision',
  path: '/home/ada/vision',
  folder: '/home/ada/vision',
  owner: { uid: 1000, gid: 1000 },
  ownerName: 'ada',
  revision: '',
  driftPolicy: 'repair',
  raisesLimits: true,
  injection: 'device-request',
  level: 'baseline',
  secretsRoot: '/run/mlenv/secrets',
  ...over,
});

export const wish = (over: Partial<Environment> = {}): Environment => ({
  name: 'notebook',
  image: 'pytorch:24.05',
  asked: 'pytorch:24.05',
  choice: null,
  pull: 'missing',
  entrypoint: null,
  command: ['jupyter', 'lab'],
  init: true,
  workdir: null,
  user: { kind: 'host' },
  env: { HF_HOME: '/cache' },
  ports: [],
  workspace: { target: '/workspace', readOnly: false, update: 'keep' },
  mounts: [{ kind: 'volume', volume: 'hf-cache', target: '/cache', readOnly: false }],
  secrets: [],
  shmBytes: 2 ** 34,
  cpus: 8,
  memoryBytes: 2 ** 35,
  pids: null,
  gpus: null,
  onGpuLost: 'recreate',
  priority: 0,
  ulimits: [{ name: 'memlock', soft: -1, hard: -1, byDefault: true }],
  logs: { maxBytes: 50_000_000, maxFiles: 3 },
  network: true,
  health: null,
  restart: 'on-failure',
  restartLimit: null,
  timeoutMs: null,
  rerun: 'never',
  stopGraceMs: seconds(10),
  dependsOn: [],
  prunePolicy: 'keep-volumes',
  updates: 'auto',
  idle: 'default',
  maxLifetimeMs: null,
  state: 'running',
  labels: {},
  digest: 'mle1:01',
  ...over,
});

export const wanted = (over: Partial<Environment> = {}): Wish => ({
  kind: 'wanted',
  environment: wish(over),
});

export const record = (over: Partial<EnvironmentRecord> = {}): EnvironmentRecord => ({
  projectId: context().projectId,
  environment: 'notebook',
  uid: 'e1e2e3e4e5e6e7e8',
  raw: { image: 'pytorch:24.05' },
  digest: 'mle1:01',
  generation: 1,
  observedGeneration: 1,
  phase: 'running.healthy',
  reason: 'Running',
  message: '',
  containerId: 'c1',
  restarts: 0,
  lastFailure: '',
  nextAttemptAt: null,
  vanishedAt: null,
  vanishedBy: null,
  approval: null,
  restartRequestedAt: null,
  grantedAt: noon - minutes(60),
  grantedGeneration: over.generation ?? 1,
  grantedCpus: null,
  grantedMemoryBytes: null,
  requestedAt: null,
  handStop: null,
  unhealthySince: null,
  stopIntent: null,
  lastRun: null,
  oomSeen: null,
  startFailure: null,
  removingId: null,
  handRemovedAt: null,
  repairRequestedAt: null,
  anonymousVolumes: [],
  removeVolumes: false,
  createdAt: noon - minutes(60),
  ...over,
});

export const image = (over: Partial<ImageDefaults> = {}): ImageDefaults => ({
  id: 'sha256:5e7',
  entrypoint: ['/opt/entry.sh'],
  command: ['bash'],
  workdir: '/opt',
  user: '',
  env: { PATH: '/usr/bin', PYTHONUNBUFFERED: '1' },
  labels: { vendor: 'acme' },
  health: null,
  volumes: [],
  ...over,
});

/** A config in which something stands in nearly every field. */
export const configOf = (): ContainerConfig => {
  const asked = wish({
    ports: [{ container: 8888, protocol: 'tcp', host: 8888, hostIp: '127.0.0.1' }],
    env: { TOKEN: 'hunter2' },
    labels: { team: 'vision' },
    pids: 512,
  });
  return desiredContainer({
    wish: asked,
    record: record(),
    context: context(),
    leases: leasesFor(asked),
    gpuLeases: [],
    made: null,
  }).config;
};

/** A container of exactly this config, as an engine shows it: the image's values stand where the config has none. */
export const observed = (
  config: ContainerConfig,
  over: Partial<ObservedContainer> = {},
): ObservedContainer => {
  const from = over.image === undefined ? image() : over.image;
  const live: ContainerConfig = {
    ...config,
    entrypoint: config.entrypoint ?? from?.entrypoint ?? [],
    command: config.command ?? (config.entrypoint === null ? (from?.command ?? []) : []),
    workdir: config.workdir ?? from?.workdir ?? '',
    user: config.user ?? from?.user ?? '',
    env: { ...from?.env, ...config.env },
    labels: { ...from?.labels, ...config.labels },
    health: config.health ?? from?.health ?? null,
  };
  return {
    id: 'c1',
    name: config.name,
    state: 'running',
    health: 'none',
    lastCheck: null,
    address: null,
    exitCode: 0,
    oomKilled: false,
    error: '',
    createdAt: noon - minutes(60),
    startedAt: noon - minutes(60),
    finishedAt: null,
    imageId: 'sha256:5e7',
    labels: live.labels,
    config: live,
    image: from,
    excess: [],
    strays: [],
    anonymousVolumes: [],
    ...over,
  };
};

export const known = (over: Partial<KnownSnapshot> = {}): KnownSnapshot => ({
  kind: 'known',
  containers: [],
  nameHolder: null,
  image: image(),
  network: 'present',
  pull: null,
  inFlight: null,
  dependencies: [],
  dependentsRunning: [],
  outages: [],
  watchedSince: 0,
  ...over,
});

export interface Scene extends Partial<Omit<PlanInput, 'wish' | 'record' | 'snapshot'>> {
  /** What the file says now, over the default wish; or a wish of another kind. */
  readonly wish?: Partial<Environment> | Exclude<Wish, { kind: 'wanted' }>;
  /** What it said when the container was made; the same unless given. */
  readonly was?: Partial<Environment>;
  readonly record?: Partial<EnvironmentRecord>;
  /** null: none. */
  readonly container?: Partial<ObservedContainer> | null;
  readonly snapshot?: Partial<KnownSnapshot>;
  /** The cards it was made with; those of its grant unless given. */
  readonly made?: readonly GpuLease[];
}

/** A granted environment whose container runs for an hour and is as the file says; then what differs. */
export const scene = ({
  wish: now = {},
  was,
  record: recordOver = {},
  container: containerOver = {},
  snapshot = {},
  made: madeWith,
  ...rest
}: Scene = {}): PlanInput => {
  const asked: Wish = 'kind' in now ? now : wanted(now);
  const before = was ?? (asked.kind === 'wanted' ? asked.environment : {});
  const absent = containerOver === null;
  const row = record({
    ...(absent ? { containerId: null, phase: 'pending' } : {}),
    ...recordOver,
  });
  const inContext = rest.context ?? context();
  const leases = rest.leases ?? leasesFor(wish(before));
  const config = desiredContainer({
    wish: wish(before),
    record: row,
    context: inContext,
    leases: leasesFor(wish(before)),
    gpuLeases: madeWith ?? rest.gpuLeases ?? [],
    made: null,
  }).config;
  const inSnapshot = known({
    containers: absent ? [] : [observed(config, containerOver)],
    image: absent ? image() : 'unseen',
    ...snapshot,
  });
  const input: PlanInput = {
    wish: asked,
    record: row,
    holds: [],
    leases,
    gpuLeases: [],
    context: inContext,
    ownerChanged: false,
    untrusted: null,
    massRemoval: false,
    frozen: null,
    commit: null,
    secretTrouble: null,
    snapshot: inSnapshot,
    settings,
    policy: { opened: [], faults: [] },
    sickGpus: [],
    idle: { judged: null, heldText: '', cardsUntil: null },
    checks: { http: null, gpu: null },
    now: noon,
    chance: 0,
    ...rest,
  };
  // What there is to see of its run was seen by an earlier pass.
  return recordOver.lastRun === undefined
    ? { ...input, record: { ...row, lastRun: gatherFacts(input, inSnapshot).lastRun } }
    : input;
};

export const oneCard: GpuWish = {
  count: 1,
  memory: null,
  models: [],
  devices: [],
  mig: null,
  sharing: 'exclusive',
  optional: false,
};

export const gpuLease = (uuid: string, over: Partial<GpuLease> = {}): GpuLease => ({
  gpuUuid: uuid,
  migUuid: null,
  index: 0,
  containerName: 'mlenv-vision-notebook-00112233',
  key: '00112233aabbccdd/notebook',
  sharing: 'exclusive',
  current: true,
  at: noon - minutes(60),
  ...over,
});

/** A lease for each port, as admission gives them. */
export const leasesFor = (environment: Environment): readonly PortLease[] =>
  environment.ports.map((port, index) => ({
    projectId: context().projectId,
    environment: environment.name,
    container: port.container,
    protocol: port.protocol,
    hostIp: port.hostIp,
    host: port.host === 'auto' ? settings.autoPorts.from + index : port.host,
    auto: port.host === 'auto',
  }));

export const ended = (
  over: Partial<ObservedContainer> = {},
): Partial<ObservedContainer> & Pick<ObservedContainer, 'state'> => ({
  state: 'exited',
  exitCode: 1,
  startedAt: noon - minutes(60),
  finishedAt: noon - seconds(1),
  ...over,
});
