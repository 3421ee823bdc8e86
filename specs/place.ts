import type { Diagnostic } from '../controller/model/diagnostic.ts';
import type { Fault, Path } from './fault.ts';
import { maxDiagnostics } from './parse.ts';
import { diagnosticAt, inOrder, type Source, type Span } from './point.ts';
import { find, spanOf, type Tree } from './tree.ts';

/** Faults with their places, in the order of the text. */
export const placeFaults = (
  faults: readonly Fault[],
  root: Tree,
  source: Source,
): readonly Diagnostic[] => {
  const placed = faults
    .map((fault) => ({ fault, span: pieceOf(fault.piece, fieldSpan(fault, root), source) }))
    .sort((a, b) => a.span.start - b.span.start);
  const shown = placed.slice(0, maxDiagnostics);
  return inOrder(shown.map(({ fault, span }) => diagnosticOf(fault, span, source)));
};

const fieldSpan = ({ path, at }: Fault, root: Tree): Span => spanOf(root, originOf(root, path), at);

const diagnosticOf = (fault: Fault, span: Span, source: Source): Diagnostic => {
  if (fault.elsewhere === undefined) return diagnosticAt(source, span, fault);
  const { file, line, column } = fault.elsewhere;
  const { code, message, hint } = fault;
  // No excerpt: lines of an environment file are secrets.
  return { code, file, line, column, message, hint, excerpt: '', length: 1 };
};

/**
 * Where a field of an environment was written: in the environment, or in `defaults`, or, as a name
 * in a list, at that name.
 */
const originOf = (root: Tree, path: Path): Path => {
  const [top, name, ...rest] = path;
  const own = inList(root, path);
  if (top !== 'environments' || name === undefined || rest.length === 0) return own;
  if (find(root, own) !== undefined) return own;
  const shared = inList(root, ['defaults', ...rest]);
  if (find(root, shared) !== undefined) return shared;
  // Neither holds all of it: the one that holds its field.
  const field = rest.slice(0, 1);
  const isOwn = find(root, ['environments', name, ...field]) !== undefined;
  return isOwn || find(root, ['defaults', ...field]) === undefined ? own : shared;
};

const inList = (root: Tree, path: Path): Path => {
  const last = path.at(-1);
  const parent = find(root, path.slice(0, -1));
  if (typeof last !== 'string' || parent?.kind !== 'list') return path;
  const index = parent.items.findIndex((item) => item.kind === 'scalar' && item.value === last);
  return index < 0 ? path : [...path.slice(0, -1), index];
};

const pieceOf = (piece: string | undefined, span: Span, source: Source): Span => {
  if (piece === undefined) return span;
  const at = source.text.slice(span.start, span.end).indexOf(piece);
  return at < 0 ? span : { start: span.start + at, end: span.start + at + piece.length };
};
