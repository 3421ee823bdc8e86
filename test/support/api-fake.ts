import { PassThrough } from 'node:stream';
import type {
  ActionResult,
  Api,
  Description,
  EventItem,
  ProjectPlan,
  StatusItem,
  StatusList,
  VersionInfo,
} from '../../controller/model/api.ts';
import type {
  GpuHolder,
  GpuItem,
  GpuReport,
  QueueReport,
} from '../../controller/model/pool-api.ts';
import type { AuditItem, AuditReport } from '../../controller/model/audit.ts';
import type { QuotaCheck, QuotaItem, QuotaReport } from '../../controller/model/quota-api.ts';
import type { HistoryItem, HistoryReport } from '../../controller/model/history.ts';
import type {
  NoticeItem,
  NoticeReport,
  TestNoticeReport,
} from '../../controller/model/notice-api.ts';
import type { RunItem, RunsReport } from '../../controller/model/runs.ts';
import type { SeriesReport, TopReport, UsageReport } from '../../controller/model/usage-api.ts';
import { seriesReport, topReport, usageReport } from './usage-builders.ts';
import type {
  ExportedImages,
  ImageDetails,
  ImagesReport,
  LockImagesReport,
  ImportedImages,
  PruneReport,
  VersionsReport,
} from '../../controller/model/catalogue-api.ts';
import { catalogueState, imageDetails, imageItem, versionItem } from './image-builders.ts';
import { failed, ok } from '../../controller/model/failure.ts';
import type { Result } from '../../controller/model/failure.ts';
import type { ExecOptions, ExecSession, LogChunk } from '../../controller/model/ports.ts';

/** What the fake instance answers, and what it was asked. Tests change it as they go. */
export interface FakeWorld {
  version: VersionInfo;
  /** One a call; the last one stays. */
  statuses: StatusList[];
  plan: ProjectPlan;
  description: Description;
  gpus: GpuReport;
  scrape: string;
  queue: QueueReport;
  quotas: QuotaReport;
  quotaCheck: QuotaCheck;
  audit: AuditReport;
  history: HistoryReport;
  runs: RunsReport;
  top: TopReport;
  series: SeriesReport;
  report: UsageReport;
  notices: NoticeReport;
  testNotice: TestNoticeReport;
  images: ImagesReport;
  locked: LockImagesReport;
  versions: VersionsReport;
  image: ImageDetails;
  /** One a call; the last one stays. */
  exported: ExportedImages[];
  imported: ImportedImages;
  pruned: PruneReport;
  events: EventItem[];
  logs: LogChunk[];
  result: ActionResult;
  /** Thrown instead of an answer. */
  faults: Partial<Record<keyof Api, Error>>;
  /** Thrown by a stream after its items. */
  streamFault: Error | null;
  readonly asked: { readonly method: keyof Api; readonly args: readonly unknown[] }[];
  readonly sessions: FakeSession[];
}

export interface FakeSession {
  readonly options: ExecOptions;
  closed: boolean;
}

export const fakeWorld = (changes: Partial<FakeWorld> = {}): FakeWorld => ({
  version: versionInfo,
  statuses: [statusList(item())],
  plan: { project: 'vision', projectPath: '/srv/vision', diagnostics: [], environments: [] },
  description: {
    status: item(),
    image: null,
    spec: { image: 'pytorch:24.05' },
    mounts: [],
    secrets: [],
    changes: [],
    explanation: [],
    cards: [],
    wouldLose: null,
    checks: [],
    holds: [],
    events: [],
  },
  gpus: {
    state: 'none',
    why: 'no nvidia-smi on this host',
    todo: '',
    driver: null,
    cuda: null,
    readAt: null,
    gpus: [],
    links: [],
    warnings: [],
  },
  scrape: '# TYPE mlenv_engine_up gauge\nmlenv_engine_up 1\n',
  queue: { order: 'best-effort', items: [] },
  quotas: { items: [quotaItem()] },
  quotaCheck: { repaired: false, wrong: [] },
  audit: { items: [] },
  history: { items: [] },
  runs: { items: [] },
  top: topReport(),
  series: seriesReport(),
  report: usageReport(),
  notices: { receivers: [], items: [] },
  testNotice: { receiver: 'lab-chat', error: null, body: '{"text":"a test"}' },
  images: { catalogue: catalogueState(), items: [imageItem()] },
  locked: { items: [] },
  versions: { catalogue: catalogueState(), host: null, items: [versionItem()], more: false },
  image: imageDetails(),
  exported: [{ items: [], next: null }],
  imported: { images: 0, versions: 0 },
  pruned: { items: [], atMostBytes: 0 },
  events: [event()],
  logs: [],
  result: { keys: ['p1/notebook'], messages: [] },
  faults: {},
  streamFault: null,
  asked: [],
  sessions: [],
  ...changes,
});

