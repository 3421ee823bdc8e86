import { ApiError } from '../../model/api.ts';
import type { NoticeItem, NoticeReport } from '../../model/notice-api.ts';
import { ageSince } from '../../report/age.ts';
import { renderTable } from '../../report/table.ts';
import { oneLine } from '../../report/text.ts';
import { note, say, sayJson, withConnection, type Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';

export interface NoticesOptions {
  readonly limit: string;
  readonly output: 'table' | 'json';
}

export const run = async (context: Context, options: NoticesOptions): Promise<number> => {
  const { limit } = options;
  if (!/^\d{1,6}$/.test(limit))
    throw new ApiError('usage', `--limit ${limit} is not a number of rows`);
  return withConnection(context, 'read', async ({ api }) => {
    const report = await api.notices({ limit: Number(limit) });
    if (options.output === 'json') sayJson(context, { apiVersion: 'mlenv/v1', ...report });
    else say(context, noticesText(report, context.io.clock.now()));
    return exitCode.done;
  });
};

export const test = (context: Context, receiver: string): Promise<number> =>
  withConnection(context, 'read', async ({ api }) => {
    const { error, body } = await api.testNotice({ receiver, by: context.io.user });
    if (error === null) {
      say(context, `${receiver} took: ${oneLine(body)}`);
      return exitCode.done;
    }
    note(context, `mlenv: ${receiver} did not take it: ${oneLine(error)}`);
    return exitCode.failed;
  });

const noticesText = ({ receivers, items }: NoticeReport, nowMs: number): string => {
  if (receivers.length === 0 && items.length === 0)
    return 'Nobody is told: the configuration has no notices.';
  const to = receivers.map(({ name, kind, events, waiting }) => [
    name,
    kind,
    events.join(', '),
    String(waiting),
  ]);
  const told = items.map((item) => [
    ageSince(item.at, nowMs),
    item.receiver,
    item.event,
    oneLine(item.environment === null ? item.project : `${item.project}/${item.environment}`),
    item.reason,
    stateText(item, nowMs),
  ]);
  return [
    renderTable(['RECEIVER', 'KIND', 'EVENTS', 'WAITING'], to).trimEnd(),
    ...(told.length === 0
      ? ['Nothing had to be told.']
      : [renderTable(['AGE', 'RECEIVER', 'EVENT', 'OF', 'REASON', 'STATE'], told).trimEnd()]),
  ].join('\n\n');
};

/** `sent`, or what went wrong and when it goes on. */
const stateText = ({ state, attempts, error, nextTryAt }: NoticeItem, nowMs: number): string => {
  const tries = attempts === 1 ? '1 try' : `${attempts} tries`;
  if (state === 'sent') return 'sent';
  if (state === 'failed') return `given up after ${tries}: ${oneLine(error)}`;
  if (nextTryAt === null || attempts === 0) return 'pending';
  const leftMs = Math.max(0, Date.parse(nextTryAt) - nowMs);
  return `${oneLine(error)}; ${tries}, next in ${Math.ceil(leftMs / 1000)} s`;
};
