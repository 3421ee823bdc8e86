import { stripVTControlCharacters } from 'node:util';
import type { GpuLink } from '../../model/gpu.ts';
import { linesOf } from './parse-csv.ts';

/**
 * Links between cards from `nvidia-smi topo -m`; null: no matrix in it. Headings have blanks inside and
 * the first line is underlined even in a pipe: cells are what lies between tabs.
 */
export const parseTopology = (
  output: string,
  uuidOf: (index: number) => string | null,
): readonly GpuLink[] | null => {
  const lines = linesOf(stripVTControlCharacters(output)).map((line) =>
    line.split('\t').map((cell) => cell.trim()),
  );
  const at = lines.findIndex(([first, ...rest]) => first === '' && rest.some(isCard));
  const columns = lines[at];
  if (columns === undefined) return null;
  return lines.slice(at + 1).flatMap((cells) => {
    const from = cardOf(cells[0], uuidOf);
    if (from === null) return [];
    return columns.flatMap((column, position): GpuLink[] => {
      const to = cardOf(column, uuidOf);
      const kind = cells[position] ?? '';
      const score = scoreOf(kind);
      return to === null || to === from || score === 0 ? [] : [{ from, to, kind, score }];
    });
  });
};

const scores: Readonly<Record<string, number>> = {
  SYS: 10,
  // What SYS was called before R384.
  SOC: 10,
  NODE: 20,
  PHB: 30,
  PXB: 40,
  PIX: 50,
};

/** 0: not a link that we know. */
const scoreOf = (kind: string): number => {
  const links = /^NV(\d+)$/.exec(kind)?.[1];
  return links === undefined ? (scores[kind] ?? 0) : 100 * Number(links);
};

const isCard = (cell: string): boolean => /^GPU\d+$/.test(cell);

const cardOf = (
  cell: string | undefined,
  uuidOf: (index: number) => string | null,
): string | null => (cell !== undefined && isCard(cell) ? uuidOf(Number(cell.slice(3))) : null);
