import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Fault =
  | 'none'
  /** The request never reaches the engine, and nobody says so. */
  | 'withheld'
  /** The engine has acted, and not a byte of its answer arrives. */
  | 'reset-before-headers'
  | 'reset-after-headers'
  | 'reset-mid-body'
  | 'stall'
  | 'stall-mid-body'
  /** Ends in order, in the middle of a word. */
  | 'truncated'
  /** A page where an object is due. */
  | 'html'
  | 'error-500';

/** Those of the answer: the engine has acted. */
export const faults: readonly Exclude<Fault, 'none' | 'withheld'>[] = [
  'reset-before-headers',
  'reset-after-headers',
  'reset-mid-body',
  'stall',
  'stall-mid-body',
  'truncated',
  'html',
  'error-500',
];

export interface FaultProxy {
  /** `unix://…` */
  readonly host: string;
  /** "METHOD /path?query" of every request, as it came. */
  readonly seen: readonly string[];
  /** Which fault a request meets; the path has no version in front. */
  setFault(choose: (method: string, path: string) => Fault): void;
  close(): Promise<void>;
}

/** Stands before an engine's unix socket and spoils its answers. */
export async function startFaultProxy(targetSocket: string): Promise<FaultProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'mlenv-proxy-'));
  const socket = join(folder, 'proxy.sock');
  const seen: string[] = [];
  let choose: (method: string, path: string) => Fault = () => 'none';

  const server = createServer((incoming, outgoing) => {
    const method = incoming.method ?? '';
    const path = (incoming.url ?? '').replace(/^\/v1\.\d+/, '');
    seen.push(`${method} ${path}`);
    const fault = choose(method, path);
    if (fault === 'withheld') return;
    if (fault === 'none') return passOn(targetSocket, incoming, outgoing);
    void forward(targetSocket, incoming).then(
      (answer) => spoil(fault, answer, outgoing),
      () => outgoing.destroy(),
    );
  });
  await new Promise<void>((resolve) => void server.listen(socket, resolve));
  return {
    host: `unix://${socket}`,
    seen,
    setFault: (next) => {
      choose = next;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
      rmSync(folder, { recursive: true });
    },
  };
}

/** As it comes, so that a stream of events is one. */
function passOn(socketPath: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { method, url: path, headers } = incoming;
  const onward = request({ socketPath, method, path, headers }, (response) => {
    outgoing.writeHead(response.statusCode ?? 0, response.headers);
    outgoing.flushHeaders();
    response.pipe(outgoing).on('close', () => response.destroy());
  });
  onward.on('error', () => outgoing.destroy());
  incoming.pipe(onward);
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

function forward(socketPath: string, incoming: IncomingMessage): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { socketPath, method: incoming.method, path: incoming.url, headers: incoming.headers },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            type: response.headers['content-type'] ?? 'application/json',
            body: Buffer.concat(parts),
          }),
        );
      },
    );
    outgoing.on('error', reject);
    incoming.pipe(outgoing);
  });
}

function spoil(fault: (typeof faults)[number], answer: Answer, outgoing: ServerResponse): void {
  const half = answer.body.subarray(0, Math.max(1, Math.floor(answer.body.length / 2)));
  const head = (length: number): void => {
    outgoing.writeHead(answer.status, { 'Content-Type': answer.type, 'Content-Length': length });
    outgoing.flushHeaders();
  };
  switch (fault) {
    case 'reset-before-headers':
      outgoing.destroy();
      return;
    case 'reset-after-headers':
      head(answer.body.length + 1);
      outgoing.write('', () => outgoing.destroy());
      return;
    case 'reset-mid-body':
      head(answer.body.length + 1);
      outgoing.write(half, () => outgoing.destroy());
      return;
    case 'stall':
      return;
    case 'stall-mid-body':
      // An answer without a body has no middle to stop in.
      if (answer.status === 204) return;
      head(answer.body.length + 1);
      outgoing.write(half);
      return;
    case 'truncated':
      head(half.length);
      outgoing.end(half);
      return;
    case 'html':
      outgoing.writeHead(200, { 'Content-Type': 'text/html' });
      outgoing.end('<html><body>Welcome to the proxy</body></html>');
      return;
    case 'error-500':
      outgoing.writeHead(500, { 'Content-Type': 'application/json' });
      outgoing.end('{"message":"the disk is\\nfull"}');
      return;
    default:
      fault satisfies never;
  }
}
