import { ApiError } from '../model/api.ts';
import type { ApiErrorCode, EnvironmentRef, Scope } from '../model/api.ts';
import type { AuditQuery } from '../model/audit.ts';
import type { HistoryQuery } from '../model/history.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { ExecOptions } from '../model/ports.ts';
import type { QuotaQuery } from '../model/quota-api.ts';
import type { LogQuery, RunQuery } from '../model/runs.ts';
import type { ReportQuery, SeriesQuery } from '../model/usage-api.ts';
import { isShaped } from './shape.ts';

/** What server and client agree on; schema/openapi.json says it to everybody else. */
export const route = {
  healthz: '/v1/healthz',
  version: '/v1/version',
  status: '/v1/status',
  describe: '/v1/describe',
  plan: '/v1/plan',
  up: '/v1/up',
  down: '/v1/down',
  remove: '/v1/remove',
  restart: '/v1/restart',
  keep: '/v1/keep',
  approve: '/v1/approve',
  suspend: '/v1/suspend',
  resume: '/v1/resume',
  confirm: '/v1/confirm',
  freeze: '/v1/freeze',
  thaw: '/v1/thaw',
  observe: '/v1/observe',
  reconcile: '/v1/reconcile',
  gpus: '/v1/gpus',
  cordon: '/v1/gpus/cordon',
  uncordon: '/v1/gpus/uncordon',
  scrape: '/metrics',
  queue: '/v1/queue',
  quotas: '/v1/quotas',
  setQuota: '/v1/quotas/set',
  checkQuotas: '/v1/quotas/check',
  audit: '/v1/audit',
  history: '/v1/history',
  top: '/v1/top',
  series: '/v1/usage/series',
  report: '/v1/usage/report',
  rollback: '/v1/rollback',
  notices: '/v1/notices',
  testNotice: '/v1/notices/test',
  images: '/v1/images',
  imageVersions: '/v1/images/versions',
  showImage: '/v1/images/show',
  lockImages: '/v1/images/lock',
  syncImages: '/v1/images/sync',
  exportImages: '/v1/images/export',
  importImages: '/v1/images/import',
  pruneImages: '/v1/images/prune',
  events: '/v1/events',
  runs: '/v1/runs',
  logs: '/v1/logs',
  exec: '/v1/exec',
} as const;

/** The token of the Upgrade header of an exec. */
export const execProtocol = 'mlenv-exec/1';

export const maxBodyBytes = 256 * 1024;

export interface ExecRequest {
  readonly ref: EnvironmentRef;
  readonly options: ExecOptions;
}

/** The body of every answer that is not 2xx, and the last line of a stream that failed. */
export interface ErrorBody {
  readonly error: {
    readonly code: ApiErrorCode;
    readonly message: string;
    readonly diagnostics: readonly Diagnostic[];
  };
}

export const httpStatus = {
  usage: 400,
  'not-found': 404,
  refused: 409,
  'invalid-spec': 422,
  busy: 429,
  internal: 500,
  engine: 502,
  prerequisite: 503,
} as const satisfies Record<ApiErrorCode, number>;

/** Whatever was thrown, as an ApiError: what is not one is our own fault. */
export const toApiError = (thrown: unknown): ApiError => {
  if (thrown instanceof ApiError) return thrown;
  return new ApiError('internal', thrown instanceof Error ? thrown.message : String(thrown));
};

export const errorBody = ({ code, message, diagnostics }: ApiError): ErrorBody => ({
  error: { code, message, diagnostics },
});

/** null: this is no error of ours. */
export const errorOfBody = (value: unknown): ApiError | null => {
  if (!isShaped<ErrorBody>(value, 'error')) return null;
  const { error } = value;
  if (!isShaped<ErrorBody['error']>(error, 'code', 'message', 'diagnostics')) return null;
  if (!Object.hasOwn(httpStatus, error.code)) return null;
  return new ApiError(error.code, error.message, error.diagnostics);
};

export type Query = Readonly<Record<string, string>>;

export const scopeQuery = (scope: Scope): Query => {
  switch (scope.kind) {
    case 'all':
      return {};
    case 'path':
      return { path: scope.path };
    case 'project':
      return { project: scope.project };
    default:
      return scope satisfies never;
  }
};

export const refQuery = (ref: EnvironmentRef): Query => ({
  ...(ref.path === null ? {} : { path: ref.path }),
  ...(ref.project === null ? {} : { project: ref.project }),
  environment: ref.environment,
});

export const historyQuery = ({ scope, limit }: HistoryQuery): Query => ({
  ...scopeQuery(scope),
  limit: String(limit),
});

export const runsQuery = ({ ref, limit }: RunQuery): Query => ({
  ...refQuery(ref),
  limit: String(limit),
});

export const logsQuery = ({ follow, tail, run }: LogQuery): Query => ({
  follow: String(follow),
  ...(tail === null ? {} : { tail: String(tail) }),
  ...(run === undefined ? {} : { run: String(run) }),
});

export const seriesQuery = ({ ref, since, until, everyMs }: SeriesQuery): Query => ({
  ...refQuery(ref),
  since,
  until,
  ...(everyMs === null ? {} : { everyMs: String(everyMs) }),
});

export const reportQuery = ({ since, by }: ReportQuery): Query => ({ since, by });

export const auditQuery = ({ project, user, since, limit }: AuditQuery): Query => ({
  ...(project === null ? {} : { project }),
  ...(user === null ? {} : { user }),
  ...(since === null ? {} : { since }),
  limit: String(limit),
});

export const quotaQuery = ({ subject }: QuotaQuery): Query => {
  switch (subject?.kind) {
    case undefined:
      return {};
    case 'user':
      return { user: subject.user };
    case 'group':
      return { group: subject.group };
    case 'project':
      return { project: subject.project };
    default:
      return subject satisfies never;
  }
};
