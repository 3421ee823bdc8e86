import type { Diagnostic } from '../controller/model/diagnostic.ts';
import type { Code } from './codes.ts';
import type { FileRead } from './files.ts';
import { maxBytes } from './parse.ts';

type NoText = Exclude<FileRead, { kind: 'bytes' | 'absent' | 'moved' }>;

/** Why the bytes of a whole file could not be had. */
export const fileDiagnostic = (file: string, read: NoText): Diagnostic => {
  const say = (code: Code, message: string, hint: string): Diagnostic => ({
    code,
    file,
    line: 1,
    column: 1,
    message,
    hint,
    excerpt: '',
    length: 1,
  });
  switch (read.kind) {
    case 'too-large':
      return say('E_FILE_SIZE', `larger than ${maxBytes / 1024} KiB`, 'split the project');
    case 'unreadable':
      return say('E_FILE_READ', `it cannot be read (${read.message})`, 'look at its permissions');
    case 'not-a-file': {
      const what = { folder: 'a folder', symlink: 'a symbolic link', other: 'a pipe or device' };
      const hint = 'put an ordinary file in its place';
      return say('E_FILE_KIND', `it is ${what[read.found]}, not a file`, hint);
    }
    default:
      return read satisfies never;
  }
};
