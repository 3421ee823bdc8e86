import { chmod, lchown, lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiError } from '../model/api.ts';
import type { Api } from '../model/api.ts';
import { serveApi } from './http-server.ts';
import type { Served } from './http-server.ts';
import type { Log } from './log.ts';
import { requestSocketPath, userSocket } from './socket-location.ts';
import { serveRequests } from './user-socket-request.ts';
import { toApiError } from './wire.ts';

export interface UserSockets extends Served {
  /** Makes the folder and the socket for one user; again is the same. Throws ApiError. */
  serve(uid: number): Promise<string>;
}

/**
 * Serves each user at `<runDir>/u/<uid>/api.sock`. The folder is 0700 and that user's, so the path
 * proves who calls, without asking the kernel. `<runDir>/request.sock` (0666) makes them on request
 * and does nothing else. `runDir` and `u` must never be writable for another than this process's user.
 */
export const serveUserSockets = async (options: {
  readonly runDir: string;
  readonly allow: (uid: number) => boolean;
  /** What this user is served. */
  readonly api: (uid: number) => Api;
  readonly log?: Log;
  readonly setOwner?: SetOwner;
  /** The user of this process. */
  readonly ownUid: number;
}): Promise<UserSockets> => {
  const { runDir, allow, api, log, ownUid } = options;
  const setOwner = options.setOwner ?? ((path, uid) => lchown(path, uid, sameGroup));
  await privateFolder(runDir, 0o755, ownUid);
  await privateFolder(join(runDir, 'u'), 0o755, ownUid);
  const serving = new Map<number, Promise<Served>>();

  const open = async (uid: number): Promise<Served> => {
    const { folder, socketPath } = userSocket(runDir, uid);
    // Ours alone while the socket is made, or its user could put a link in its place.
    await mkdir(folder, { mode: 0o700 }).catch(ignoreExisting);
    await setOwner(folder, ownUid);
    await privateFolder(folder, 0o700, ownUid);
    const served = await serveApi({
      api: api(uid),
      socketPath,
      ...(log === undefined ? {} : { log }),
    });
    await setOwner(socketPath, uid);
    await setOwner(folder, uid);
    log?.info({ uid, socketPath }, 'serving a user');
    return served;
  };

  const serve = async (uid: number): Promise<string> => {
    if (!allow(uid)) throw new ApiError('refused', `this MLEnv does not serve uid ${uid}`);
    const opening = serving.get(uid) ?? open(uid);
    serving.set(uid, opening);
    try {
      await opening;
      return userSocket(runDir, uid).socketPath;
    } catch (thrown) {
      serving.delete(uid);
      throw toApiError(thrown);
    }
  };

  const requests = await serveRequests({ path: requestSocketPath(runDir), serve });
  return {
    serve,
    close: async () => {
      await requests.close();
      const opened = await Promise.allSettled(serving.values());
      for (const each of opened) if (each.status === 'fulfilled') await each.value.close();
    },
  };
};

/** Gives a path, never what a link points to, to a user. */
export type SetOwner = (path: string, uid: number) => Promise<void>;

const sameGroup = -1;

const privateFolder = async (path: string, mode: number, ownUid: number): Promise<void> => {
  await mkdir(path, { recursive: true, mode });
  const found = await lstat(path);
  if (!found.isDirectory() || found.uid !== ownUid)
    throw new ApiError('prerequisite', `${path} must be a folder of uid ${ownUid}`);
  await chmod(path, mode);
};

const ignoreExisting = (thrown: unknown): void => {
  if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST')) throw thrown;
};
