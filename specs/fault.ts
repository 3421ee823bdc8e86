import type { Code } from './codes.ts';
import { safeText } from './safe-text.ts';

export type Path = readonly (string | number)[];

/** A fault at a place in the data; where it stands in the text is found out afterwards. */
export interface Fault {
  readonly code: Code;
  readonly path: Path;
  /** Whether the key or the value is to blame. */
  readonly at: 'key' | 'value';
  readonly message: string;
  readonly hint: string;
  /** A piece of the value's text to point at, where it is not the whole value. */
  readonly piece?: string;
  /** A fault of another file than the spec: its place is known already. */
  readonly elsewhere?: { readonly file: string; readonly line: number; readonly column: number };
  /** Trying again may help: the disk or the moment is to blame, not the text. */
  readonly temporary?: true;
}

export const fault = (
  code: Code,
  path: Path,
  say: { readonly message: string; readonly hint?: string; readonly at?: 'key' | 'value' },
): Fault => ({ code, path, at: say.at ?? 'value', message: say.message, hint: say.hint ?? '' });

/** How a message names a place: `ports[0]`, `health.interval`; without the environment's name. */
export const fieldName = (path: Path): string => {
  const inner =
    path[0] === 'environments' ? path.slice(2) : path[0] === 'defaults' ? path.slice(1) : path;
  const text = inner
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${part}`,
    )
    .join('');
  return text === '' ? safeText(String(path.at(-1) ?? 'the file'), 60) : safeText(text, 60);
};

/** `target`, `size`: what lies in an entry of a list, without the list and its index. */
export const partName = (path: Path): string => {
  const index = path.findLastIndex((part) => typeof part === 'number');
  return fieldName(path.slice(index + 1));
};
