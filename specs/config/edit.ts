import { isDeepStrictEqual } from 'node:util';
import { isMap, isScalar, isSeq, parseDocument, stringify, type Node, type YAMLSeq } from 'yaml';

/** An entry of a list: a text, or a map of texts. */
export type ListEntry = string | Readonly<Record<string, string>>;

/**
 * The text of a configuration with these lists in it, by their paths (`people.admins.users`). Everything else stays
 * as it was written, byte for byte where the list is there already. The text must be valid.
 */
export const editConfig = (
  text: string,
  changes: Readonly<Record<string, readonly ListEntry[]>>,
): string =>
  Object.entries(changes).reduce(
    (now, [leaf, value]) => setList(now, leaf.split('.'), value),
    text,
  );

const setList = (text: string, path: readonly string[], value: readonly ListEntry[]): string => {
  const document = parseDocument(text);
  const list: unknown = document.getIn(path, true);
  if (isSeq(list) && list.range && list.items.every((item) => isScalar(item) || isMap(item))) {
    if (isDeepStrictEqual(list.toJSON(), value)) return text;
    if (list.flow === true)
      return splice(text, [list.range[0], list.range[1]], `[${value.map(inFlow).join(', ')}]`);
    if (value.length > 0) return spliceBlock(text, list as YAMLSeq<Node>, value);
  }
  const entries = value.map((entry) => document.createNode(entry, { flow: true }));
  document.setIn(path, document.createNode(entries, { flow: value.length === 0 }));
  return document.toString({ lineWidth: 0, flowCollectionPadding: !/\[[^\s\]]/.test(text) });
};

/** The lines of the list, from its first to its last; an entry that stays keeps its lines. */
const spliceBlock = (text: string, list: YAMLSeq<Node>, value: readonly ListEntry[]): string => {
  const first = list.range?.[0] ?? 0;
  const start = text.lastIndexOf('\n', first) + 1;
  const placed = list.items.map((item) => ({ key: keyOf(item.toJSON()), ...linesOf(text, item) }));
  const indent = ' '.repeat(first - start);
  const lines = new Map(placed.map(({ key, from, to }) => [key, text.slice(from, to)]));
  const written = value.map((entry) => `${indent}- ${lines.get(keyOf(entry)) ?? inFlow(entry)}`);
  return splice(text, [start, placed.at(-1)?.to ?? text.length], written.join('\n'));
};

/** From its first sign to the end of its last line, with what is said behind it. */
const linesOf = (text: string, { range }: Node): { readonly from: number; readonly to: number } => {
  const [from, end] = range ?? [0, 0];
  const last = from + text.slice(from, end).trimEnd().length;
  const newline = text.indexOf('\n', last);
  return { from, to: newline === -1 ? text.length : newline };
};

const keyOf = (value: unknown): string =>
  JSON.stringify(typeof value === 'number' ? String(value) : value);

const splice = (text: string, [from, to]: readonly [number, number], put: string): string =>
  text.slice(0, from) + put + text.slice(to);

const inFlow = (entry: ListEntry): string =>
  typeof entry === 'string'
    ? plain(entry)
    : `{ ${Object.entries(entry)
        .map(([name, value]) => `${name}: ${plain(value)}`)
        .join(', ')} }`;

/** As YAML reads it back, also between brackets. */
const plain = (item: string): string =>
  /[,[\]{}]/.test(item) ? JSON.stringify(item) : stringify(item, { lineWidth: 0 }).trim();
