import { chmod, lchown, lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiError } from '../model/api.ts';
import type { Api } from '../model/api.ts';
import { serveApi } from './http-server.ts';
import type { Served } from './http-server.ts';
import type { Log } from './log.ts';
import { createBucket, createRequestGate, hostBounds, userBounds } from './request-gate.ts';
import type { RequestBounds } from './request-gate.ts';
import { requestSocketPath, userSocket } from './socket-location.ts';
import { removeLeftFolders, removeUserFolder } from './user-folders.ts';
import { serveRequests } from './user-socket-request.ts';
import { toApiError } from './wire.ts';

export interface UserSockets {
  /** Makes the folder and the socket for one user; again is the same. Throws ApiError. */
  serve(uid: number): Promise<string>;
  /** Takes away what nobody has used for a while; runs by itself as well. */
  sweep(): Promise<void>;
  /** How many users have a socket now. */
  count(): number;
  close(): Promise<void>;
}

export interface SocketBounds {
  /** Users with a socket at a time. */
  readonly open: number;
  /** Of them, those whose socket nobody has connected to yet: asked for, and perhaps by another. */
  readonly unused: number;
  /** New sockets in a second, over time, and at once after a quiet time. */
  readonly perSecond: number;
  readonly burst: number;
  readonly idleMs: number;
  readonly sweepEveryMs: number;
}

export const socketBounds: SocketBounds = {
  open: 512,
  unused: 64,
  perSecond: 50,
  burst: 100,
  idleMs: 15 * 60_000,
  sweepEveryMs: 60_000,
};

/**
 * Serves each user at `<runDir>/u/<uid>/api.sock`. The folder is 0700 and that user's, so the path
 * proves who calls, without asking the kernel. `<runDir>/request.sock` (0666) makes them on request
 * and does nothing else; who asks there is not known, so that what it makes is bounded, whoever asks.
 * `runDir` and `u` must never be writable for another than this process's user.
 */
