import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** Answers one request; false: the path is none of its own. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

export interface Listening {
  /** With the port that was found where 0 was asked for. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Whoever reaches the address may ask: nothing of the Api is served here, only these handlers, each with a proof
 * of its own. Rejects with the system's error where the address cannot be had.
 */
export const listenTcp = async (
  { host, port }: { readonly host: string; readonly port: number },
  handlers: readonly Handler[],
): Promise<Listening> => {
  const server = createServer((request, response) => {
    void answer(handlers, request, response);
  });
  // A handful of forges and a reverse proxy, and nobody who holds a connection open.
  server.maxConnections = 64;
  server.headersTimeout = 5000;
  server.requestTimeout = 15_000;
  server.keepAliveTimeout = 1000;
  server.listen({ host, port });
  await once(server, 'listening');
  return { address: addressOf(server), close: () => close(server) };
};

const answer = async (
  handlers: readonly Handler[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  try {
    if (request.method === 'GET' && request.url === '/healthz') return end(response, 200);
    for (const handle of handlers) if (await handle(request, response)) return;
    end(response, 404);
  } catch {
    // A sender that went away, or sent too slowly.
    if (!response.headersSent) end(response, 400);
    request.destroy();
  }
};

/** No body: who is refused learns nothing. */
export const end = (response: ServerResponse, status: number): void => {
  response.writeHead(status, { 'content-length': 0, 'cache-control': 'no-store' }).end();
};

const addressOf = (server: Server): string => {
  const address = server.address();
  if (address === null || typeof address === 'string') return String(address);
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `${host}:${address.port}`;
};

const close = async (server: Server): Promise<void> => {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
};
