import { ApiError } from '../../model/api.ts';
import { shortRevision } from '../../model/git.ts';
import type { RunItem } from '../../model/runs.ts';
import { ageSince, formatAge } from '../../report/age.ts';
import { renderTable } from '../../report/table.ts';
import { oneLine } from '../../report/text.ts';
import { say, sayJson, withConnection, type Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';
import { environmentRef } from '../target.ts';

export interface RunsOptions {
  readonly limit: string;
  readonly output: 'table' | 'json';
}

export const run = (
  context: Context,
  name: string,
  { limit, output }: RunsOptions,
): Promise<number> => {
  if (!/^[1-9]\d{0,5}$/.test(limit))
    throw new ApiError('usage', `--limit ${limit} is not a number of runs`);
  const ref = environmentRef(context.io.cwd, name);
  return withConnection(context, 'read', async ({ api }) => {
    const report = await api.runs({ ref, limit: Number(limit) });
    if (output === 'json') sayJson(context, { apiVersion: 'mlenv/v1', ...report });
    else say(context, runsText(report.items, context.io.clock.now()));
    return exitCode.done;
  });
};

const runsText = (items: readonly RunItem[], nowMs: number): string => {
  if (items.length === 0) return 'It has not run yet.';
  const rows = items.map((item) => [
    String(item.run),
    ageSince(item.startedAt, nowMs),
    durationOf(item, nowMs),
    item.exitCode === null ? '-' : String(item.exitCode),
    oneLine(item.cause ?? 'running'),
    String(item.generation),
    item.revision === '' ? '-' : shortRevision(item.revision),
    item.containerId.slice(0, 12),
    logOf(item),
  ]);
  const head = ['RUN', 'STARTED', 'DURATION', 'EXIT', 'CAUSE', 'GENERATION', 'COMMIT'];
  const notes = items
    .filter(({ log }) => log.note !== '')
    .map(({ run, log }) => `run ${run}: ${oneLine(log.note)}`);
  const table = renderTable([...head, 'CONTAINER', 'LOG'], rows).trimEnd();
  return notes.length === 0 ? table : `${table}\n\n${notes.join('\n')}`;
};

const durationOf = ({ startedAt, endedAt, isRunning }: RunItem, nowMs: number): string => {
  const end = endedAt === null ? null : Date.parse(endedAt);
  if (end === null && !isRunning) return '-';
  return formatAge((end ?? nowMs) - Date.parse(startedAt));
};

const logOf = ({ log }: RunItem): string => {
  switch (log.state) {
    case 'engine':
      return 'yes';
    case 'kept':
      return log.note === '' ? 'kept' : 'in part';
    case 'none':
      return 'no';
    default:
      return log.state satisfies never;
  }
};
