import { join } from 'node:path';

/** Where the system instance lives. */
export const systemRunDir = '/run/mlenv';

export interface SocketLocation {
  /** Holds `request.sock` and `u/`. */
  readonly runDir: string;
  /** Mode 0700, owned by the uid: who may enter it is that user. */
  readonly folder: string;
  readonly socketPath: string;
}

/** Where the instance answers one user: the system's, or the user's own. */
export const socketLocation = (options: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  readonly home: string;
  readonly system: boolean;
}): SocketLocation => {
  const runtime = options.env['XDG_RUNTIME_DIR'];
  const own = runtime === undefined || runtime === '' ? join(options.home, '.mlenv/run') : runtime;
  return userSocket(options.system ? systemRunDir : join(own, 'mlenv'), options.uid);
};

export const userSocket = (runDir: string, uid: number): SocketLocation => {
  const folder = join(runDir, 'u', String(uid));
  return { runDir, folder, socketPath: join(folder, 'api.sock') };
};

export const requestSocketPath = (runDir: string): string => join(runDir, 'request.sock');
