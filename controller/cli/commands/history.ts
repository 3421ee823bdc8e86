import { shortRevision } from '../../model/git.ts';
import { resolve } from 'node:path';
import { ApiError, type Scope } from '../../model/api.ts';
import type { HistoryItem } from '../../model/history.ts';
import { ageSince } from '../../report/age.ts';
import { renderTable } from '../../report/table.ts';
import { oneLine } from '../../report/text.ts';
import { say, sayJson, withConnection, type Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';
import { projectFolder } from '../target.ts';

export interface HistoryOptions {
  readonly limit: string;
  readonly output: 'table' | 'json';
}

export const run = (
  context: Context,
  project: string | undefined,
  { limit, output }: HistoryOptions,
): Promise<number> => {
  if (!/^[1-9]\d{0,5}$/.test(limit))
    throw new ApiError('usage', `--limit ${limit} is not a number of generations`);
  const scope = projectScope(context.io.cwd, project);
  return withConnection(context, 'read', async ({ api }) => {
    const report = await api.history({ scope, limit: Number(limit) });
    if (output === 'json') sayJson(context, { apiVersion: 'mlenv/v1', ...report });
    else say(context, historyText(report.items, context.io.clock.now()));
    return exitCode.done;
  });
};

/** A name has no slash in it; nothing: the project here. */
export const projectScope = (cwd: string, project: string | undefined): Scope => {
  if (project === undefined) return { kind: 'path', path: projectFolder(cwd, undefined) };
  return /^\.|\//.test(project)
    ? { kind: 'path', path: resolve(cwd, project) }
    : { kind: 'project', project };
};

const historyText = (items: readonly HistoryItem[], nowMs: number): string => {
  if (items.length === 0) return 'No generation yet.';
  const rows = items.map((item) => [
    oneLine(`${item.project}/${item.environment}`),
    `${item.generation}${item.isCurrent ? ' *' : ''}`,
    ageSince(item.at, nowMs),
    item.revision === '' ? '-' : shortRevision(item.revision),
    oneLine(item.author) || '-',
    oneLine(item.subject) || '-',
    oneLine(item.image.replace(/(@sha256:[0-9a-f]{12})[0-9a-f]+$/, '$1')) || '-',
    item.digest.replace(/^sha256:/, '').slice(0, 12),
    item.outcome,
  ]);
  const head = [
    'ENVIRONMENT',
    'GENERATION',
    'AGE',
    'COMMIT',
    'AUTHOR',
    'SUBJECT',
    'IMAGE',
    'DIGEST',
  ];
  return renderTable([...head, 'OUTCOME'], rows).trimEnd();
};
