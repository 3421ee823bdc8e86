import { ApiError } from '../model/api.ts';
import type {
  ApproveRequest,
  EnvironmentRef,
  EnvironmentRequest,
  EventQuery,
  KeepRequest,
  Scope,
  TargetRequest,
  UpRequest,
} from '../model/api.ts';
import type { AuditQuery } from '../model/audit.ts';
import type { FreezeRequest } from '../model/freeze.ts';
import type { HistoryQuery, RollbackRequest } from '../model/history.ts';
import type { NoticeQuery, TestNoticeRequest } from '../model/notice-api.ts';
import type { CordonRequest } from '../model/pool-api.ts';
import type { LogQuery, RunQuery } from '../model/runs.ts';
import { isShaped } from './shape.ts';
import type { ExecRequest, Query } from './wire.ts';

/** Requests as they came over the wire, turned into the Api's arguments. All throw ApiError 'usage'. */
export const scopeOf = (query: Query): Scope => {
  if (query['path'] !== undefined) return { kind: 'path', path: absolute(query['path'], 'path') };
  if (query['project'] !== undefined) return { kind: 'project', project: query['project'] };
  return { kind: 'all' };
};

export const refOf = (value: unknown): EnvironmentRef => {
  const fields = object(value, 'ref');
  const path = optionalText(fields, 'path');
  const project = optionalText(fields, 'project');
  if (path === null && project === null) throw wrong('ref', 'path or project');
  return {
    path: path === null ? null : absolute(path, 'path'),
    project,
    environment: text(fields, 'environment'),
  };
};

export const planPathOf = (query: Query): string => absolute(text(query, 'path'), 'path');

export const eventQueryOf = (query: Query): EventQuery => ({
  ref: query['environment'] === undefined ? null : refOf(query),
  follow: query['follow'] === 'true',
  limit: most(query, 100),
});

export const auditQueryOf = (query: Query): AuditQuery => ({
  project: optionalText(query, 'project'),
  user: optionalText(query, 'user'),
  since: optionalText(query, 'since'),
  limit: most(query, 100),
});

export const historyQueryOf = (query: Query): HistoryQuery => ({
  scope: scopeOf(query),
  limit: most(query, 10),
});

export const noticeQueryOf = (query: Query): NoticeQuery => ({
  limit: most(query, 50),
});

export const runQueryOf = (query: Query): RunQuery => ({
  ref: refOf(query),
  limit: count(query, 'limit') ?? 20,
});

export const logQueryOf = (query: Query): LogQuery => {
  const run = query['run'] === 'previous' ? 'previous' : count(query, 'run');
  return {
    follow: query['follow'] === 'true',
    tail: count(query, 'tail'),
    ...(run === null ? {} : { run }),
  };
};

export const upOf = (value: unknown): UpRequest => {
  const fields = object(value, 'body');
  return { ...targetOf(fields), approve: texts(fields, 'approve') };
};

export const targetOf = (value: unknown): TargetRequest => {
  const fields = object(value, 'body');
  return {
    path: absolute(text(fields, 'path'), 'path'),
    environment: optionalText(fields, 'environment'),
    by: text(fields, 'by'),
  };
};

export const removeOf = (value: unknown): TargetRequest & { readonly volumes: boolean } => {
  const fields = object(value, 'body');
  return { ...targetOf(fields), volumes: flag(fields, 'volumes') };
};

export const environmentRequestOf = (value: unknown): EnvironmentRequest => {
  const fields = object(value, 'body');
  return { ref: refOf(fields['ref']), by: text(fields, 'by') };
};

export const keepOf = (value: unknown): KeepRequest => {
  const { forMs } = object(value, 'body');
  if (typeof forMs !== 'number' || !(forMs > 0)) throw wrong('forMs', 'milliseconds above 0');
  return { ...environmentRequestOf(value), forMs };
};

export const approveOf = (value: unknown): ApproveRequest => {
  const { ref, by } = object(value, 'body');
  return {
    // A body that forgot it lets nothing through.
    ref: ref === null ? null : refOf(ref),
    by: text({ by }, 'by'),
  };
};

export const freezeOf = (value: unknown): FreezeRequest => {
  const fields = object(value, 'body');
  return { why: reasonOf(fields), by: text(fields, 'by') };
};

