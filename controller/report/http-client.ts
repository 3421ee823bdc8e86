import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { ApiError } from '../model/api.ts';
import type {
  ActionResult,
  Api,
  Description,
  EventItem,
  ProjectPlan,
  StatusList,
  VersionInfo,
} from '../model/api.ts';
import type { AuditReport } from '../model/audit.ts';
import type { HistoryReport } from '../model/history.ts';
import type { NoticeReport, TestNoticeReport } from '../model/notice-api.ts';
import type { GpuReport, QueueReport } from '../model/pool-api.ts';
import type { LogChunk } from '../model/ports.ts';
import type { QuotaCheck, QuotaReport } from '../model/quota-api.ts';
import type { RunsReport } from '../model/runs.ts';
import type { SeriesReport, TopReport, UsageReport } from '../model/usage-api.ts';
import { openExec } from './http-client-exec.ts';
import { catalogueClient } from './http-client-images.ts';
import { expectShape, lineValues, readJson, readText } from './http-client-read.ts';
import type { Call, Keys } from './http-client-read.ts';
import {
  auditQuery,
  historyQuery,
  logsQuery,
  quotaQuery,
  refQuery,
  reportQuery,
  route,
  runsQuery,
  scopeQuery,
  seriesQuery,
} from './wire.ts';
import type { Query } from './wire.ts';

/**
 * The Api of the instance behind a unix socket; null: nobody listens there. Nothing stays open
 * between calls. Throws ApiError 'prerequisite' where the socket may not be entered or does not answer
 * within `helloMs`.
 */
export const connectApi = async (
  socketPath: string,
  {
    helloMs = 5000,
    callMs = 120_000,
  }: { readonly helloMs?: number; readonly callMs?: number } = {},
): Promise<Api | null> => {
  const api = clientOf(socketPath, callMs);
  try {
    await readJson(await send({ socketPath, path: route.healthz, deadlineMs: helloMs }));
    return api;
  } catch (thrown) {
    const code = codeOf(thrown);
    if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR') return null;
    throw asApiError(thrown, socketPath);
  }
};

