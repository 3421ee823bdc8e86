import type { GpuHolder, GpuItem, GpuReport } from '../model/pool-api.ts';
import { ageSince } from '../report/age.ts';
import { renderTable } from '../report/table.ts';
import { oneLine } from '../report/text.ts';
import type { Colour } from './style.ts';

export interface GpuTextOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly columns: number;
  readonly paint: (colour: Colour, text: string) => string;
}

/** A table of the cards, and where there are several a picture of how full each is. */
export const gpuText = (report: GpuReport, options: GpuTextOptions): string => {
  if (report.state !== 'known') {
    return [
      report.state === 'none' ? `No GPU: ${report.why}` : `The GPUs cannot be read: ${report.why}`,
      ...(report.todo === '' ? [] : [`  ${report.todo}`]),
    ].join('\n');
  }
  const head = [
    `Driver ${report.driver ?? '?'}${report.cuda === null ? '' : `, CUDA ${report.cuda}`}`,
    '',
    renderTable(
      ['GPU', 'MODEL', 'STATE', 'HOLDER', 'OWNER', 'SINCE', 'USE', 'MEMORY', 'HEALTH'],
      report.gpus.flatMap((gpu) => rowsOf(gpu, options)),
    ).trimEnd(),
  ];
  return [
    ...head,
    ...(report.gpus.length > 1 ? ['', ...report.gpus.map((gpu) => picture(gpu, options))] : []),
    ...reasonLines(report.gpus),
    ...report.warnings.map((warning) => `warning: ${oneLine(warning)}`),
  ].join('\n');
};

const rowsOf = (gpu: GpuItem, { now }: GpuTextOptions): readonly (readonly string[])[] => {
  const [first, ...more] = gpu.holders;
  const row = [
    String(gpu.index),
    oneLine(gpu.model),
    gpu.state,
    first === undefined ? '-' : holderText(first),
    first?.owner ?? '-',
    ageSince(first?.since ?? null, now),
    gpu.utilization === null ? '-' : `${gpu.utilization} %`,
    memoryText(gpu),
    gpu.state === 'unhealthy' || gpu.state === 'lost' ? gpu.state : 'ok',
  ];
  const also = more.map((holder) => [
    '',
    '',
    '',
    holderText(holder),
    holder.owner ?? '-',
    ageSince(holder.since, now),
  ]);
  const slices = gpu.slices.map(({ profile, holders: [holder] }) => [
    '',
    `  ${profile}`,
    holder === undefined ? 'free' : 'held',
    holder === undefined ? '-' : holderText(holder),
    holder?.owner ?? '-',
    ageSince(holder?.since ?? null, now),
  ]);
  return [row, ...also, ...slices].map((cells) => [
    ...cells,
    ...Array<string>(9 - cells.length).fill(''),
  ]);
};

const holderText = ({ project, environment, containerName }: GpuHolder): string =>
  project === null || environment === null ? oneLine(containerName) : `${project}/${environment}`;

const memoryText = ({ memoryUsedBytes, memoryTotalBytes }: GpuItem): string =>
  memoryTotalBytes === null ? '-' : `${gb(memoryUsedBytes)}/${gb(memoryTotalBytes)} GB`;

const gb = (bytes: number | null): string => (bytes === null ? '?' : (bytes / 2 ** 30).toFixed(0));

/** ` 0 [█████████░░░░░░] vision/train` */
const picture = (gpu: GpuItem, { columns, paint }: GpuTextOptions): string => {
  const cells = Math.max(10, Math.min(30, columns - 40));
  const share =
    gpu.memoryTotalBytes === null || gpu.memoryTotalBytes === 0
      ? 0
      : (gpu.memoryUsedBytes ?? 0) / gpu.memoryTotalBytes;
  const full = Math.min(cells, Math.round(share * cells));
  const bar = `${'█'.repeat(full)}${'░'.repeat(cells - full)}`;
  const who = [...gpu.holders, ...gpu.slices.flatMap(({ holders }) => holders)].map(holderText);
  const label = who.length > 0 ? who.join(', ') : gpu.state;
  return `${String(gpu.index).padStart(3)} [${paint(colourOf(gpu), bar)}] ${label}`;
};

const colourOf = ({ state }: GpuItem): Colour => {
  if (state === 'free') return 'green';
  if (state === 'unhealthy' || state === 'lost') return 'red';
  return state === 'held' || state === 'shared' || state === 'mig' ? 'cyan' : 'yellow';
};

const reasonLines = (gpus: readonly GpuItem[]): readonly string[] => {
  const lines = gpus
    .filter(({ why }) => why !== '')
    .map(({ index, why }) => `GPU ${index}: ${oneLine(why)}`);
  return lines.length === 0 ? [] : ['', ...lines];
};