export const rollbackOf = (value: unknown): RollbackRequest => {
  const fields = object(value, 'body');
  const scope = object(fields['scope'], 'scope');
  const path = optionalText(scope, 'path');
  const project = optionalText(scope, 'project');
  if (path === null && project === null) throw wrong('scope', 'path or project');
  return {
    scope: scopeOf({
      ...(path === null ? {} : { path }),
      ...(project === null ? {} : { project }),
    }),
    revision: optionalText(fields, 'revision'),
    resume: flag(fields, 'resume'),
    by: text(fields, 'by'),
  };
};

export const testNoticeOf = (value: unknown): TestNoticeRequest => {
  const fields = object(value, 'body');
  return { receiver: text(fields, 'receiver'), by: text(fields, 'by') };
};

export const uncordonOf = (value: unknown): Omit<CordonRequest, 'why'> => {
  const fields = object(value, 'body');
  return { gpu: text(fields, 'gpu'), by: text(fields, 'by') };
};

export const cordonOf = (value: unknown): CordonRequest => {
  return { ...uncordonOf(value), why: reasonOf(object(value, 'body')) };
};

/** Nobody has to give a reason. */
const reasonOf = ({ why }: Fields): string => {
  if (why !== undefined && why !== null && typeof why !== 'string') throw wrong('why', 'a text');
  return why ?? '';
};

export const reconcileOf = (value: unknown): EnvironmentRef | null => {
  const { ref } = object(value, 'body');
  return ref === null || ref === undefined ? null : refOf(ref);
};

export const execOf = (value: unknown): ExecRequest => {
  const fields = object(value, 'body');
  const options = object(fields['options'], 'options');
  const argv = texts(options, 'argv');
  if (argv.length === 0) throw wrong('argv', 'at least a command');
  const env = object(options['env'] ?? {}, 'env');
  return {
    ref: refOf(fields['ref']),
    options: {
      argv,
      tty: flag(options, 'tty'),
      stdin: flag(options, 'stdin'),
      env: Object.fromEntries(Object.keys(env).map((name) => [name, text(env, name)])),
      columns: size(options, 'columns'),
      rows: size(options, 'rows'),
    },
  };
};

export type Fields = Readonly<Record<string, unknown>>;

export const wrong = (name: string, wanted: string): ApiError =>
  new ApiError('usage', `${name} must be ${wanted}`);

export const object = (value: unknown, name: string): Fields => {
  if (!isShaped<Fields>(value) || Array.isArray(value)) throw wrong(name, 'an object');
  return value;
};

export const text = (fields: Fields, name: string): string => {
  const value = fields[name];
  if (typeof value !== 'string' || value === '') throw wrong(name, 'a text that is not empty');
  return value;
};

export const optionalText = (fields: Fields, name: string): string | null =>
  fields[name] === null || fields[name] === undefined ? null : text(fields, name);

export const texts = (fields: Fields, name: string): readonly string[] => {
  const value = fields[name];
  if (!Array.isArray(value)) throw wrong(name, 'a list of texts');
  return value.map((item: unknown) => {
    if (typeof item !== 'string') throw wrong(name, 'a list of texts');
    return item;
  });
};

export const flag = (fields: Fields, name: string): boolean => {
  const value = fields[name];
  if (typeof value !== 'boolean') throw wrong(name, 'true or false');
  return value;
};

const size = (fields: Fields, name: string): number | null => {
  const value = fields[name];
  if (value === null || value === undefined) return null;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > 65_535)
    throw wrong(name, 'a whole number from 1 to 65535');
  return value;
};

export const count = (query: Query, name: string): number | null => {
  const value = query[name];
  if (value === undefined) return null;
  if (!/^\d{1,9}$/.test(value)) throw wrong(name, 'a whole number');
  return Number(value);
};

/** Rows of one answer: it is held in memory until it has been sent. */
const mostRows = 10_000;

const most = (query: Query, usual: number): number =>
  Math.min(count(query, 'limit') ?? usual, mostRows);

/** The server has a working folder of its own, so a relative path would mean something else here. */
export const absolute = (path: string, name: string): string => {
  if (!path.startsWith('/')) throw wrong(name, 'an absolute path');
  return path;
};
