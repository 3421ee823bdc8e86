import { getRequestListener } from '@hono/node-server';
import { chmod, lstat, unlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { ApiError } from '../model/api.ts';
import type { Api } from '../model/api.ts';
import { serveExec } from './http-exec.ts';
import { apiRoutes } from './http-routes.ts';
import type { Log } from './log.ts';
import { plainResponse } from './plain-response.ts';
import { createRequestGate, hostBounds } from './request-gate.ts';
import type { RequestGate, RequestKind } from './request-gate.ts';
import { cutStalled } from './stalled.ts';
import { answers } from './user-folders.ts';
import { errorBody, httpStatus, route, toApiError } from './wire.ts';

export interface Served {
  /** Who is connected now, and when somebody last was; milliseconds of a clock that only counts. */
  activity(): { readonly connections: number; readonly used: boolean; readonly lastAt: number };
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
  /** Left out: as much as one process can carry. */
  readonly gate?: RequestGate;
  readonly timeouts?: Partial<ServerTimeouts>;
}): Promise<Served> => {
  const { socketPath } = options;
  const now = (): number => performance.now();
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const gate = options.gate ?? createRequestGate(hostBounds, { now, whose: 'everybody together' });
  await clearStaleSocket(socketPath);
  const closing = new AbortController();
  const app = apiRoutes({ ...options, closing: closing.signal });
  const answer = getRequestListener(app.fetch);
  const stalled = cutStalled({ now, ...timeouts });
  const server = createServer(
    { connectionsCheckingInterval: timeouts.checkEveryMs },
    (incoming, outgoing) => {
      const kind = kindOf(incoming);
      const leave = entered(gate, kind);
      if (leave instanceof ApiError) {
        refuse(outgoing, leave);
        return;
      }
      outgoing.once('close', leave);
      stalled.watch(outgoing, kind);
      void answer(incoming, outgoing);
    },
  );
  // Who opens a connection says what it is for; what is slow at that, or says nothing, is cut off.
  server.headersTimeout = timeouts.headersMs;
  server.requestTimeout = timeouts.requestMs;
  // Streams are silent for as long as nothing happens.
  server.timeout = 0;
  const activity = { connections: 0, used: false, lastAt: now() };
  server.on('connection', (socket) => {
    const disconnect = gate.connect();
    if (disconnect === null) {
      socket.destroy();
      return;
    }
    activity.connections += 1;
    activity.used = true;
    activity.lastAt = now();
    socket.once('close', () => {
      disconnect();
      activity.connections -= 1;
      activity.lastAt = now();
    });
  });
  const upgraded = new Set<Duplex>();
  server.on('upgrade', (request, socket, head) => {
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
    const leave = entered(gate, 'stream');
    if (leave instanceof ApiError) {
      socket.on('error', () => undefined);
      socket.end(plainResponse(leave));
      return;
    }
    socket.once('close', leave);
    void serveExec({ ...options, request, socket, head, bodyMs: timeouts.requestMs });
  });
  server.listen(socketPath);
  await once(server, 'listening');
  await chmod(socketPath, 0o600);
  return {
    activity: () => ({ ...activity }),
    close: async () => {
      const closed = once(server, 'close');
      closing.abort();
      stalled.stop();
      server.close();
      for (const socket of upgraded) socket.destroy();
      server.closeAllConnections();
      await closed;
    },
  };
};

export interface ServerTimeouts {
  /** For the headers of a request, from its connection on. */
  readonly headersMs: number;
  /** For a whole request with its body. */
  readonly requestMs: number;
  /** For a reader that takes nothing of an answer that waits for it. */
  readonly stalledMs: number;
  /** The same of a stream: a terminal may be paused for a while. */
  readonly stalledStreamMs: number;
  readonly checkEveryMs: number;
}

const defaultTimeouts: ServerTimeouts = {
  headersMs: 10_000,
  requestMs: 30_000,
  stalledMs: 60_000,
  stalledStreamMs: 600_000,
  checkEveryMs: 5000,
};

/** What stays open for as long as its reader likes. */
const kindOf = ({ url = '' }: IncomingMessage): RequestKind => {
  const [path, query = ''] = url.split('?', 2);
  if (path === route.logs) return 'stream';
  return path === route.events && new URLSearchParams(query).get('follow') === 'true'
    ? 'stream'
    : 'request';
};

const entered = (gate: RequestGate, kind: RequestKind): (() => void) | ApiError => {
  try {
    return gate.enter(kind);
  } catch (thrown) {
    return toApiError(thrown);
  }
};

/** Its body is not read, so the connection ends with it. */
const refuse = (outgoing: ServerResponse, error: ApiError): void => {
  const body = JSON.stringify(errorBody(error));
  outgoing
    .writeHead(httpStatus[error.code], {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'retry-after': '1',
      connection: 'close',
    })
    .end(body);
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
