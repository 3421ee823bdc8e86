import type { QueueReport } from '../../model/pool-api.ts';
import { ageSince } from '../../report/age.ts';
import { renderTable } from '../../report/table.ts';
import { oneLine } from '../../report/text.ts';
import { say, sayJson, withConnection, type Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';

export interface QueueOptions {
  readonly output: 'table' | 'json';
}

export const run = (context: Context, { output }: QueueOptions): Promise<number> =>
  withConnection(context, 'read', async ({ api }) => {
    const report = await api.queue();
    if (output === 'json') sayJson(context, { apiVersion: 'mlenv/v1', ...report });
    else say(context, queueText(report, context.io.clock.now()));
    return exitCode.done;
  });

const queueText = ({ items, order }: QueueReport, nowMs: number): string => {
  if (items.length === 0) return 'Nobody waits.';
  const rows = items.map((item) => [
    String(item.place),
    oneLine(`${item.project}/${item.environment}`),
    oneLine(item.asks),
    String(item.priority),
    ageSince(item.since, nowMs),
    item.reason,
    oneLine(item.message),
  ]);
  const head = ['PLACE', 'ENVIRONMENT', 'ASKS', 'PRIORITY', 'WAITS', 'REASON', 'MESSAGE'];
  return [renderTable(head, rows).trimEnd(), orderText[order]].join('\n');
};

const orderText: Readonly<Record<QueueReport['order'], string>> = {
  strict: 'Nobody passes one before who waits for the same cards.',
  'best-effort': 'Who fits may pass, until cards are kept for who has waited long.',
};
