import { isUtf8 } from 'node:buffer';
import { Composer, isMap, isScalar, isSeq, type Document, type ParsedNode } from 'yaml';
import type { Diagnostic } from '../controller/model/diagnostic.ts';
import { lex, type TextFault } from './lex.ts';
import { diagnosticAt, inOrder, sourceOf, type Source, type Span } from './point.ts';
import { quoted } from './safe-text.ts';
import type { Entry, MapTree, ScalarTree, Tree } from './tree.ts';

/** More than a person reads; a hostile file could have thousands. */
export const maxDiagnostics = 200;

// Behind the first errors of syntax mostly their own echoes are found.
const maxSyntaxErrors = 10;

/** 64 KiB */
export const maxBytes = 65_536;

export type Parsed =
  | { readonly ok: true; readonly source: Source; readonly root: MapTree }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Bytes of a spec to a tree of plain data. Never throws, whatever the bytes are. */
export const parseSpec = (bytes: Uint8Array, file: string): Parsed => {
  const decoded = decode(bytes);
  const source = sourceOf(file, decoded.text);
  const faults: TextFault[] = [];
  const root = decoded.fault === null ? compose(decoded.text, faults) : null;
  if (decoded.fault !== null) faults.push(decoded.fault);
  if (root !== null && faults.length === 0) return { ok: true, source, root };
  return {
    ok: false,
    diagnostics: inOrder(
      faults.slice(0, maxDiagnostics).map((fault) => diagnosticAt(source, fault.span, fault)),
    ),
  };
};

