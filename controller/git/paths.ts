import { posix } from 'node:path';

// Names are bytes to git and to Linux, and UTF-8 by custom alone. What is worked with as text here is
// one character for each byte (latin1): `/` and `.` are themselves in it, and nothing gets lost.

/** Parts of an output of `-z`. */
export const splitAtNul = (output: Buffer): readonly Buffer[] =>
  output
    .toString('latin1')
    .split('\0')
    .filter((part) => part !== '')
    .map((part) => Buffer.from(part, 'latin1'));

/** For people: what is no text, or would act on a terminal, as `\xff`. */
export const pathText = (path: Buffer): string => {
  const text = path.toString();
  return Buffer.from(text).equals(path)
    ? text.replaceAll(/\p{Cc}/gu, (one) => [...Buffer.from(one)].map(escaped).join(''))
    : [...path]
        .map((byte) => (isPlain(byte) ? String.fromCodePoint(byte) : escaped(byte)))
        .join('');
};

const isPlain = (byte: number): boolean => byte >= 0x20 && byte < 0x7f;
const escaped = (byte: number): string => `\\x${byte.toString(16).padStart(2, '0')}`;

/** A path below a folder. */
export const below = (folder: string, path: Buffer): Buffer =>
  path.length === 0 ? Buffer.from(folder) : Buffer.concat([Buffer.from(`${folder}/`), path]);

/** Why no file may have this name below `folder`; null: it may. */
export const refusedPath = (path: Buffer, folder: string): string | null => {
  const parts = path.toString('latin1').split('/');
  if (
    /[\p{Cc}\\]/u.test(path.toString()) ||
    parts.some((part) => part === '' || part === '.' || part === '..' || isGit(part))
  ) {
    return 'a name that no file may have';
  }
  // 255 bytes each and 4096 in all, a closing zero counted in, is what Linux takes.
  return parts.some((part) => part.length > 255) || below(folder, path).length > 4095
    ? 'a name that is too long'
    : null;
};

/** Nothing that git would take for its own, also in the spellings that some file systems take for the same. */
const isGit = (part: string): boolean =>
  /^(?:\.git|git~[0-9]+)[. ]*$/i.test(
    Buffer.from(part, 'latin1')
      .toString()
      .replaceAll(/[\u200c-\u200f\u202a-\u202e\ufeff]/g, ''),
  );

/** Whether a link there stays within the folder that it lies in. */
export const staysInside = (path: Buffer, target: Buffer): boolean => {
  const [from, to] = [path.toString('latin1'), target.toString('latin1')];
  return (
    to !== '' &&
    !to.startsWith('/') &&
    !to.includes('\0') &&
    !posix.normalize(posix.join(posix.dirname(from), to)).startsWith('..')
  );
};
