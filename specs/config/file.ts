import type { Diagnostic } from '../../controller/model/diagnostic.ts';
import type { Code } from '../codes.ts';
import type { FileRead, SpecFiles } from '../files.ts';
import { maxBytes } from '../parse.ts';
import type { ConfigPlace } from './place.ts';
import { readHostConfig, type HostConfigRead } from './read.ts';
import type { Env } from './variables.ts';

export type HostConfigFileRead = HostConfigRead & {
  /** false: there is no file, which is well where nobody named it. */
  readonly found: boolean;
};

/** Reads the file, through symbolic links. Never throws: what cannot be read is a diagnostic. */
export const readHostConfigFile = async ({
  place: { file, required, home, own },
  shown = file,
  env,
  files,
}: {
  readonly place: ConfigPlace;
  /** How diagnostics and origins name it. */
  readonly shown?: string;
  readonly env: Env;
  readonly files: Pick<SpecFiles, 'realpath' | 'read'>;
}): Promise<HostConfigFileRead> => {
  const read = await bytesOf(file, files);
  switch (read.kind) {
    case 'bytes':
      return { ...readHostConfig({ text: read.bytes, file: shown, env, home, own }), found: true };
    case 'absent':
      return required
        ? { ...unread(shown, ['E_FILE_READ', 'there is no such file', '']), found: false }
        : { ...readHostConfig({ text: null, file: shown, env, home, own }), found: false };
    case 'not-a-file':
    case 'too-large':
    case 'moved':
    case 'unreadable':
      return { ...unread(shown, faultOf(read)), found: true };
    default:
      return read satisfies never;
  }
};

/** What is written at this very moment is tried again. */
const bytesOf = async (
  file: string,
  files: Pick<SpecFiles, 'realpath' | 'read'>,
): Promise<FileRead> => {
  let read: FileRead = { kind: 'moved' };
  for (let tries = 0; tries < 3 && read.kind === 'moved'; tries += 1) {
    const real = await files.realpath(file);
    read = real.kind === 'path' ? await files.read(real.path, readBytes) : real;
  }
  return read;
};

type Unread = readonly [code: Code, message: string, hint: string];

const faultOf = (read: Exclude<FileRead, { readonly kind: 'bytes' | 'absent' }>): Unread => {
  switch (read.kind) {
    case 'not-a-file':
      return ['E_FILE_KIND', 'it is not an ordinary file', 'put a file in its place'];
    case 'too-large':
      return ['E_FILE_SIZE', `larger than ${maxBytes / 1024} KiB`, 'shorten it'];
    case 'moved':
      return ['E_FILE_READ', 'it changed while it was read', 'try again'];
    case 'unreadable':
      return read.denied
        ? ['E_FILE_READ', 'it cannot be read: permission denied', 'let this user read it']
        : ['E_FILE_READ', `it cannot be read: ${read.message}`, 'look at the disk'];
    default:
      return read satisfies never;
  }
};

const unread = (
  file: string,
  [code, message, hint]: Unread,
): { readonly ok: false; readonly diagnostics: readonly Diagnostic[] } => ({
  ok: false,
  diagnostics: [{ code, file, line: 1, column: 1, message, hint, excerpt: '', length: 1 }],
});

/** More than is allowed, so that the parser says so with its own words. */
const readBytes = maxBytes + 1;
