import type { TopHost, TopItem, TopReport } from '../model/usage-api.ts';
import { bytes } from '../plan/words.ts';
import { ageSince, formatAge } from '../report/age.ts';
import { renderTable } from '../report/table.ts';
import { oneLine } from '../report/text.ts';
import type { Paint } from './plan-text.ts';
import { sparkline } from './spark.ts';

export type TopSort = 'cpu' | 'memory' | 'gpu' | 'net' | 'disk' | 'name';

export interface TopTextOptions {
  readonly nowMs: number;
  readonly sort: TopSort;
  /** Of environments. */
  readonly lines: number;
  readonly hostName: string;
  readonly paint: Paint;
}

export const topText = (report: TopReport, options: TopTextOptions): string => {
  const { nowMs, lines, sort } = options;
  if (!report.watched) {
    const last =
      report.sampledAt === null
        ? 'no sample was ever taken'
        : `the newest sample is ${ageSince(report.sampledAt, nowMs)} old`;
    return `No controller runs, so nothing is measured now; ${last}.\nNext: start one with mlenv controller; what was is told by mlenv metrics ENV\nand mlenv report.`;
  }
  const items = topSorted(report.items, sort);
  const shown = items.slice(0, lines);
  const left = items.length - shown.length;
  return [
    headText(report, options),
    '',
    ...(shown.length === 0 ? ['No environment runs.'] : [tableText(shown)]),
    ...(left > 0 ? [`and ${left} more`] : []),
  ].join('\n');
};

/** What is not known stands last. */
export const topSorted = (items: readonly TopItem[], sort: TopSort): readonly TopItem[] =>
  items.toSorted(
    (a, b) =>
      (sort === 'name' ? 0 : sortValue(b, sort) - sortValue(a, sort)) ||
      (nameOf(a) < nameOf(b) ? -1 : 1),
  );

const sortValue = (item: TopItem, sort: Exclude<TopSort, 'name'>): number => {
  switch (sort) {
    case 'cpu':
      return item.cpuPercent ?? -1;
    case 'memory':
      return item.memoryBytes ?? -1;
    case 'gpu':
      return (item.gpus ?? []).reduce((sum, { utilization }) => sum + (utilization ?? 0), -1);
    case 'net':
      return (item.networkRxBytesPerSecond ?? -1) + (item.networkTxBytesPerSecond ?? 0);
    case 'disk':
      return (item.diskReadBytesPerSecond ?? -1) + (item.diskWriteBytesPerSecond ?? 0);
    default:
      return sort satisfies never;
  }
};

const nameOf = ({ project, environment }: TopItem): string => `${project}/${environment}`;

const headText = (
  { host, sampledAt, everyMs }: TopReport,
  { hostName, nowMs, paint }: TopTextOptions,
): string => {
  const ageMs = sampledAt === null ? null : nowMs - Date.parse(sampledAt);
  const age = ageMs === null ? 'no sample yet' : `sampled ${formatAge(ageMs)} ago`;
  const isLate = ageMs !== null && ageMs > lateAfter * (everyMs ?? 0) + graceMs;
  const why =
    everyMs === null
      ? 'metrics.interval is off: nothing is sampled'
      : isLate
        ? `late: one is due every ${formatAge(everyMs)}`
        : '';
  const cards =
    host === null || host.gpus === 0 ? [] : [`GPUs ${host.gpusHeld} of ${host.gpus} held`];
  return [
    [oneLine(hostName), ...(host === null ? [] : hostTexts(host))].join('   '),
    [...cards, why === '' ? age : paint('yellow', `${age}; ${why}`)].join('   '),
  ].join('\n');
};

/** A sample may be left out, and one takes its time. */
const lateAfter = 2;
const graceMs = 5000;

const hostTexts = (host: TopHost): readonly string[] => {
  const loads = [host.load1, host.load5, host.load15].map((load) => load?.toFixed(2) ?? '-');
  return [
    `load ${loads.join(' ')}`,
    `CPU ${percent(host.cpuPercent)}${host.cores === null ? '' : ` of ${host.cores} cores`}`,
    `memory ${size(host.memoryUsedBytes)} of ${size(host.memoryTotalBytes)}`,
  ];
};

const tableText = (items: readonly TopItem[]): string => {
  const hasCards = items.some(({ gpus }) => (gpus ?? []).length > 0);
  return renderTable(
    // Where the terminal is narrow, what stands last is cut off.
    [
      'NAME',
      'OWNER',
      'CPU',
      'MEMORY',
      ...(hasCards ? ['GPUS', 'RECENT GPU, CPU'] : ['RECENT CPU']),
      'NET IN, OUT /s',
      'DISK READ, WRITE /s',
    ],
    items.map((item) => [
      oneLine(nameOf(item)),
      oneLine(item.owner ?? '-'),
      percent(item.cpuPercent),
      item.memoryLimitBytes === null
        ? size(item.memoryBytes)
        : `${size(item.memoryBytes)} of ${size(item.memoryLimitBytes)}`,
      ...(hasCards ? [gpusText(item)] : []),
      recentText(item),
      pair(item.networkRxBytesPerSecond, item.networkTxBytesPerSecond),
      pair(item.diskReadBytesPerSecond, item.diskWriteBytesPerSecond),
    ]),
  ).trimEnd();
};

/** `0: 97 % 8 GB, 1: - -` */
const gpusText = ({ gpus }: TopItem): string =>
  gpus === null || gpus.length === 0
    ? '-'
    : gpus
        .map(
          ({ index, utilization, memoryBytes }) =>
            `${index}: ${percent(utilization)} ${size(memoryBytes)}`,
        )
        .join(', ');

/** A card is full at 100; a processor at its limit, or at the most that was seen. */
const recentText = ({ recentGpu, recentCpu, cpuLimit }: TopItem): string => {
  if (recentGpu.length > 0) return sparkline(recentGpu, 100);
  const seen = Math.max(100, ...recentCpu.map((value) => value ?? 0));
  return sparkline(recentCpu, cpuLimit === null ? seen : 100 * cpuLimit);
};

const percent = (value: number | null): string => (value === null ? '-' : `${Math.round(value)} %`);

const size = (value: number | null): string => (value === null ? '-' : bytes(Math.round(value)));

const pair = (one: number | null, other: number | null): string =>
  one === null && other === null ? '-' : `${size(one)}, ${size(other)}`;
