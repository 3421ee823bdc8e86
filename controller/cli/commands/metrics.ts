import type { SeriesReport } from '../../model/usage-api.ts';
import { withConnection, type Context } from '../context.ts';
import { csvLine } from '../csv.ts';
import { exitCode } from '../exit-codes.ts';
import { printReport, type ReportOutput } from '../print-report.ts';
import { seriesTable } from '../series-text.ts';
import { durationMs, timeAgo } from '../span.ts';
import { environmentRef } from '../target.ts';

export interface MetricsOptions {
  readonly since: string;
  readonly until?: string;
  readonly every?: string;
  readonly output: ReportOutput;
}

export const run = async (
  context: Context,
  name: string,
  { since, until, every, output }: MetricsOptions,
): Promise<number> => {
  const { io } = context;
  const nowMs = io.clock.now();
  const query = {
    ref: environmentRef(io.cwd, name),
    since: await timeAgo('--since', since, nowMs),
    until:
      until === undefined ? new Date(nowMs).toISOString() : await timeAgo('--until', until, nowMs),
    everyMs:
      every === undefined
        ? null
        : await durationMs('--every', every, { leastMs: 1000, example: '5m' }),
  };
  return withConnection(context, 'read', async ({ api }) => {
    printReport(context, output, await api.series(query), { table: seriesTable, csv: csvOf });
    return exitCode.done;
  });
};

const csvOf = ({ points }: SeriesReport): string =>
  [
    csvLine(columns.map(([name]) => name)),
    ...points.map((point) => csvLine(columns.map(([, field]) => point[field]))),
  ].join('');

const columns: readonly (readonly [string, keyof SeriesReport['points'][number]])[] = [
  ['time_utc', 'at'],
  ['cpu_percent', 'cpuPercent'],
  ['memory_bytes', 'memoryBytes'],
  ['gpu_utilization_percent', 'gpuUtilization'],
  ['gpu_memory_bytes', 'gpuMemoryBytes'],
  ['network_rx_bytes', 'networkRxBytes'],
  ['network_tx_bytes', 'networkTxBytes'],
  ['disk_read_bytes', 'diskReadBytes'],
  ['disk_write_bytes', 'diskWriteBytes'],
];