export const serveUserSockets = async (options: {
  readonly runDir: string;
  /** Whether there is such a user, and this instance is theirs as well. */
  readonly allow: (uid: number) => boolean | Promise<boolean>;
  /** A user whose socket no flood of requests may keep from being made. */
  readonly isPreferred?: (uid: number) => boolean;
  /** What this user is served. */
  readonly api: (uid: number) => Api;
  readonly log?: Log;
  readonly setOwner?: SetOwner;
  /** The user of this process. */
  readonly ownUid: number;
  readonly bounds?: Partial<SocketBounds>;
  readonly requests?: { readonly user?: RequestBounds; readonly host?: RequestBounds };
  /** Counts only, in milliseconds. */
  readonly now?: () => number;
}): Promise<UserSockets> => {
  const { runDir, allow, isPreferred = () => false, api, log, ownUid } = options;
  const setOwner = options.setOwner ?? ((path, uid) => lchown(path, uid, sameGroup));
  const now = options.now ?? (() => performance.now());
  const bounds = { ...socketBounds, ...options.bounds };
  const { user = userBounds, host = hostBounds } = options.requests ?? {};
  const hostGate = createRequestGate(host, { now, whose: 'everybody together' });
  await privateFolder(runDir, 0o755, ownUid);
  await privateFolder(join(runDir, 'u'), 0o755, ownUid);
  await removeLeftFolders(join(runDir, 'u'), { setOwner, ownUid });
  const serving = new Map<number, Serving>();
  const closing = new Map<number, Promise<void>>();
  const mayOpen = createBucket(bounds.perSecond, bounds.burst, now);

  const open = async (uid: number): Promise<Served> => {
    await closing.get(uid);
    const { folder, socketPath } = userSocket(runDir, uid);
    // Ours alone while the socket is made, or its user could put a link in its place.
    await mkdir(folder, { mode: 0o700 }).catch(ignoreExisting);
    await setOwner(folder, ownUid);
    await privateFolder(folder, 0o700, ownUid);
    // Who runs this process needs no bound of its rate: nobody else is kept waiting by it.
    const own = uid === ownUid ? { ...user, perSecond: null } : user;
    const served = await serveApi({
      api: api(uid),
      socketPath,
      gate: createRequestGate(own, { now, host: hostGate, whose: `uid ${uid}` }),
      ...(log === undefined ? {} : { log }),
    });
    await setOwner(socketPath, uid);
    await setOwner(folder, uid);
    log?.info({ uid, socketPath }, 'serving a user');
    return served;
  };

  const closeUser = (uid: number): Promise<void> => {
    const one = serving.get(uid);
    if (one === undefined) return Promise.resolve();
    serving.delete(uid);
    const end = async (): Promise<void> => {
      const { folder } = userSocket(runDir, uid);
      await setOwner(folder, ownUid).catch(() => undefined);
      await (await one.opening.catch(() => null))?.close();
      await removeUserFolder(folder);
    };
    const task = end()
      .catch((error: unknown) => log?.warn({ uid, error: String(error) }, 'a socket stays'))
      .finally(() => closing.delete(uid));
    closing.set(uid, task);
    return task;
  };

  /** Throws ApiError 'busy' where there is none for one more. */
  const makeRoom = (uid: number): void => {
    if (uid === ownUid) return;
    const evictable = [...serving]
      .filter(([other, { served }]) => other !== ownUid && served?.activity().connections === 0)
      .toSorted(([, one], [, other]) => lastAt(one) - lastAt(other));
    const unused = evictable.filter(([, { served }]) => served?.activity().used === false);
    const oldest =
      unused.length >= bounds.unused
        ? unused[0]
        : serving.size >= bounds.open
          ? evictable[0]
          : null;
    if (oldest === undefined) throw tooMany();
    if (oldest !== null) void closeUser(oldest[0]);
    if (!isPreferred(uid) && !mayOpen()) throw tooMany();
  };

  const serve = async (uid: number): Promise<string> => {
    if (!serving.has(uid) && !(await allow(uid)))
      throw new ApiError(
        'refused',
        `this MLEnv does not serve uid ${uid}; getent passwd ${uid} tells whether there is such a user`,
      );
    const known = serving.get(uid);
    if (known === undefined) makeRoom(uid);
    const one: Serving = known ?? { opening: open(uid), served: null, askedAt: now() };
    one.askedAt = now();
    serving.set(uid, one);
    try {
      one.served = await one.opening;
      return userSocket(runDir, uid).socketPath;
    } catch (thrown) {
      if (serving.get(uid) === one) serving.delete(uid);
      throw toApiError(thrown);
    }
  };

  const sweep = async (): Promise<void> => {
    const due = [...serving].filter(
      ([uid, one]) =>
        uid !== ownUid &&
        one.served?.activity().connections === 0 &&
        now() - lastAt(one) >= bounds.idleMs,
    );
    await Promise.all(due.map(([uid]) => closeUser(uid)));
  };

  const requests = await serveRequests({ path: requestSocketPath(runDir), serve });
  const sweeping = setInterval(() => void sweep(), bounds.sweepEveryMs);
  sweeping.unref();
  return {
    serve,
    sweep,
    count: () => serving.size,
    close: async () => {
      clearInterval(sweeping);
      await requests.close();
      await Promise.all([...serving.keys()].map(closeUser));
      await Promise.all(closing.values());
    },
  };
};

/** Gives a path, never what a link points to, to a user. */
export type SetOwner = (path: string, uid: number) => Promise<void>;

interface Serving {
  readonly opening: Promise<Served>;
  served: Served | null;
  askedAt: number;
}

const lastAt = ({ served, askedAt }: Serving): number =>
  Math.max(askedAt, served?.activity().lastAt ?? 0);

const tooMany = (): ApiError =>
  new ApiError('busy', 'too many sockets are asked for at once; wait a second and try again');

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
