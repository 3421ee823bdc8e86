import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Heard {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly heard: Heard[];
  close(): Promise<void>;
}

export type Answer =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly location?: string;
      readonly body?: string;
    }
  /** Never answers. */
  | { readonly kind: 'hang' };

/** A real server of HTTP that answers so, one after the other; the last one stays. */
export const startReceiver = async (...answers: readonly Answer[]): Promise<Receiver> => {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { url: path = '', headers } = request;
      const answer = answers[Math.min(heard.length, answers.length - 1)] ?? { kind: 'hang' };
      heard.push({ path, headers, body: Buffer.concat(parts).toString() });
      if (answer.kind === 'hang') return;
      const { status, location, body = '' } = answer;
      response.writeHead(status, location === undefined ? {} : { location });
      response.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook/secret-part`,
    heard,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};
