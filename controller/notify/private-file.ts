import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/** The first line of a file that nobody else may read or write, or why it is not taken. */
export const firstLine = async (path: string): Promise<string | { readonly trouble: string }> => {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return { trouble: `${path} ${reasonsOf[code] ?? `cannot be read (${code})`}` };
  }
  try {
    const stat = await file.stat();
    const { uid, mode, size } = stat;
    if (!stat.isFile()) return { trouble: `${path} is not an ordinary file` };
    if (uid !== process.getuid?.() && uid !== 0)
      return { trouble: `${path} belongs to uid ${uid}` };
    if ((mode & 0o077) !== 0) {
      const trouble = `${path} may be read or written by others: chmod 600 ${path}`;
      return { trouble };
    }
    if (size > largestBytes) return { trouble: `${path} is larger than ${largestBytes} bytes` };
    const [line = ''] = (await file.readFile('utf8')).split(/\r?\n/);
    return line.trim() === '' ? { trouble: `${path} has nothing in its first line` } : line.trim();
  } finally {
    await file.close();
  }
};

/** Why it would not be taken; null: it is. */
export const secretTrouble = async (path: string): Promise<string | null> => {
  const line = await firstLine(path);
  return typeof line === 'string' ? null : line.trouble;
};

const largestBytes = 4096;

const reasonsOf: Readonly<Record<string, string | undefined>> = {
  ENOENT: 'is not there',
  ELOOP: 'is a symbolic link',
  EACCES: 'may not be read by MLEnv',
};