export const fakeApi = (world: FakeWorld): Api => {
  const note = (method: keyof Api, ...args: readonly unknown[]): void => {
    world.asked.push({ method, args });
    const fault = world.faults[method];
    if (fault !== undefined) throw fault;
  };
  const action =
    (method: keyof Api) =>
    async (request: unknown): Promise<ActionResult> => {
      note(method, request);
      return world.result;
    };
  return {
    version: async () => {
      note('version');
      return world.version;
    },
    status: async (scope) => {
      note('status', scope);
      const [first, ...rest] = world.statuses;
      if (rest.length > 0) world.statuses = rest;
      return first ?? statusList();
    },
    describe: async (ref) => {
      note('describe', ref);
      return world.description;
    },
    plan: async (path) => {
      note('plan', path);
      return world.plan;
    },
    up: action('up'),
    down: action('down'),
    remove: action('remove'),
    restart: action('restart'),
    keep: action('keep'),
    approve: action('approve'),
    suspend: action('suspend'),
    resume: action('resume'),
    confirm: action('confirm'),
    freeze: action('freeze'),
    thaw: action('thaw'),
    observe: action('observe'),
    reconcile: action('reconcile'),
    gpus: async () => {
      note('gpus');
      return world.gpus;
    },
    cordon: action('cordon'),
    uncordon: action('uncordon'),
    scrape: async () => {
      note('scrape');
      return world.scrape;
    },
    queue: async () => {
      note('queue');
      return world.queue;
    },
    quotas: async (query) => {
      note('quotas', query);
      return world.quotas;
    },
    setQuota: action('setQuota'),
    checkQuotas: async (request) => {
      note('checkQuotas', request);
      return world.quotaCheck;
    },
    audit: async (query) => {
      note('audit', query);
      return world.audit;
    },
    history: async (query) => {
      note('history', query);
      return world.history;
    },
    runs: async (query) => {
      note('runs', query);
      return world.runs;
    },
    top: async () => {
      note('top');
      return world.top;
    },
    series: async (query) => {
      note('series', query);
      return world.series;
    },
    report: async (query) => {
      note('report', query);
      return world.report;
    },
    rollback: action('rollback'),
    notices: async (query) => {
      note('notices', query);
      return world.notices;
    },
    testNotice: async (request) => {
      note('testNotice', request);
      return world.testNotice;
    },
    images: async (query) => {
      note('images', query);
      return world.images;
    },
    imageVersions: async (query) => {
      note('imageVersions', query);
      return world.versions;
    },
    showImage: async (reference) => {
      note('showImage', reference);
      return world.image;
    },
    lockImages: async (request) => {
      note('lockImages', request);
      return world.locked;
    },
    syncImages: action('syncImages'),
    exportImages: async (after) => {
      note('exportImages', after);
      const [first, ...rest] = world.exported;
      if (rest.length > 0) world.exported = rest;
      return first ?? { items: [], next: null };
    },
    importImages: async (request) => {
      note('importImages', request);
      return world.imported;
    },
    pruneImages: async (request) => {
      note('pruneImages', request);
      return world.pruned;
    },
    events: async function* (query, signal) {
      note('events', query);
      yield* world.events.slice(-query.limit);
      if (world.streamFault !== null) throw world.streamFault;
      if (query.follow) await aborted(signal);
    },
    logs: async function* (ref, options, signal) {
      note('logs', ref, options);
      yield* world.logs;
      if (world.streamFault !== null) throw world.streamFault;
      if (options.follow) await aborted(signal);
    },
    exec: async (ref, options) => {
      note('exec', ref, options);
      const session: FakeSession = { options, closed: false };
      world.sessions.push(session);
      return echoSession(session);
    },
  };
};

