import type { RowValue } from '../model/record-care.ts';

export const csvLine = (values: readonly RowValue[]): string =>
  `${values.map(csvField).join(',')}\r\n`;

/** RFC 4180; what a spreadsheet would take for a formula is kept as text. */
const csvField = (value: RowValue): string => {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
