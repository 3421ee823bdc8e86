import { isAbsolute, join, posix } from 'node:path';
import type { FileKind, HeldFolder } from './files.ts';

export type Below =
  | { readonly kind: 'below'; readonly path: string; readonly found: FileKind | 'absent' }
  | OutsideIt
  | { readonly kind: 'unreadable'; readonly message: string };

export interface OutsideIt {
  readonly kind: 'outside';
  readonly message: string;
}

export interface Named {
  /** How the folder's path was said; a path that begins so lies in it too. */
  readonly folder?: string;
  /** What messages call it. */
  readonly what?: string;
}

/**
 * `given`, which the file says relative to the folder that is held, as an absolute path without symbolic
 * links, proven to lie in it. What does not exist yet is placed below the nearest folder that does.
 */
export const resolveBelow = async (
  held: HeldFolder,
  given: string,
  named: Named = {},
): Promise<Below> => {
  const wanted = partsBelow(held, given, named);
  if (wanted.kind === 'outside') return wanted;
  const found = await held.find(wanted.parts);
  if (found.kind === 'inside') return { ...found, kind: 'below' };
  return found.kind === 'outside' ? inWords(found, named) : found;
};

/** The names on the way down from the folder that is held; no link has been looked at yet. */
export const partsBelow = (
  { identity: { path } }: Pick<HeldFolder, 'identity'>,
  given: string,
  { folder = path, what = theProject }: Named = {},
): { readonly kind: 'parts'; readonly parts: readonly string[] } | OutsideIt => {
  if (given.includes('\0')) return { kind: 'outside', message: 'has a NUL character' };
  const wanted = isAbsolute(given) ? posix.normalize(given) : join(path, given);
  const base = [path, folder].find((each) => isIn(each, wanted));
  if (base === undefined) return { kind: 'outside', message: `leaves ${what}` };
  const parts = wanted.slice(base.length).split('/');
  return { kind: 'parts', parts: parts.filter((part) => part !== '') };
};

/** What was said of a folder without its name. */
export const inWords = ({ message }: OutsideIt, { what = theProject }: Named = {}): OutsideIt => ({
  kind: 'outside',
  message: message.replace('…', what),
});

const theProject = "the project's folder";

/** A path in a container that may be a mount's target or a working directory; else why not. */
export const refusedTarget = (path: string, use: 'mount' | 'workdir'): string | null => {
  if (!path.startsWith('/')) return 'must begin with /';
  if (/\p{Cc}/u.test(path)) return 'has a control character';
  const clean = cleanTarget(path);
  if (clean === '/') return use === 'mount' ? 'cannot be / itself' : null;
  const top = `/${clean.split('/')[1] ?? ''}`;
  if (['/proc', '/sys', '/dev'].includes(top)) return `cannot be in ${top}`;
  return null;
};

/** Without `.`, `..`, doubled and closing slashes. */
export const cleanTarget = (path: string): string => {
  const clean = posix.normalize(path);
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
};

const isIn = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