/**
 * A command that repeats its input, says the terminal's size when that changes, and writes `ERR` to
 * stderr at the end of its input. `exit N` exits with N at once; `lost` loses the connection.
 */
const echoSession = (session: FakeSession): ExecSession => {
  const output = new PassThrough({ objectMode: true });
  const text = new TextEncoder();
  let finish: (result: Result<number>) => void = () => undefined;
  const ended = new Promise<Result<number>>((resolve) => {
    finish = resolve;
  });
  const end = (result: Result<number>): void => {
    output.end();
    finish(result);
  };
  const say = (stream: LogChunk['stream'], words: string): void => {
    output.write({ stream, data: text.encode(words) } satisfies LogChunk);
  };
  const [command, argument] = session.options.argv;
  if (command === 'exit') end(ok(Number(argument)));
  if (command === 'lost') end(failed('unknown', 'the engine went away'));
  return {
    output,
    write: (data) => {
      output.write({ stream: 'stdout', data: Uint8Array.from(data) } satisfies LogChunk);
    },
    endInput: () => {
      say('stderr', 'ERR');
      end(ok(0));
    },
    resize: async (columns, rows) => say('stdout', `[${columns}x${rows}]`),
    exitCode: () => ended,
    close: () => {
      session.closed = true;
      end(ok(137));
    },
  };
};

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

const versionInfo: VersionInfo = {
  version: '0.1.0',
  engine: { version: '27.1', apiVersion: '1.46', name: 'gpu1' },
  mode: 'controller',
  pid: 4242,
  stateDir: '/var/mlenv/state',
};

export const statusList = (...items: readonly StatusItem[]): StatusList => ({
  apiVersion: 'mlenv/v1',
  items,
  notices: [],
});

export const item = (changes: Partial<StatusItem> = {}): StatusItem => ({
  project: 'vision',
  projectPath: '/srv/vision',
  environment: 'notebook',
  phase: 'Running',
  ready: true,
  reason: 'Healthy',
  message: '',
  containerId: 'c0ffee'.padEnd(64, '0'),
  containerName: 'mlenv-vision-notebook-0a1b2c3d',
  image: 'nvcr.io/nvidia/pytorch:24.05-py3',
  ports: [{ container: 8888, host: 8888 }],
  gpus: [],
  generation: 1,
  observedGeneration: 1,
  revision: '',
  branch: null,
  commit: null,
  source: null,
  workspaceRevision: '',
  sync: 'Synced',
  conditions: [
    {
      type: 'Ready',
      status: 'True',
      reason: 'Healthy',
      message: '',
      observedGeneration: 1,
      lastTransitionTime: '2025-01-01T00:00:00.000Z',
    },
  ],
  projectId: '0a1b2c3d4e5f',
  restarts: 0,
  startedAt: '2025-01-01T00:00:00.000Z',
  settled: true,
  ...changes,
});

const gib = 2 ** 30;

export const gpuItem = (changes: Partial<GpuItem> = {}): GpuItem => ({
  index: 0,
  uuid: 'GPU-a',
  model: 'NVIDIA H100 80GB HBM3',
  state: 'free',
  why: '',
  holders: [],
  memoryTotalBytes: 80 * gib,
  memoryUsedBytes: 40 * gib,
  utilization: 97,
  temperatureC: 40,
  powerW: 300,
  powerLimitW: 700,
  processes: [],
  slices: [],
  slots: 1,
  ...changes,
});

