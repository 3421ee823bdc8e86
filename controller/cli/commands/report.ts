import type { ReportBy, UsageFigures, UsageReport } from '../../model/usage-api.ts';
import { renderTable } from '../../report/table.ts';
import { oneLine } from '../../report/text.ts';
import { withConnection, type Context } from '../context.ts';
import { csvLine } from '../csv.ts';
import { exitCode } from '../exit-codes.ts';
import { printReport, type ReportOutput } from '../print-report.ts';
import { timeAgo } from '../span.ts';

export interface ReportOptions {
  readonly since: string;
  readonly by: ReportBy;
  readonly output: ReportOutput;
}

export const run = async (
  context: Context,
  { since, by, output }: ReportOptions,
): Promise<number> => {
  const query = { since: await timeAgo('--since', since, context.io.clock.now()), by };
  return withConnection(context, 'read', async ({ api }) => {
    printReport(context, output, await api.report(query), { table: tableOf, csv: csvOf });
    return exitCode.done;
  });
};

const names = ['user', 'project', 'environment'] as const;

/** Which of the names a line has. */
const namesBy: Readonly<Record<ReportBy, readonly (typeof names)[number][]>> = {
  user: ['user'],
  project: ['user', 'project'],
  environment: ['user', 'project', 'environment'],
};

const csvOf = ({ items }: UsageReport): string =>
  [
    csvLine([...names, ...figures.map(([name]) => name)]),
    ...items.map((item) =>
      csvLine([...names.map((name) => item[name]), ...figures.map(([, , field]) => item[field])]),
    ),
  ].join('');

const tableOf = ({ by, since, until, items, total }: UsageReport): string => {
  const span = `From ${time(since)} to ${time(until)} UTC`;
  if (items.length === 0) return `${span}, nothing was held and nothing measured.`;
  const columns = namesBy[by];
  const rows = items.map((item) => [
    ...columns.map((name) => oneLine(item[name] ?? '-')),
    ...figures.map(([, , field]) => amount(field, item)),
  ]);
  const totals = [
    ...columns.map((_, at) => (at === 0 ? 'all' : '')),
    ...figures.map(([, , field]) => amount(field, total)),
  ];
  const head = [...columns.map((name) => name.toUpperCase()), ...figures.map(([, title]) => title)];
  return [
    renderTable(head, [...rows, totals]).trimEnd(),
    '',
    `${span}. GPU hours held are those used, wasted and unknown; waste is of what was measured.`,
    ...(total.gpuHoursUnknown > 0
      ? [
          'Unknown: a card was held, and nobody measured, as no controller or no container ran, or the driver does not tell.',
        ]
      : []),
    'CPU and memory are of the hours that were measured.',
  ].join('\n');
};

const figures: readonly (readonly [string, string, keyof UsageFigures])[] = [
  ['gpu_hours_held', 'GPU-H HELD', 'gpuHoursHeld'],
  ['gpu_hours_used', 'USED', 'gpuHoursUsed'],
  ['gpu_hours_wasted', 'WASTED', 'gpuHoursWasted'],
  ['gpu_waste_percent', 'WASTE', 'wastePercent'],
  ['gpu_hours_unknown', 'UNKNOWN', 'gpuHoursUnknown'],
  ['cpu_hours', 'CPU-H', 'cpuHours'],
  ['memory_gib_hours', 'MEMORY GB-H', 'memoryGibHours'],
  ['measured_hours', 'MEASURED H', 'measuredHours'],
];

const amount = (field: keyof UsageFigures, of: UsageFigures): string => {
  const value = of[field];
  if (value === null) return '-';
  return field === 'wastePercent' ? `${Math.round(value)} %` : value.toFixed(value < 10 ? 2 : 1);
};

/** `2026-03-01 12:00` */
const time = (iso: string): string => iso.slice(0, 16).replace('T', ' ');
