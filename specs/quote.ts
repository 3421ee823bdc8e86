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
): readonly Fault[] => {
  const texts = new Map<string, ScalarTree>();
  for (const { code, path } of faults) {
    const scalar = code === 'E_TYPE' ? find(root, path) : undefined;
    if (scalar?.kind === 'scalar' && !isText(scalar)) texts.set(keyOf(path), scalar);
  }
  if (texts.size === 0) return faults;
  // All at once: a check for each would let a small file keep us busy for long.
  const still = new Set(validateFile(asTexts(value, [], texts)).map(({ path }) => keyOf(path)));
  return faults.map((one) => {
    const scalar = texts.get(keyOf(one.path));
    return one.code !== 'E_TYPE' || scalar === undefined || still.has(keyOf(one.path))
      ? one
      : quoteFault(one.path, scalar);
  });
};

const keyOf = (path: Path): string => JSON.stringify(path);

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

const asTexts = (value: unknown, path: Path, texts: ReadonlyMap<string, ScalarTree>): unknown => {
  if (Array.isArray(value))
    return value.map((item, index) => asTexts(item, [...path, index], texts));
  if (typeof value !== 'object' || value === null) return texts.get(keyOf(path))?.text ?? value;
  const copy: Record<string, unknown> = Object.create(null);
  for (const [key, item] of Object.entries(value)) copy[key] = asTexts(item, [...path, key], texts);
  return copy;
};
