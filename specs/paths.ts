import { basename, dirname, isAbsolute, join, posix } from 'node:path';
import type { SpecFiles } from './files.ts';

export type Below =
  | { readonly kind: 'below'; readonly path: string }
  | { readonly kind: 'outside'; readonly message: string }
  | { readonly kind: 'unreadable'; readonly message: string };

/**
 * `given`, which the file says relative to `folder`, as an absolute path without symbolic links,
 * proven to lie in `folder`. What does not exist yet is placed below the nearest folder that does.
 */
export const resolveBelow = async (
  files: SpecFiles,
  folder: string,
  given: string,
  /** What messages call the folder. */
  what = "the project's folder",
): Promise<Below> => {
  if (given.includes('\0')) return { kind: 'outside', message: 'has a NUL character' };
  const root = await files.realpath(folder);
  if (root.kind !== 'path')
    return {
      kind: 'unreadable',
      message: `${what === "the project's folder" ? 'the folder' : what} cannot be read`,
    };
  const wanted = isAbsolute(given) ? posix.normalize(given) : join(root.path, given);
  if (!isIn(root.path, wanted) && !isIn(folder, wanted)) {
    return { kind: 'outside', message: `leaves ${what}` };
  }
  let known = wanted;
  const missing: string[] = [];
  for (;;) {
    const real = await files.realpath(known);
    if (real.kind === 'path') {
      const path = join(real.path, ...missing);
      if (isIn(root.path, path)) return { kind: 'below', path };
      return { kind: 'outside', message: `leaves ${what} by a symbolic link` };
    }
    if (real.kind === 'unreadable') return { kind: 'unreadable', message: real.message };
    // A link to nowhere could be pointed anywhere once the path has been judged.
    const link = await files.stat(known);
    if (link.kind === 'symlink') {
      return { kind: 'outside', message: 'goes through a symbolic link that leads nowhere' };
    }
    missing.unshift(basename(known));
    known = dirname(known);
  }
};

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