/** Since five hours before the fake terminal's first look at its clock. */
export const gpuHolder = (changes: Partial<GpuHolder> = {}): GpuHolder => ({
  project: 'vision',
  environment: 'train',
  containerName: 'mlenv-vision-train-0a1b2c3d',
  owner: 'ada',
  since: '2024-12-31T19:01:00.000Z',
  ...changes,
});

export const gpuReport = (...gpus: readonly GpuItem[]): GpuReport => ({
  state: 'known',
  why: '',
  todo: '',
  driver: '570.133.20',
  cuda: '12.8',
  readAt: '2025-01-01T00:00:59.000Z',
  gpus,
  links: [],
  warnings: [],
});

export const queueReport = (
  ...items: readonly Partial<QueueReport['items'][number]>[]
): QueueReport => ({
  order: 'strict',
  items: items.map((changes, index) => ({
    place: index + 1,
    project: 'speech',
    projectPath: '/srv/speech',
    environment: 'train',
    priority: 0,
    asks: '2 GPUs (H100)',
    since: '2024-12-31T23:59:30.000Z',
    reason: 'GpuPoolFull',
    message: '4 of 6 GPUs held by vision/train',
    ...changes,
  })),
});

export const quotaItem = (changes: Partial<QuotaItem> = {}): QuotaItem => ({
  kind: 'project',
  name: 'vision',
  uid: null,
  path: '/srv/vision',
  owner: 'ada',
  limits: {
    containers: { limit: 5, from: 'built in', used: 2 },
    cpus: { limit: 12.5, from: 'config', used: 6 },
    memoryBytes: { limit: 64 * gib, from: 'set', used: 0 },
    gpus: { limit: null, from: 'built in', used: 1 },
  },
  ...changes,
});

export const event = (changes: Partial<EventItem> = {}): EventItem => ({
  id: 1,
  at: '2025-01-01T00:00:30.000Z',
  firstAt: '2025-01-01T00:00:30.000Z',
  count: 1,
  type: 'Normal',
  reason: 'Starting',
  message: 'The container was started.',
  environment: 'notebook',
  project: 'vision',
  ...changes,
});

export const auditItem = (changes: Partial<AuditItem> = {}): AuditItem => ({
  id: 1,
  at: '2024-12-31T23:59:30.000Z',
  uid: 1000,
  by: 'ada',
  action: 'down',
  resourceType: 'environment',
  resourceId: '/srv/vision notebook',
  project: 'vision',
  outcome: 'done',
  ...changes,
});

export const historyItem = (changes: Partial<HistoryItem> = {}): HistoryItem => ({
  project: 'vision',
  environment: 'train',
  generation: 2,
  isCurrent: true,
  at: '2024-12-31T23:59:30.000Z',
  revision: 'a1b2c3d4e5'.padEnd(40, '0'),
  author: 'Alice',
  subject: 'Train for two hours',
  digest: 'd1ge57'.padEnd(64, '0'),
  image: '',
  outcome: 'Running',
  ...changes,
});

export const runItem = (changes: Partial<RunItem> = {}): RunItem => ({
  project: 'vision',
  environment: 'train',
  run: 3,
  isRunning: true,
  startedAt: '2024-12-31T23:59:30.000Z',
  endedAt: null,
  exitCode: null,
  cause: null,
  containerId: 'c0ffee'.padEnd(64, '0'),
  generation: 2,
  revision: 'a1b2c3d4e5'.padEnd(40, '0'),
  log: { state: 'engine', bytes: 0, note: '' },
  ...changes,
});

export const noticeItem = (changes: Partial<NoticeItem> = {}): NoticeItem => ({
  id: 1,
  receiver: 'lab-chat',
  event: 'failure',
  project: 'vision',
  environment: 'train',
  owner: 'ada',
  reason: 'Failed',
  message: 'exit code 1',
  at: '2024-12-31T23:59:30.000Z',
  state: 'sent',
  attempts: 1,
  error: '',
  nextTryAt: null,
  ...changes,
});
