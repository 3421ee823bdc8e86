import { lstat, stat } from 'node:fs/promises';

/** What moves when a file does, even where its size and its time of change were put back by hand. */
export interface FileStamp {
  readonly device: string;
  readonly inode: string;
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** null: there is no such file. Throws where nobody can say. */
export type ReadStamp = (path: string) => Promise<FileStamp | null>;

/** Of the file behind a symbolic link, so that a link somewhere on its way that was turned shows. */
export const readStamp: ReadStamp = async (path) => {
  try {
    const own = await lstat(path, { bigint: true });
    const { dev, ino, size, mtimeNs, ctimeNs } = own.isSymbolicLink()
      ? await stat(path, { bigint: true })
      : own;
    return { device: `${dev}`, inode: `${ino}`, size: Number(size), mtimeNs, ctimeNs };
  } catch (error) {
    if (isAbsence(error)) return null;
    throw error;
  }
};

const isAbsence = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ENOENT' || error.code === 'ENOTDIR');

export const sameStamp = (a: FileStamp | null, b: FileStamp | null): boolean =>
  a === b ||
  (a !== null &&
    b !== null &&
    a.device === b.device &&
    a.inode === b.inode &&
    a.size === b.size &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs);