const decode = (bytes: Uint8Array): { text: string; fault: TextFault | null } => {
  if (bytes.length > maxBytes) {
    const hint = 'shorten it, or split the project';
    const message = `larger than ${maxBytes / 1024} KiB`;
    return { text: '', fault: { code: 'E_FILE_SIZE', span: nowhere, message, hint } };
  }
  const text = new TextDecoder('utf-8').decode(bytes);
  const bad =
    /(?![\t\n\r\u0085])[\p{Cc}\uFEFF\uFFFE\uFFFF]/u.exec(text) ??
    (isUtf8(bytes) ? null : /\uFFFD/.exec(text));
  if (bad === null) return { text, fault: null };
  const message =
    bad[0] === '\uFFFD'
      ? 'a byte that is not UTF-8'
      : `the character U+${bad[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  const span = { start: bad.index, end: bad.index + 1 };
  const hint = 'save the file as plain UTF-8 text';
  return { text, fault: { code: 'E_ENCODING', span, message, hint } };
};

const compose = (text: string, faults: TextFault[]): MapTree | null => {
  const lexed = lex(text);
  if (!lexed.ok) {
    faults.push(...lexed.faults);
    return null;
  }
  const documents = [...composer().compose(lexed.tokens, true, text.length)];
  const [first, second] = documents;
  if (second !== undefined) {
    const start = separator(text, second);
    const hint = 'one file is one project';
    const message = 'a second document begins here';
    faults.push({ code: 'E_MULTIPLE_DOCUMENTS', span: { start, end: start + 3 }, message, hint });
  }
  const errors = documents.flatMap((one) => [...one.errors, ...one.warnings]);
  for (const error of errors.slice(0, maxSyntaxErrors)) {
    if (error.code === 'MULTIPLE_DOCS') continue;
    const [start, end] = error.pos;
    const message = error.message.replace(/\s+/g, ' ');
    const hint = hints[error.code] ?? '';
    faults.push({ code: 'E_SYNTAX', span: { start, end }, message, hint });
  }
  if (faults.length > 0 || first === undefined) return null;
  return rootOf(first, faults);
};

const hints: Readonly<Record<string, string | undefined>> = {
  BAD_INDENT: 'something is not closed, or begins at the wrong column',
  BLOCK_AS_IMPLICIT_KEY: 'quote the text where the colon belongs to it',
  MISSING_CHAR: 'something that was opened is not closed, or a colon or comma is missing',
  MULTILINE_IMPLICIT_KEY: 'a key stands on one line; perhaps a colon is missing',
  TAB_AS_INDENT: 'indent with blanks',
  UNEXPECTED_TOKEN: 'quote the text where this belongs to it',
};

const composer = (): Composer =>
  new Composer({
    version: '1.2',
    schema: 'core',
    strict: true,
    uniqueKeys: false,
    merge: false,
    prettyErrors: false,
    logLevel: 'error',
  });

const rootOf = (document: Document.Parsed, faults: TextFault[]): MapTree | null => {
  const contents = document.contents;
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    const message = 'nothing is written here';
    const hint = 'mlenv init writes a first one';
    faults.push({ code: 'E_EMPTY', span: nowhere, message, hint });
    return null;
  }
  const tree = treeOf(contents, faults);
  if (tree.kind === 'map') return tree;
  const message = 'the file must be a map of fields';
  const hint = 'begin with: apiVersion: mlenv/v1';
  faults.push({ code: 'E_TYPE', span: tree.span, message, hint });
  return null;
};

/** Recurses no deeper than the depth that `lex` let through. */
const treeOf = (node: ParsedNode | null, faults: TextFault[]): Tree => {
  const span = spanOfNode(node);
  if (isMap<ParsedNode, ParsedNode | null>(node)) {
    const entries: Entry[] = [];
    const seen = new Set<string>();
    for (const pair of node.items) {
      const entry = entryOf(pair.key, pair.value, faults);
      if (entry === null) continue;
      if (seen.has(entry.key)) faults.push(duplicate(entry));
      seen.add(entry.key);
      entries.push(entry);
    }
    return { kind: 'map', entries, span };
  }
  if (isSeq<ParsedNode>(node)) {
    return { kind: 'list', items: node.items.map((item) => treeOf(item, faults)), span };
  }
  return scalarOf(node, span, faults);
};

const entryOf = (key: ParsedNode, value: ParsedNode | null, faults: TextFault[]): Entry | null => {
  const keySpan = spanOfNode(key);
  // A plain `yes`, `8888` or `null` is taken as it is written; an empty key is none.
  const text = isScalar(key) ? key.source : undefined;
  if (text === undefined || (text === '' && (!isScalar(key) || key.type === 'PLAIN'))) {
    const message = 'this key is not text';
    faults.push({ code: 'E_KEY_TYPE', span: keySpan, message, hint: '' });
    return null;
  }
  if (text === '<<') {
    const hint = 'put what the environments share under defaults:';
    faults.push({ code: 'E_MERGE_KEY', span: keySpan, message: 'merge keys are not read', hint });
  }
  return { key: text, keySpan, value: treeOf(value, faults) };
};

const scalarOf = (node: ParsedNode | null, span: Span, faults: TextFault[]): ScalarTree => {
  const value = isScalar(node) ? node.value : null;
  const text = isScalar(node) ? (node.source ?? '') : '';
  if (typeof value === 'number' && !isKept(value)) {
    const message = `${quoted(text)} cannot be kept exactly as a number`;
    faults.push({ code: 'E_NUMBER', span, message, hint: 'quote it if it is text' });
  }
  const plain =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return { kind: 'scalar', value: plain ? value : null, text, span };
};

const isKept = (value: number): boolean =>
  Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));

const duplicate = ({ key, keySpan }: Entry): TextFault => ({
  code: 'E_DUPLICATE_KEY',
  span: keySpan,
  message: `${quoted(key)} stands here a second time`,
  hint: 'keep one of the two',
});

const spanOfNode = (node: ParsedNode | null): Span => {
  const range = node?.range;
  return range ? { start: range[0], end: range[1] } : nowhere;
};

const separator = (text: string, second: Document.Parsed): number => {
  const before = text.lastIndexOf('\n---', second.range[0] + 3);
  return before >= 0 ? before + 1 : second.range[0];
};

const nowhere: Span = { start: 0, end: 0 };
