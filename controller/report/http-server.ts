import { getRequestListener } from '@hono/node-server';
import { chmod, lstat, unlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import type { Duplex } from 'node:stream';
import { ApiError } from '../model/api.ts';
import type { Api } from '../model/api.ts';
import { serveExec } from './http-exec.ts';
import { apiRoutes } from './http-routes.ts';
import type { Log } from './log.ts';

export interface Served {
  /** Stops listening and ends every stream and exec; containers do not notice. */
  close(): Promise<void>;
}

/**
 * Serves the Api on a unix socket of mode 0600 in a folder that must exist. The folder's own mode is
 * what keeps others out while the socket is being made.
 * Throws ApiError 'prerequisite': the path is too long for a socket, something else is there, or
 * another instance answers at it.
 */
export const serveApi = async (options: {
  readonly api: Api;
  readonly socketPath: string;
  readonly log?: Log;
}): Promise<Served> => {
  const { socketPath } = options;
  await clearStaleSocket(socketPath);
  const closing = new AbortController();
  const app = apiRoutes({ ...options, closing: closing.signal });
  const answer = getRequestListener(app.fetch);
  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
  // Streams are silent for as long as nothing happens.
  server.requestTimeout = 60_000;
  server.timeout = 0;
  const upgraded = new Set<Duplex>();
  server.on('upgrade', (request, socket, head) => {
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
    void serveExec({ ...options, request, socket, head });
  });
  server.listen(socketPath);
  await once(server, 'listening');
  await chmod(socketPath, 0o600);
  return {
    close: async () => {
      const closed = once(server, 'close');
      closing.abort();
      server.close();
      for (const socket of upgraded) socket.destroy();
      server.closeAllConnections();
      await closed;
    },
  };
};

/** The kernel's limit for the name of a unix socket, without its closing NUL (`man 7 unix`). */
const maxSocketPathBytes = 107;

const clearStaleSocket = async (path: string): Promise<void> => {
  if (Buffer.byteLength(path) > maxSocketPathBytes)
    throw new ApiError(
      'prerequisite',
      `${path} is longer than the ${maxSocketPathBytes} bytes that a socket's path may have`,
    );
  const found = await lstat(path).catch(() => null);
  if (found === null) return;
  if (!found.isSocket())
    throw new ApiError('prerequisite', `${path} is in the way: it is not a socket`);
  if (await answers(path))
    throw new ApiError('prerequisite', `another MLEnv answers at ${path} already`);
  await unlink(path);
};

const answers = async (path: string): Promise<boolean> => {
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
