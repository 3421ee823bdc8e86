import type { Diagnostic } from '../controller/model/diagnostic.ts';
import type { Code } from './codes.ts';
import { safeText } from './safe-text.ts';

/** One text and where its lines begin. */
export interface Source {
  readonly file: string;
  readonly text: string;
  readonly lineStarts: readonly number[];
}

/** Offsets in UTF-16 units; `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export const sourceOf = (file: string, text: string): Source => {
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    lineStarts.push(at + 1);
  }
  return { file, text, lineStarts };
};

/** Columns count characters (code points), from 1. */
export const diagnosticAt = (
  source: Source,
  span: Span,
  say: { readonly code: Code; readonly message: string; readonly hint: string },
): Diagnostic => {
  // What is missing at the end is shown behind the last character that is there.
  const end = source.text.trimEnd().length;
  const start = Math.min(Math.max(span.start, 0), end);
  const line = lineAt(source, start);
  const lineStart = source.lineStarts[line] ?? 0;
  const lineEnd = (source.lineStarts[line + 1] ?? source.text.length + 1) - 1;
  const text = source.text.slice(lineStart, lineEnd).replace(/\r$/, '');
  const before = text.slice(0, start - lineStart);
  const column = Array.from(before).length + 1;
  const marked = Array.from(
    source.text.slice(start, Math.min(span.end, lineStart + text.length)),
  ).length;
  return {
    code: say.code,
    file: source.file,
    line: line + 1,
    column,
    message: say.message,
    hint: say.hint,
    excerpt: excerptOf({ before, after: text.slice(before.length), column }),
    length: Math.max(1, marked),
  };
};

/** By line and column; the same fault is told once. */
export const inOrder = (diagnostics: readonly Diagnostic[]): readonly Diagnostic[] => {
  const seen = new Map(
    diagnostics.map((one) => [
      `${one.file}:${one.line}:${one.column}:${one.code}:${one.message}`,
      one,
    ]),
  );
  return [...seen.values()].sort(
    (a, b) =>
      (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column,
  );
};

/** `mlenv.yaml:12:7 error CODE: message`, the line, a caret, what to do. */
export const formatDiagnostic = (diagnostic: Diagnostic): string => {
  const { file, line, column, code, message, hint, excerpt, length } = diagnostic;
  const out = [`${safeText(file)}:${line}:${column} error ${code}: ${safeText(message)}`];
  if (excerpt !== '') {
    const gutter = ' '.repeat(String(line).length);
    const caretAt = caretColumn(column);
    const room = Math.max(1, Array.from(excerpt).length - caretAt + 1);
    out.push(`  ${line} | ${safeText(excerpt, excerptMax)}`);
    out.push(`  ${gutter} | ${' '.repeat(caretAt - 1)}${'^'.repeat(Math.min(length, room))}`);
  }
  if (hint !== '') out.push(`  ${safeText(hint)}`);
  return out.join('\n');
};

/** A workflow command that GitHub shows beside the line. */
export const formatAnnotation = (diagnostic: Diagnostic): string => {
  const { file, line, column, code, message, hint, length } = diagnostic;
  const property = (text: string): string =>
    safeText(text).replace(/%/g, '%25').replace(/:/g, '%3A').replace(/,/g, '%2C');
  const text = safeText(hint === '' ? message : `${message} (${hint})`).replace(/%/g, '%25');
  return (
    `::error file=${property(file)},line=${line},col=${column},` +
    `endColumn=${column + length},title=${property(code)}::${text}`
  );
};

const excerptMax = 160;
const windowFrom = 100;
const windowCaret = 80;

// A long line is shown as a window in which the caret always stands at the same column, so that
// the excerpt and the column alone say where to draw it.
const excerptOf = ({
  before,
  after,
  column,
}: {
  readonly before: string;
  readonly after: string;
  readonly column: number;
}): string => {
  // No more is cut into letters than can be shown: a line may be 64 KiB.
  const behind = Array.from(safeText(after.slice(0, 2 * excerptMax)));
  const ahead = Array.from(safeText(before.slice(-2 * excerptMax)));
  if (column <= windowFrom) return cut([...ahead, ...behind], excerptMax);
  return `…${cut([...ahead.slice(2 - windowCaret), ...behind], excerptMax - 1)}`;
};

const cut = (letters: readonly string[], max: number): string =>
  letters.length <= max ? letters.join('') : `${letters.slice(0, max - 1).join('')}…`;

const caretColumn = (column: number): number => (column <= windowFrom ? column : windowCaret);

/** From 0. */
export const lineAt = ({ lineStarts }: Source, offset: number): number => {
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
};
