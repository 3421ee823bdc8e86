import type { AuditQuery, AuditReport } from './audit.ts';
import type { CatalogueApi } from './catalogue-api.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { FreezeRequest, ObserveRequest } from './freeze.ts';
import type { HealthItem } from './health.ts';
import type { HistoryQuery, HistoryReport, RollbackRequest } from './history.ts';
import type { PinSource } from './image-pin.ts';
import type { FieldChange } from './plan.ts';
import type { ExecOptions, ExecSession, LogChunk } from './ports.ts';
import type {
  NoticeQuery,
  NoticeReport,
  TestNoticeReport,
  TestNoticeRequest,
} from './notice-api.ts';
import type { CordonRequest, GpuReport, QueueReport } from './pool-api.ts';
import type {
  CheckQuotasRequest,
  QuotaCheck,
  QuotaQuery,
  QuotaReport,
  SetQuotaRequest,
} from './quota-api.ts';
import type { Event } from './record.ts';
import type { LogQuery, RunQuery, RunsReport } from './runs.ts';
import type { StatusList, StatusItem } from './status.ts';
import type {
  ReportQuery,
  SeriesQuery,
  SeriesReport,
  TopReport,
  UsageReport,
} from './usage-api.ts';

export { ApiError, type ApiErrorCode } from './api-error.ts';
export type { StatusList, StatusItem, StatusCondition, Notice } from './status.ts';

/**
 * What the command line asks of an instance, whether it lives in the same process or behind a socket.
 * The HTTP server and its client are two implementations of these methods over one wire.
 */
export interface Api extends CatalogueApi {
  version(): Promise<VersionInfo>;
  status(scope: Scope): Promise<StatusList>;
  describe(ref: EnvironmentRef): Promise<Description>;
  /** Decides and changes nothing. */
  plan(path: string): Promise<ProjectPlan>;
  /**
   * Registers the project, lifts `down`, `rm` and `rebuilt`, and, where `approve` says so, lets the
   * changes through that `plan` showed. Returns at once; `status` tells how it goes on.
   */
  up(request: UpRequest): Promise<ActionResult>;
  /** Holds every environment of the project (or one) stopped. */
  down(request: TargetRequest): Promise<ActionResult>;
  /** Holds it absent. */
  remove(request: TargetRequest & { readonly volumes: boolean }): Promise<ActionResult>;
  restart(request: EnvironmentRequest): Promise<ActionResult>;
  /** For a time it is stopped neither for want of use nor at the end of its life. */
  keep(request: KeepRequest): Promise<ActionResult>;
  /** With ref: null all that wait as UpdatePending and are the asker's. */
  approve(request: ApproveRequest): Promise<ActionResult>;
  suspend(request: EnvironmentRequest): Promise<ActionResult>;
  resume(request: EnvironmentRequest): Promise<ActionResult>;
  /** Lets a mass removal go on: the asker's own, an administrator's all or one owner's. */
  confirm(request: ConfirmRequest): Promise<ActionResult>;
  /** Nothing on the host is changed from then on, until `thaw`. */
  freeze(request: FreezeRequest): Promise<ActionResult>;
  thaw(request: { readonly by: string }): Promise<ActionResult>;
  /** On, nothing on the host is changed and no command run in a container; off, MLEnv acts. */
  observe(request: ObserveRequest): Promise<ActionResult>;
  /** Looks again at one environment, or at all. */
  reconcile(ref: EnvironmentRef | null): Promise<ActionResult>;
  gpus(): Promise<GpuReport>;
  cordon(request: CordonRequest): Promise<ActionResult>;
  uncordon(request: Omit<CordonRequest, 'why'>): Promise<ActionResult>;
  /** In the text format of Prometheus. */
  scrape(): Promise<string>;
  queue(): Promise<QueueReport>;
  /** What projects, people and groups may have, who says so, and what is in use. */
  quotas(query: QuotaQuery): Promise<QuotaReport>;
  setQuota(request: SetQuotaRequest): Promise<ActionResult>;
  /** Whether the use that the rows show is the sum over what is held. */
  checkQuotas(request: CheckQuotasRequest): Promise<QuotaCheck>;
  /** What was asked of this instance, and by whom; also what was refused. */
  audit(query: AuditQuery): Promise<AuditReport>;
  /** What each environment was, and by which commit. */
  history(query: HistoryQuery): Promise<HistoryReport>;
  rollback(request: RollbackRequest): Promise<ActionResult>;
  /** What each running environment uses now. */
  top(): Promise<TopReport>;
  /** What one environment used over time. */
  series(query: SeriesQuery): Promise<SeriesReport>;
  /** Who held what, how much of it was used, and what went to waste. */
  report(query: ReportQuery): Promise<UsageReport>;
  /** Who is told of failures outside, and what was. */
  notices(query: NoticeQuery): Promise<NoticeReport>;
  testNotice(request: TestNoticeRequest): Promise<TestNoticeReport>;
  /** Without `follow` it ends after what is there; newest last. */
  events(query: EventQuery, signal: AbortSignal): AsyncIterable<EventItem>;
  /** Every start of its container up to its end. */
  runs(query: RunQuery): Promise<RunsReport>;
  logs(ref: EnvironmentRef, options: LogQuery, signal: AbortSignal): AsyncIterable<LogChunk>;
  exec(ref: EnvironmentRef, options: ExecOptions): Promise<ExecSession>;
}

