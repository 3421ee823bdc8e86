import { constants } from 'node:fs';
import { chmod, chown, lstat, mkdir, open, readdir, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Owner } from '../model/record.ts';
import type { SecretFiles, SecretFolders, SecretSeed } from '../model/secret.ts';

/**
 * Lays secrets out where containers find them. The root is closed to everybody else, so that what a
 * file's own mode allows is allowed to the one container alone which the folder is bound into.
 */
export const createSecretFolders = ({
  root,
  files,
  uid,
}: {
  readonly root: string;
  readonly files: SecretFiles;
  /** Who we are. */
  readonly uid: number;
}): SecretFolders => ({
  root,
  write: async (seed) => {
    const contents: Laid[] = [];
    for (const { name, file } of seed.secrets) {
      const read = await files.read(seed.ownerUid, file);
      if (read.kind === 'trouble') return { kind: 'trouble', message: `${name}: ${read.message}` };
      contents.push({ name, bytes: read.bytes });
    }
    try {
      await ownFolder(root, uid);
      await layOut(seed, contents);
      return { kind: 'written', inMemory: await isInMemory(root) };
    } catch (error) {
      const message = `secrets cannot be laid out in ${seed.folder}: ${wordOf(error)}`;
      return { kind: 'trouble', message };
    }
  },
  remove: (folder) => rm(folder, { recursive: true, force: true }),
});

/** Of a file system that never reaches a disk: tmpfs, ramfs. */
export const isInMemory = async (path: string): Promise<boolean> =>
  [0x01021994, 0x858458f6].includes((await statfs(path)).type);

/** Ours, and closed to all others; made where it is not there. Throws where it is somebody else's. */
export const ownFolder = async (path: string, uid: number): Promise<void> => {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const found = await lstat(path);
  if (!found.isDirectory() || found.uid !== uid) throw new Error(`${path} is not ours`);
  if ((found.mode & 0o777) !== 0o700) await chmod(path, 0o700);
};

interface Laid {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The folder stays the one that a container was given; each file is there whole or not at all. */
const layOut = async (seed: SecretSeed, contents: readonly Laid[]): Promise<void> => {
  const { folder, user } = seed;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const isGiven = user !== null && (await give(folder, user));
  // Bound without the right to write; the bit is for us, where we are that user.
  await chmod(folder, isGiven ? 0o700 : 0o755);
  const kept = new Set(contents.map(({ name }) => name));
  for (const name of await readdir(folder)) {
    if (!kept.has(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
  for (const { name, bytes } of contents) {
    // A secret's name has no dot, so that no draft takes the place of one.
    const draft = join(folder, `${name}.new`);
    const handle = await open(draft, draftFlags, 0o600);
    try {
      await handle.writeFile(bytes);
      const given = isGiven && (await give(draft, user));
      await handle.chmod(given ? 0o400 : 0o444);
    } finally {
      await handle.close();
    }
    await rename(draft, join(folder, name));
  }
};

const draftFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** false: we may not, as nobody but root may. Then all who can enter may read. */
const give = async (path: string, { uid, gid }: Owner): Promise<boolean> => {
  try {
    await chown(path, uid, gid);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EPERM') return false;
    throw error;
  }
};

const wordOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);
