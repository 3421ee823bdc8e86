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
    if (output === 'json') {
      sayJson(context, report);
    } else if (report.items.length === 0) {
      say(context, 'Nobody waits.');
    } else {
      const now = Date.now();
      const rows = report.items.map((item) => [
        String(item.place),
        `${item.project}/${item.environment}`,
        item.asks,
        String(item.priority),
        ageSince(item.since, now),
        item.reason,
        oneLine(item.message),
      ]);
      say(
        context,
        renderTable(
          ['PLACE', 'ENVIRONMENT', 'ASKS', 'PRIORITY', 'WAITS', 'REASON', 'MESSAGE'],
          rows,
        ).trimEnd(),
      );
    }
    return exitCode.done;
  });