const clientOf = (socketPath: string, callMs: number): Api => {
  const scrape = async (): Promise<string> => {
    try {
      return await readText(await send({ socketPath, path: route.scrape, deadlineMs: callMs }));
    } catch (thrown) {
      throw asApiError(thrown, socketPath);
    }
  };
  const call: Call = async (keys, path, asked = {}) => {
    try {
      const response = await send({ ...asked, socketPath, path, deadlineMs: callMs });
      return expectShape(await readJson(response), keys);
    } catch (thrown) {
      throw asApiError(thrown, socketPath);
    }
  };
  const act = (path: string, body: object): Promise<ActionResult> =>
    call<ActionResult>(['keys', 'messages'], path, { body });

  const follow = async function* <T extends object>(
    keys: Keys<T>,
    path: string,
    asked: { readonly query: Query; readonly signal: AbortSignal },
  ): AsyncGenerator<T> {
    const { signal } = asked;
    if (signal.aborted) return;
    try {
      const response = await send({ ...asked, socketPath, path });
      for await (const value of lineValues(response)) yield expectShape(value, keys);
    } catch (thrown) {
      if (!signal.aborted) throw asApiError(thrown, socketPath);
    }
  };

  return {
    version: () => call<VersionInfo>(['version', 'engine', 'mode'], route.version),
    status: (scope) =>
      call<StatusList>(['items', 'notices'], route.status, { query: scopeQuery(scope) }),
    describe: (ref) =>
      call<Description>(['status', 'spec'], route.describe, { query: refQuery(ref) }),
    plan: (path) => call<ProjectPlan>(['environments'], route.plan, { query: { path } }),
    up: (request) => act(route.up, request),
    down: (request) => act(route.down, request),
    remove: (request) => act(route.remove, request),
    restart: (request) => act(route.restart, request),
    keep: (request) => act(route.keep, request),
    approve: (request) => act(route.approve, request),
    suspend: (request) => act(route.suspend, request),
    resume: (request) => act(route.resume, request),
    confirm: (request) => act(route.confirm, request),
    freeze: (request) => act(route.freeze, request),
    thaw: (request) => act(route.thaw, request),
    observe: (request) => act(route.observe, request),
    reconcile: (ref) => act(route.reconcile, { ref }),
    gpus: () => call<GpuReport>(['state', 'gpus', 'warnings'], route.gpus),
    cordon: (request) => act(route.cordon, request),
    uncordon: (request) => act(route.uncordon, request),
    scrape,
    queue: () => call<QueueReport>(['order', 'items'], route.queue),
    quotas: (query) => call<QuotaReport>(['items'], route.quotas, { query: quotaQuery(query) }),
    setQuota: (request) => act(route.setQuota, request),
    checkQuotas: (request) =>
      call<QuotaCheck>(['wrong', 'repaired'], route.checkQuotas, { body: request }),
    audit: (query) => call<AuditReport>(['items'], route.audit, { query: auditQuery(query) }),
    history: (query) =>
      call<HistoryReport>(['items'], route.history, { query: historyQuery(query) }),
    runs: (query) => call<RunsReport>(['items'], route.runs, { query: runsQuery(query) }),
    top: () => call<TopReport>(['watched', 'host', 'items'], route.top),
    series: (query) =>
      call<SeriesReport>(['resolution', 'points'], route.series, { query: seriesQuery(query) }),
    report: (query) =>
      call<UsageReport>(['items', 'total'], route.report, { query: reportQuery(query) }),
    rollback: (request) => act(route.rollback, request),
    notices: ({ limit }) =>
      call<NoticeReport>(['receivers', 'items'], route.notices, {
        query: { limit: String(limit) },
      }),
    testNotice: (request) =>
      call<TestNoticeReport>(['receiver', 'error'], route.testNotice, { body: request }),
    ...catalogueClient({ call, act }),
    events: ({ ref, follow: following, limit }, signal) => {
      const place = ref === null ? {} : refQuery(ref);
      const query = { ...place, follow: String(following), limit: String(limit) };
      return follow<EventItem>(['id', 'at', 'message'], route.events, { query, signal });
    },
    logs: async function* (ref, options, signal) {
      const query = { ...refQuery(ref), ...logsQuery(options) };
      const chunks = follow<WireChunk>(['stream', 'data'], route.logs, { query, signal });
      for await (const { stream, data } of chunks)
        yield { stream, data: Buffer.from(data, 'base64') };
    },
    exec: (ref, options) =>
      openExec(socketPath, { ref, options }).catch((thrown: unknown) => {
        throw asApiError(thrown, socketPath);
      }),
  };
};

interface WireChunk {
  readonly stream: LogChunk['stream'];
  readonly data: string;
}

const send = (options: {
  readonly socketPath: string;
  readonly path: string;
  readonly query?: Query;
  readonly body?: object;
  /** Silence longer than this ends the call. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const { socketPath, body, deadlineMs, signal } = options;
    const text = body === undefined ? null : JSON.stringify(body);
    const asked = request({
      socketPath,
      path: withQuery(options.path, options.query ?? {}),
      agent: false,
      method: text === null ? 'GET' : 'POST',
      headers: {
        host: 'mlenv',
        accept: 'application/json, application/x-ndjson',
        ...(text === null
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      },
      ...(signal === undefined ? {} : { signal }),
    });
    if (deadlineMs !== undefined)
      asked.setTimeout(deadlineMs, () =>
        asked.destroy(
          new ApiError('prerequisite', `${socketPath} did not answer within ${deadlineMs} ms`),
        ),
      );
    asked.once('response', resolve);
    asked.on('error', reject);
    asked.end(text ?? undefined);
  });

const withQuery = (path: string, query: Query): string => {
  const text = new URLSearchParams(query).toString();
  return text === '' ? path : `${path}?${text}`;
};

const codeOf = (thrown: unknown): unknown =>
  thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;

const asApiError = (thrown: unknown, socketPath: string): ApiError => {
  if (thrown instanceof ApiError) return thrown;
  if (codeOf(thrown) === 'EACCES')
    return new ApiError('prerequisite', `no permission to enter ${socketPath}`);
  const words = thrown instanceof Error ? thrown.message : String(thrown);
  return new ApiError('prerequisite', `the instance behind ${socketPath} went away: ${words}`);
};
