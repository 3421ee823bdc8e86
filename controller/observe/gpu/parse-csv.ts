/** Cells of one row by the name that was asked for; what the card does not tell is null. */
export interface Row {
  readonly raw: ReadonlyMap<string, string>;
  text(field: string): string | null;
  /** null: not told, or not a number. */
  number(field: string): number | null;
}

export interface Parsed {
  readonly rows: readonly Row[];
  /** Lines that are no row. */
  readonly others: readonly string[];
}

/**
 * Comma-separated lines without a header or units. There is no quoting, so a line is a row when it has
 * exactly the columns that were asked for, in that order.
 */
export const parseCsv = (output: string, fields: readonly string[]): Parsed => {
  const rows: Row[] = [];
  const others: string[] = [];
  for (const line of linesOf(output)) {
    const cells = line.split(',').map((cell) => cell.trim());
    if (cells.length === fields.length && isRow(cells)) {
      rows.push(row(new Map(fields.map((field, at) => [field, cells[at] ?? '']))));
    } else others.push(line.trim());
  }
  return { rows, others };
};

export const linesOf = (text: string): readonly string[] =>
  text.split(/\r?\n/).filter((line) => line.trim() !== '');

const sentinels = new Set(['', 'N/A', 'ERR!', 'NOT SUPPORTED', 'UNKNOWN ERROR']);

/** `[N/A]`, `N/A`, `[Not Supported]`, any other bracketed word. */
export const isSentinel = (cell: string): boolean =>
  /^\[.*\]$/.test(cell) || sentinels.has(cell.toUpperCase());

/** null: not told. */
export const told = (cell: string | undefined): string | null =>
  cell === undefined || isSentinel(cell) ? null : cell;

export const numberOf = (cell: string | undefined): number | null => {
  const text = told(cell);
  if (text === null) return null;
  // `nounits` is not kept for every column by every driver.
  const match = /^(-?\d+(?:\.\d+)?)(?:\s*[%\w]+)?$/.exec(text);
  return match === null ? null : Number(match[1]);
};

/** The first column of every question is an index or a card's id; a sentence with commas has neither. */
const isRow = ([first = '']: readonly string[]): boolean =>
  /^\d+$/.test(first) || /^(?:GPU|MIG)-/.test(first) || isSentinel(first);

const row = (raw: ReadonlyMap<string, string>): Row => ({
  raw,
  text: (field) => told(raw.get(field)),
  number: (field) => numberOf(raw.get(field)),
});
