import { once } from 'node:events';
import { lstat, readdir, rmdir, unlink } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';

/**
 * Takes away the folders that a process before this one left, so that they do not add up in /run. Each is made
 * ours first, and only an empty one goes: what its user put there is not touched, and never followed.
 */
export const removeLeftFolders = async (
  folder: string,
  {
    setOwner,
    ownUid,
  }: {
    readonly setOwner: (path: string, uid: number) => Promise<void>;
    readonly ownUid: number;
  },
): Promise<void> => {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isDirectory() || !/^\d+$/.test(entry.name)) continue;
    const left = join(folder, entry.name);
    await setOwner(left, ownUid).catch(() => undefined);
    const socket = join(left, 'api.sock');
    const found = await lstat(socket).catch(() => null);
    if (found?.isSocket() === true) {
      if (await answers(socket)) continue;
      await unlink(socket).catch(() => undefined);
    }
    await removeUserFolder(left);
  }
};

/** Left where it is not empty. */
export const removeUserFolder = async (folder: string): Promise<void> => {
  await rmdir(folder).catch(() => undefined);
};

/** Whether somebody listens at this unix socket. */
export const answers = async (path: string): Promise<boolean> => {
  const socket = createConnection(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
};
