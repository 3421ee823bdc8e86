import type { SeriesReport } from '../model/usage-api.ts';
import { bytes, duration } from '../plan/words.ts';
import { renderTable } from '../report/table.ts';
import { oneLine } from '../report/text.ts';
import { sparkline } from './spark.ts';

export const seriesTable = (report: SeriesReport): string => {
  const { points, since, until } = report;
  const name = oneLine(`${report.project}/${report.environment}`);
  if (points.length === 0) {
    return `Nothing was measured of ${name} from ${time(since)} to ${time(until)} UTC.`;
  }
  const hasCards = points.some(({ gpuUtilization: use, gpuMemoryBytes: memory }) =>
    [use, memory].some((value) => value !== null),
  );
  const table = renderTable(
    [
      'TIME (UTC)',
      'CPU',
      'MEMORY',
      ...(hasCards ? ['GPU', 'GPU MEMORY'] : []),
      'NET IN',
      'NET OUT',
      'DISK READ',
      'DISK WRITE',
    ],
    points.map((point) => [
      time(point.at),
      percent(point.cpuPercent),
      size(point.memoryBytes),
      ...(hasCards ? [percent(point.gpuUtilization), size(point.gpuMemoryBytes)] : []),
      size(point.networkRxBytes),
      size(point.networkTxBytes),
      size(point.diskReadBytes),
      size(point.diskWriteBytes),
    ]),
  ).trimEnd();
  const cpu = points.map(({ cpuPercent }) => cpuPercent);
  const gpu = points.map(({ gpuUtilization }) => gpuUtilization);
  return [
    table,
    '',
    `CPU  ${sparkline(cpu, Math.max(100, ...cpu.map((value) => value ?? 0)))}`,
    ...(hasCards ? [`GPU  ${sparkline(gpu, 100)}`] : []),
    resolutionText(report),
  ].join('\n');
};

const resolutionText = ({ resolution, everyMs }: SeriesReport): string =>
  resolution === 'samples'
    ? `Means over ${duration(everyMs)}, of samples; bytes are those moved in that time.`
    : `Means over ${duration(everyMs)}, of whole hours, as samples this old are gone; bytes are those moved in that time.`;

/** `2026-03-01 12:00:30` */
const time = (iso: string): string => iso.slice(0, 19).replace('T', ' ');

const percent = (value: number | null): string =>
  value === null ? '-' : `${Math.round(value * 10) / 10} %`;

const size = (value: number | null): string => (value === null ? '-' : bytes(value));
