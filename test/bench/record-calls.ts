import { createServer, request } from 'node:http';
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { pipeline } from 'node:stream';
import type { Answer, Call } from './engine-api.ts';

export type RecordedCall = Call & { readonly answer: Answer };

/** Something that passed by: a request's arrival, or a piece of the engine's event stream on its way back. */
export interface Passage {
  readonly kind: 'request' | 'event';
  readonly method: string;
  readonly path: string;
  /** As performance.now() has it. */
  readonly at: number;
  /** Of an event: its JSON; of a request: nothing. */
  readonly text: string;
}

export interface Recorder {
  /** What changed something since the last take, in the order of the requests, failed calls left out. */
  take(): readonly RecordedCall[];
  close(): Promise<void>;
}

/**
 * Stands between a client and the engine, so that the same calls can be sent again without the client.
 * Reads pass through as streams; only what changes something is kept.
 */
export async function recordCalls(options: {
  readonly listenOn: string;
  readonly engine: string;
  readonly onPassage?: (passage: Passage) => void;
}): Promise<Recorder> {
  const { onPassage = () => undefined } = options;
  let calls: (RecordedCall | null)[] = [];
  const server = createServer((asked, answered) => {
    const { method = '', url: path = '' } = asked;
    onPassage({ kind: 'request', method, path, at: performance.now(), text: '' });
    if (asked.method === 'GET' || asked.method === 'HEAD') {
      const onward = forward(options.engine, asked, answered);
      if (/\/events(\?|$)/.test(path)) {
        onward.on('response', (response) =>
          response.on('data', (part: Buffer) =>
            onPassage({
              kind: 'event',
              method,
              path,
              at: performance.now(),
              text: part.toString(),
            }),
          ),
        );
      }
      return;
    }
    const place = calls.push(null) - 1;
    const target = calls;
    void relay(options.engine, asked, answered).then(
      (call) => {
        if (call.answer.status < 300) target[place] = call;
      },
      () => answered.destroy(),
    );
  });
  await new Promise<void>((resolve) => void server.listen(options.listenOn, resolve));
  return {
    take: () => {
      const taken = calls.filter((call) => call !== null);
      calls = [];
      return taken;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function forward(engine: string, asked: IncomingMessage, answered: ServerResponse): ClientRequest {
  const onward = request(
    { socketPath: engine, method: asked.method, path: asked.url, headers: asked.headers },
    (response) => {
      answered.writeHead(response.statusCode ?? 502, response.headers);
      pipeline(response, answered, () => undefined);
    },
  );
  onward.on('error', () => answered.destroy());
  answered.on('close', () => onward.destroy());
  pipeline(asked, onward, () => undefined);
  return onward;
}

async function relay(
  engine: string,
  asked: IncomingMessage,
  answered: ServerResponse,
): Promise<RecordedCall> {
  const body = await readAll(asked);
  const { method = '', url: path = '' } = asked;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { ...asked.headers, 'content-length': body.length };
    delete headers['transfer-encoding'];
    const onward = request({ socketPath: engine, method, path, headers }, resolve);
    onward.on('error', reject);
    onward.end(body);
  });
  const answer = { status: response.statusCode ?? 502, body: await readAll(response) };
  const headers = { ...response.headers, 'content-length': answer.body.length };
  delete headers['transfer-encoding'];
  // 1xx, 204 and 304 have no body, and so no length either.
  if (answer.status === 204 || answer.status === 304) answered.writeHead(answer.status);
  else answered.writeHead(answer.status, headers);
  answered.end(answer.body);
  return { method, path, contentType: asked.headers['content-type'] ?? null, body, answer };
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
