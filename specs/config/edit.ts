import { isDeepStrictEqual } from 'node:util';
import { isScalar, isSeq, parseDocument, stringify, type Scalar, type YAMLSeq } from 'yaml';

/**
 * The text of a configuration with these lists in it, by their paths (`people.admins.users`). Everything else stays
 * as it was written, byte for byte where the list is there already. The text must be valid.
 */
export const editConfig = (
  text: string,
  changes: Readonly<Record<string, readonly string[]>>,
): string =>
  Object.entries(changes).reduce(
    (now, [leaf, value]) => setList(now, leaf.split('.'), value),
    text,
  );

const setList = (text: string, path: readonly string[], value: readonly string[]): string => {
  const document = parseDocument(text);
  const list: unknown = document.getIn(path, true);
  if (isSeq(list) && list.range && list.items.every((item) => isScalar(item))) {
    const before = list.items.map((item) => String(item.value));
    if (isDeepStrictEqual(before, value)) return text;
    if (list.flow === true) {
      const put = `[${value.map(plain).join(', ')}]`;
      return splice(text, [list.range[0], list.range[1]], put);
    }
    if (value.length > 0) return spliceBlock(text, list as YAMLSeq<Scalar>, value);
  }
  document.setIn(path, document.createNode(value, { flow: value.length === 0 }));
  return document.toString({ lineWidth: 0, flowCollectionPadding: !/\[[^\s\]]/.test(text) });
};

/** The lines of the list, from its first to its last; an item that stays keeps its line. */
const spliceBlock = (text: string, list: YAMLSeq<Scalar>, value: readonly string[]): string => {
  const start = text.lastIndexOf('\n', list.range?.[0] ?? 0) + 1;
  const last = list.items.at(-1)?.range?.[1] ?? text.length;
  const newline = text.indexOf('\n', last);
  const indent = ' '.repeat((list.range?.[0] ?? start) - start);
  const lines = new Map(
    list.items.map((item) => {
      const at = item.range?.[0] ?? 0;
      const end = text.indexOf('\n', at);
      return [String(item.value), text.slice(at, end === -1 ? undefined : end)];
    }),
  );
  const written = value.map((item) => `${indent}- ${lines.get(item) ?? plain(item)}`);
  return splice(text, [start, newline === -1 ? text.length : newline], written.join('\n'));
};

const splice = (text: string, [from, to]: readonly [number, number], put: string): string =>
  text.slice(0, from) + put + text.slice(to);

/** As YAML reads it back, also between brackets. */
const plain = (item: string): string =>
  /[,[\]{}]/.test(item) ? JSON.stringify(item) : stringify(item, { lineWidth: 0 }).trim();
