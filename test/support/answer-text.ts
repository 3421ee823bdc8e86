import type { Statement } from 'better-sqlite3';

/** What a statement answers, as the sqlite3 shell shows it: a table, or lines where it is wide. */
export const answerText = (statement: Statement): string => {
  if (!statement.reader) {
    const { changes } = statement.run();
    return changes === 1 ? '1 row changed' : `${changes} rows changed`;
  }
  const rows = statement.all() as Rows;
  const columns = statement.columns().map(({ name }) => name);
  if (rows.length === 0) return 'no row';
  return columns.length > 6 ? asLines(columns, rows) : asTable(columns, rows);
};

type Value = string | number | null;

type Rows = readonly Readonly<Record<string, Value>>[];

const asTable = (columns: readonly string[], rows: Rows): string => {
  const cells = rows.map((row) => columns.map((column) => cell(row[column])));
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...cells.map((row) => row[index]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((text, index) => text.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  return [columns, widths.map((width) => '-'.repeat(width)), ...cells].map(line).join('\n');
};

const asLines = (columns: readonly string[], rows: Rows): string => {
  const width = Math.max(...columns.map((column) => column.length));
  return rows
    .map((row) =>
      columns
        .filter((column) => row[column] !== null)
        .map((column) => `${column.padStart(width)} = ${cell(row[column])}`.trimEnd())
        .join('\n'),
    )
    .join('\n\n');
};

const cell = (value: Value | undefined): string => String(value ?? 'NULL');
