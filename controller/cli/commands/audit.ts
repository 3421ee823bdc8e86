import { resolve } from 'node:path';
import { ApiError } from '../../model/api.ts';
import type { AuditItem, AuditQuery } from '../../model/audit.ts';
import { ageSince } from '../../report/age.ts';
import { renderTable } from '../../report/table.ts';
import { oneLine } from '../../report/text.ts';
import { say, sayJson, withConnection, type Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';

export interface AuditOptions {
  readonly project?: string;
  readonly user?: string;
  readonly since?: string;
  readonly limit: string;
  readonly output: 'table' | 'json';
}

export const run = async (context: Context, options: AuditOptions): Promise<number> => {
  const query = await queryOf(context, options);
  return withConnection(context, 'read', async ({ api }) => {
    const report = await api.audit(query);
    if (options.output === 'json') sayJson(context, { apiVersion: 'mlenv/v1', ...report });
    else say(context, auditText(report.items, context.io.clock.now()));
    return exitCode.done;
  });
};

const queryOf = async ({ io }: Context, options: AuditOptions): Promise<AuditQuery> => {
  const { project = null, user = null, since, limit } = options;
  if (!/^\d{1,6}$/.test(limit))
    throw new ApiError('usage', `--limit ${limit} is not a number of rows`);
  return {
    // A name has no slash in it.
    project: project !== null && /^\.|\//.test(project) ? resolve(io.cwd, project) : project,
    user,
    since: since === undefined ? null : await timeOf(since, io.clock.now()),
    limit: Number(limit),
  };
};

const timeOf = async (since: string, nowMs: number): Promise<string> => {
  const { parseDuration } = await import('../../../specs/units.ts');
  const span = parseDuration(since);
  const at = span === null ? Number.NaN : nowMs - span;
  if (!(at >= 0)) throw new ApiError('usage', `--since ${since} is not a duration such as 7d`);
  return new Date(at).toISOString();
};

const auditText = (items: readonly AuditItem[], nowMs: number): string => {
  if (items.length === 0) return 'Nothing was asked.';
  const rows = items.map((item) => [
    ageSince(item.at, nowMs),
    oneLine(item.by),
    oneLine(item.action),
    oneLine(item.resourceType === 'host' ? 'host' : item.resourceId),
    item.count === undefined ? item.outcome : `${item.outcome} x${item.count}`,
    oneLine(detailText(item)),
  ]);
  const head = ['AGE', 'BY', 'ACTION', 'RESOURCE', 'OUTCOME', 'DETAILS'];
  return renderTable(head, rows).trimEnd();
};

/** What a person reads first: why, else where it came from, else what differs. */
const detailText = ({ why, source, before, after }: AuditItem): string => {
  const parts = [
    ...(why === undefined || why === '' ? [] : [why]),
    ...(source === undefined
      ? []
      : [[source.revision.slice(0, 12), source.author ?? ''].join(' ').trim()]),
    ...(after === undefined ? [] : [`${factsText(before)} → ${factsText(after)}`]),
  ];
  return parts.join('; ');
};

const factsText = (facts: AuditItem['before']): string =>
  facts === undefined ? '-' : JSON.stringify(facts).replaceAll('"', '');