/** One environment, named as the user named it; resolved by the instance. */
export interface EnvironmentRef {
  /** A folder: the project is the one in it. null: `project` says it. */
  readonly path: string | null;
  /** The project's name; null: `path` says it. */
  readonly project: string | null;
  readonly environment: string;
}

export type Scope =
  | { readonly kind: 'all' }
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'project'; readonly project: string };

export interface UpRequest {
  readonly path: string;
  /** Environments whose pending changes a person has seen and let through. */
  readonly approve: readonly string[];
  /** null: all of the project. */
  readonly environment: string | null;
  readonly by: string;
}

export interface TargetRequest {
  readonly path: string;
  readonly environment: string | null;
  readonly by: string;
}

export interface EnvironmentRequest {
  readonly ref: EnvironmentRef;
  readonly by: string;
}

export interface KeepRequest extends EnvironmentRequest {
  readonly forMs: number;
}

export interface ApproveRequest {
  /** null: all. */
  readonly ref: EnvironmentRef | null;
  readonly by: string;
}

export interface ConfirmRequest {
  /** Login name or uid of the owner; null: as much as the asker may. */
  readonly user: string | null;
  readonly by: string;
}

export interface ActionResult {
  /** `projectId/environment` of all that the request touched. */
  readonly keys: readonly string[];
  /** One line each, for the person who asked. */
  readonly messages: readonly string[];
}

export interface VersionInfo {
  readonly version: string;
  readonly engine: {
    readonly version: string;
    readonly apiVersion: string;
    readonly name: string;
  } | null;
  /** A resident controller, or a process that reconciles and ends. */
  readonly mode: 'controller' | 'process';
  readonly pid: number;
  readonly stateDir: string;
}

export interface PinnedImage {
  /** `nvcr.io/nvidia/pytorch:24.05-py3` */
  readonly reference: string;
  readonly digest: string;
  /** Who said the digest. */
  readonly source: PinSource;
  readonly generation: number;
  /** ISO 8601 UTC */
  readonly at: string;
}

export interface Description {
  readonly status: StatusItem;
  /** Which image its choice came to, or its lock says; null: its file names an image, or none is found yet. */
  readonly image: PinnedImage | null;
  /** As the user wrote it, defaults of the file merged, variables not replaced. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** What it takes from the host beyond the project's folder, with what may be done to it. */
  readonly mounts: readonly string[];
  /** Names and ways, never values: `HF_TOKEN (file)`. */
  readonly secrets: readonly string[];
  /** What it holds of the host's cards. */
  readonly cards: readonly {
    /** `GPU-…`, or `MIG-…` */
    readonly id: string;
    /** nvidia-smi's number; null: the card is not there now. */
    readonly index: number | null;
    /** null: this host has not seen the card. */
    readonly model: string | null;
  }[];
  readonly changes: readonly FieldChange[];
  readonly explanation: readonly string[];
  /** What a recreate would lose of the container's writable layer; null: no recreate waits, or not known. */
  readonly wouldLose: { readonly total: number; readonly paths: readonly string[] } | null;
  readonly holds: readonly { readonly kind: string; readonly by: string; readonly at: string }[];
  /** Newest first. */
  readonly checks: readonly HealthItem[];
  readonly events: readonly EventItem[];
}

export interface ProjectPlan {
  readonly project: string;
  readonly projectPath: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly environments: readonly PlannedEnvironment[];
}

export interface PlannedEnvironment {
  readonly environment: string;
  /** Nothing to do and nothing waits. */
  readonly inSync: boolean;
  readonly steps: readonly { readonly kind: string; readonly why: string }[];
  readonly holds: readonly { readonly reason: string; readonly message: string }[];
  readonly changes: readonly FieldChange[];
  readonly explanation: readonly string[];
  /** `up` by a person would have to let this through. */
  readonly needsApproval: boolean;
  readonly wouldLose: { readonly total: number; readonly paths: readonly string[] } | null;
}

export interface EventQuery {
  readonly ref: EnvironmentRef | null;
  readonly follow: boolean;
  readonly limit: number;
}

/** Followed, one that is counted again comes again, with the same id. */
export interface EventItem extends Omit<Event, 'at' | 'firstAt' | 'projectId' | 'seq'> {
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly firstAt: string;
  readonly project: string | null;
}
