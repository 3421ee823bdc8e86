import type { GpuItem, GpuReport } from '../model/pool-api.ts';
import { ageSince } from '../report/age.ts';
import { renderTable } from '../report/table.ts';
import { oneLine } from '../report/text.ts';
import { gpuPicture, holderText, memoryText, stateColour } from './gpu-picture.ts';
import type { Paint } from './plan-text.ts';

export interface GpuTextOptions {
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** Of the terminal; the picture is never wider. */
  readonly columns: number;
  readonly paint: Paint;
}

/** A table of the cards, beneath it where there are several a picture, and what is to be known. */
export const gpuTable = (report: GpuReport, options: GpuTextOptions): string => {
  if (report.state !== 'known') return nothingText(report);
  const { driver, cuda, gpus } = report;
  const table = renderTable(
    ['GPU', 'MODEL', 'STATE', 'HOLDER', 'OWNER', 'SINCE', 'USE', 'MEMORY', 'HEALTH'],
    gpus.flatMap((gpu) => rowsOf(gpu, options)),
  );
  return [
    `Driver ${oneLine(driver ?? '?')}${cuda === null ? '' : `, CUDA ${oneLine(cuda)}`}`,
    '',
    table.trimEnd(),
    ...(gpus.length > 1 ? ['', gpuPicture(gpus, options)] : []),
    ...remarks(report),
  ].join('\n');
};

/** The picture alone, for a small terminal. */
export const gpuPictureText = (report: GpuReport, options: GpuTextOptions): string =>
  report.state === 'known'
    ? [gpuPicture(report.gpus, options), ...remarks(report)].join('\n')
    : nothingText(report);

const nothingText = ({ state, why, todo }: GpuReport): string => {
  const head = state === 'none' ? 'No GPU' : 'The GPUs cannot be read';
  const cure = todo === '' ? defaultTodo[state === 'none' ? 'none' : 'unknown'] : oneLine(todo);
  return `${head}: ${oneLine(why)}\n  ${cure}`;
};

const defaultTodo = {
  none: 'with a card in this host, install its driver: nvidia-smi -L must list it',
  unknown: 'nothing new gets a card until then; mlenv doctor looks at this host',
} as const;

const rowsOf = (gpu: GpuItem, options: GpuTextOptions): readonly (readonly string[])[] => {
  const [first = freeCells, ...more] = gpu.holders.map((holder) => holderCells(holder, options));
  const isSick = gpu.state === 'unhealthy' || gpu.state === 'lost';
  const row = [
    String(gpu.index),
    oneLine(gpu.model),
    options.paint(stateColour(gpu.state), gpu.state),
    ...first,
    gpu.utilization === null ? '-' : `${gpu.utilization} %`,
    gpu.memoryTotalBytes === null ? '-' : memoryText(gpu),
    isSick ? options.paint('red', gpu.state) : 'ok',
  ];
  const also = more.map((cells) => ['', '', '', ...cells]);
  const slices = gpu.slices.flatMap(({ profile, holders }) => {
    const [one = freeCells, ...others] = holders.map((holder) => holderCells(holder, options));
    const state = holders.length === 0 ? 'free' : 'held';
    return [
      ['', `  ${oneLine(profile)}`, options.paint(stateColour(state), state), ...one],
      ...others.map((cells) => ['', '', '', ...cells]),
    ];
  });
  return [row, ...also, ...slices].map((cells) => [
    ...cells,
    ...Array<string>(row.length - cells.length).fill(''),
  ]);
};

const freeCells = ['-', '-', '-'];

const holderCells = (
  holder: GpuItem['holders'][number],
  { nowMs }: GpuTextOptions,
): readonly string[] => [
  holderText(holder),
  oneLine(holder.owner ?? '-'),
  ageSince(holder.since, nowMs),
];

/** Why a card is not offered, and what could not be read. */
const remarks = ({ gpus, warnings }: GpuReport): readonly string[] => {
  const lines = [
    ...gpus
      .filter(({ why }) => why !== '')
      .map(({ index, why }) => `GPU ${index}: ${oneLine(why)}`),
    ...warnings.map((warning) => `warning: ${oneLine(warning)}`),
  ];
  return lines.length === 0 ? [] : ['', ...lines];
};
