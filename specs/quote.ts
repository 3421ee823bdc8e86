import { fault, fieldName, type Fault, type Path } from './fault.ts';
import { quoted } from './safe-text.ts';
import { find, type ScalarTree, type Tree } from './tree.ts';
import { validateFile } from './validate.ts';

/** Numbers and booleans that stand for text and would not come out as they were written. */
export const textFaults = (root: Tree): readonly Fault[] =>
  textPlaces(root).flatMap(({ path, scalar }) =>
    isText(scalar) || String(scalar.value) === scalar.text ? [] : [quoteFault(path, scalar)],
  );

/** Where a wrong kind of value becomes a right one by being quoted, it says so. */
export const withQuoteAdvice = (
  faults: readonly Fault[],
  root: Tree,
  value: unknown,
): readonly Fault[] =>
  faults.map((one) => {
    const scalar = find(root, one.path);
    if (one.code !== 'E_TYPE' || scalar?.kind !== 'scalar' || isText(scalar)) return one;
    const key = one.path.join('\0');
    const still = validateFile(replaced(value, one.path, scalar.text));
    return still.some(({ path }) => path.join('\0') === key) ? one : quoteFault(one.path, scalar);
  });

const isText = ({ value }: ScalarTree): boolean =>
  typeof value !== 'number' && typeof value !== 'boolean';

const quoteFault = (path: Path, { text, value }: ScalarTree): Fault => {
  const kind = typeof value;
  const message =
    String(value) === text
      ? `${fieldName(path)} must be text, not the ${kind} ${text}`
      : `${text} was read as the ${kind} ${String(value)}`;
  return fault('E_QUOTE', path, { message, hint: `write ${quoted(text)}` });
};

/** Fields that take numbers and booleans as text; `*` is any key or place. */
const textFields: readonly Path[] = [
  ['env', '*'],
  ['labels', '*'],
  ['command', '*'],
  ['entrypoint', '*'],
  ['health', 'command', '*'],
];

const textPlaces = (root: Tree): readonly { path: Path; scalar: ScalarTree }[] =>
  textFields.flatMap((field) =>
    [
      ['environments', '*', ...field],
      ['defaults', ...field],
    ].flatMap((pattern) => matches(root, pattern, [])),
  );

const matches = (
  tree: Tree,
  pattern: Path,
  path: Path,
): readonly { path: Path; scalar: ScalarTree }[] => {
  const [part, ...rest] = pattern;
  if (part === undefined) return tree.kind === 'scalar' ? [{ path, scalar: tree }] : [];
  if (tree.kind === 'list') {
    return part === '*'
      ? tree.items.flatMap((item, index) => matches(item, rest, [...path, index]))
      : [];
  }
  if (tree.kind !== 'map') return [];
  return tree.entries
    .filter(({ key }) => part === '*' || key === part)
    .flatMap(({ key, value }) => matches(value, rest, [...path, key]));
};

const replaced = (value: unknown, path: Path, text: string): unknown => {
  const [part, ...rest] = path;
  if (part === undefined) return text;
  if (Array.isArray(value)) {
    return value.map((item, index) => (index === part ? replaced(item, rest, text) : item));
  }
  const copy: Record<string, unknown> = Object.create(null);
  for (const [key, item] of Object.entries(value as object)) {
    copy[key] = key === part ? replaced(item, rest, text) : item;
  }
  return copy;
};
