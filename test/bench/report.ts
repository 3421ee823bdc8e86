import { median, ratios } from './figures.ts';

/** One line: what was measured, how often, beside its floor and its goal where there are such. */
export interface Figure {
  readonly name: string;
  /** One for each round, at least one. */
  readonly values: readonly number[];
  readonly text: (value: number) => string;
  /** What the same work costs without MLEnv, measured in the same rounds. */
  readonly floor?: { readonly name: string; readonly values: readonly number[] };
  readonly goal?: string;
  readonly note?: string;
}

export interface Section {
  /** As `--only` names it. */
  readonly id: string;
  readonly title: string;
  readonly figures: readonly Figure[];
}

export const columns = ['what', 'median', 'min … max', 'to its floor', 'goal', ''] as const;

/** The cells of a figure, in the order of `columns`. */
export function cells({ name, values, text, floor, goal, note }: Figure): readonly string[] {
  const spread = (all: readonly number[], say: (value: number) => string): string =>
    all.length === 1 ? '' : `${say(Math.min(...all))} … ${say(Math.max(...all))}`;
  return [
    name,
    text(median(values)),
    spread(values, text),
    floor === undefined ? '' : against(ratios(values, floor.values), floor.name),
    goal ?? '',
    note ?? '',
  ];
}

export function printed(section: Section): string {
  const rows = [columns, ...section.figures.map(cells)];
  const widths = columns.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, at) => `  ${cell.padEnd(widths[at] ?? 0)}`)
      .join('')
      .trimEnd(),
  );
  return [`\n${section.title}`, ...lines].join('\n');
}

/** With what it was measured on, so that no figure stands without its machine. */
export function markdown(section: Section, machine: string): string {
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    `${section.title}. ${machine}`,
    '',
    line(columns),
    line(columns.map(() => '---')),
    ...section.figures.map((figure) => line(cells(figure))),
  ].join('\n');
}

/** The document with the section's table in the place of the one before it. Throws where it has no place. */
export function replaced(document: string, id: string, table: string): string {
  const [from, to] = [`<!-- measured: ${id} -->`, `<!-- end: ${id} -->`];
  const [start, end] = [document.indexOf(from), document.indexOf(to)];
  if (start < 0 || end < start) throw new Error(`the document has no place for ${id}`);
  return `${document.slice(0, start + from.length)}\n\n${table}\n\n${document.slice(end)}`;
}

const against = (all: readonly number[], name: string): string => {
  const spread =
    all.length === 1 ? '' : ` (${Math.min(...all).toFixed(2)} … ${Math.max(...all).toFixed(2)})`;
  return `${median(all).toFixed(2)} × ${name}${spread}`;
};
