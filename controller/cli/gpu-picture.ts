import type { GpuHolder, GpuItem } from '../model/pool-api.ts';
import { oneLine } from '../report/text.ts';
import type { Paint } from './plan-text.ts';
import type { Colour } from './style.ts';

/** One row a card: how full its memory is, how busy it is, and whose it is. */
export const gpuPicture = (
  gpus: readonly GpuItem[],
  { columns, paint }: { readonly columns: number; readonly paint: Paint },
): string => {
  const texts = gpus.map((gpu) => ({ memory: memoryText(gpu), use: useText(gpu) }));
  const widthOf = (part: 'memory' | 'use', head: string): number =>
    Math.max(head.length, ...texts.map((text) => text[part].length));
  const memoryWidth = widthOf('memory', 'MEMORY');
  const useWidth = widthOf('use', 'USE');
  const fixed = indexWidth + memoryWidth + useWidth + 4 * gap.length + 2;
  const cells = Math.min(20, Math.floor((columns - fixed - holderRoom) / 2));
  // Too narrow for bars: the numbers say it.
  const hasBars = cells >= 4;
  const left = fixed + (hasBars ? 2 * cells : -2);
  const room = Math.max(1, columns - left);
  const measure = (share: number | null, text: string): string =>
    hasBars ? `${barOf(share, cells)} ${text}` : text;
  const barRoom = hasBars ? cells + 1 : 0;
  const head = [
    'GPU'.padEnd(indexWidth),
    'MEMORY'.padEnd(memoryWidth + barRoom),
    'USE'.padEnd(useWidth + barRoom),
    cut('HOLDER', room),
  ].join(gap);
  const rows = gpus.flatMap((gpu, index) => {
    const { memory = '', use = '' } = texts[index] ?? {};
    const colour = stateColour(gpu.state);
    const row = [
      String(gpu.index).padStart(indexWidth),
      paint(colour, measure(memoryShare(gpu), memory.padStart(memoryWidth))),
      paint(colour, measure(useShare(gpu), use.padStart(useWidth))),
      paint(colour, cut(whoseText(gpu), room)),
    ].join(gap);
    return [row, ...gpu.slices.map((slice) => sliceRow(slice, { columns, paint }))];
  });
  return [head, ...rows].join('\n');
};

/** `40/80 GB`; `?` for what the card does not tell. */
export const memoryText = ({
  memoryUsedBytes,
  memoryTotalBytes,
}: Pick<GpuItem, 'memoryUsedBytes' | 'memoryTotalBytes'>): string =>
  `${gigabytes(memoryUsedBytes)}/${gigabytes(memoryTotalBytes)} GB`;

export const holderText = ({ project, environment, containerName }: GpuHolder): string =>
  project === null || environment === null
    ? oneLine(containerName)
    : oneLine(`${project}/${environment}`);

export const stateColour = (state: string): Colour => {
  if (state === 'free') return 'green';
  if (state === 'unhealthy' || state === 'lost') return 'red';
  return state === 'held' || state === 'shared' || state === 'mig' ? 'cyan' : 'yellow';
};

const gap = '  ';
const indexWidth = 3;
/** Kept free for who holds it, before bars are drawn longer. */
const holderRoom = 20;

const sliceRow = (
  { profile, holders }: GpuItem['slices'][number],
  { columns, paint }: { readonly columns: number; readonly paint: Paint },
): string => {
  const who = holders.length === 0 ? 'free' : holders.map(holderText).join(', ');
  const text = `${' '.repeat(indexWidth)}${gap}└ ${oneLine(profile).padEnd(10)}${gap}${who}`;
  return paint(stateColour(holders.length === 0 ? 'free' : 'held'), cut(text, columns));
};

const whoseText = ({ state, holders }: GpuItem): string => {
  const names = holders.map(holderText).join(', ');
  if (names === '') return state;
  return state === 'held' ? names : `${names} (${state})`;
};

const memoryShare = ({ memoryUsedBytes, memoryTotalBytes }: GpuItem): number | null =>
  memoryUsedBytes === null || memoryTotalBytes === null || memoryTotalBytes === 0
    ? null
    : memoryUsedBytes / memoryTotalBytes;

const useShare = ({ utilization }: GpuItem): number | null =>
  utilization === null ? null : utilization / 100;

const useText = ({ utilization }: GpuItem): string =>
  utilization === null ? '? %' : `${utilization} %`;

/** What is not known is drawn as neither full nor empty. */
const barOf = (share: number | null, cells: number): string => {
  if (share === null) return '·'.repeat(cells);
  const part = Math.round(Math.min(1, Math.max(0, share)) * cells);
  // A little is not nothing.
  const full = share > 0 ? Math.max(1, part) : 0;
  return `${'█'.repeat(full)}${'░'.repeat(cells - full)}`;
};

const gigabytes = (bytes: number | null): string =>
  bytes === null ? '?' : (bytes / 2 ** 30).toFixed(0);

const cut = (text: string, room: number): string => {
  const letters = Array.from(text);
  return letters.length <= room ? text : `${letters.slice(0, Math.max(0, room - 1)).join('')}…`;
};
