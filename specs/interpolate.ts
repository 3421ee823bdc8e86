import { fault, type Fault, type Path } from './fault.ts';
import { quoted } from './safe-text.ts';

export interface Interpolated {
  readonly value: unknown;
  /** Each `${…}` that was replaced, as written, and by what: secrets may be among them. */
  readonly replaced: ReadonlyMap<string, string>;
  readonly faults: readonly Fault[];
}

/** All replaced text of one file together, in UTF-16 units: a short file must not grow without bound. */
export const maxReplacedLength = 1_048_576;

/** Whether any text in it has a `$` to look at. */
export const hasVariables = (value: unknown): boolean => {
  if (typeof value === 'string') return value.includes('${');
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(hasVariables);
};

/**
 * Replaces `${NAME}` and `${NAME:-default}` (used where NAME is unset or empty) in text values, and
 * `$$` by a dollar. Keys stay as they are, and so does a `$` before anything else.
 */
export const interpolate = (
  value: unknown,
  variables: ReadonlyMap<string, string>,
): Interpolated => {
  const replaced = new Map<string, string>();
  const faults: Fault[] = [];
  let length = 0;
  const visit = (node: unknown, path: Path): unknown => {
    if (typeof node === 'string') return replace(node, path);
    if (Array.isArray(node)) return node.map((item, index) => visit(item, [...path, index]));
    if (typeof node !== 'object' || node === null) return node;
    const copy: Record<string, unknown> = Object.create(null);
    for (const [key, item] of Object.entries(node)) copy[key] = visit(item, [...path, key]);
    return copy;
  };
  const replace = (text: string, path: Path): string =>
    text.replace(/\$\$|\$\{[^}]*\}?/g, (piece) => {
      if (piece === '$$') return '$';
      const found = lookUp(piece, variables);
      if (found.kind === 'value') {
        replaced.set(piece, found.value);
        length += found.value.length;
        if (length <= maxReplacedLength) return found.value;
        const message = 'the variables of the file grow beyond 1 MiB';
        if (!faults.some((one) => one.message === message)) {
          faults.push({ ...fault('E_VARIABLE', path, { message }), piece });
        }
        return '';
      }
      faults.push({ ...found.fault(path), piece });
      return '';
    });
  return { value: visit(value, []), replaced, faults };
};

type Found =
  | { readonly kind: 'value'; readonly value: string }
  | { readonly kind: 'fault'; readonly fault: (path: Path) => Fault };

const lookUp = (piece: string, variables: ReadonlyMap<string, string>): Found => {
  const match = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^${}]*))?\}$/.exec(piece);
  const name = match?.[1];
  if (name === undefined) {
    const message = `${quoted(piece)} is not a variable`;
    const hint = 'write ${NAME} or ${NAME:-default}; a dollar is $$';
    return { kind: 'fault', fault: (path) => fault('E_VARIABLE', path, { message, hint }) };
  }
  const value = variables.get(name);
  const fallback = match?.[2];
  if (value !== undefined && (value !== '' || fallback === undefined))
    return { kind: 'value', value };
  if (fallback !== undefined) return { kind: 'value', value: fallback };
  const message = `the variable ${name} has no value`;
  const hint = `set ${name} in the file .env beside it, or write \${${name}:-default}`;
  return { kind: 'fault', fault: (path) => fault('E_VARIABLE_UNSET', path, { message, hint }) };
};
