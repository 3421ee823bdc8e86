import { Agent, request } from 'node:http';

export interface Call {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly contentType: string | null;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

export interface EngineApi {
  /** Throws on a status of 400 or more, 404 and 409 of a removal excepted. */
  call(call: Call): Promise<Answer>;
  close(): void;
}

/** The floor: plain HTTP on the engine's socket, connections kept open, nothing in between. */
export function openEngineApi(socketPath: string, connections: number): EngineApi {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  return {
    call: (call) => send({ agent, socketPath, call }),
    close: () => agent.destroy(),
  };
}

export const json = (method: string, path: string, body: unknown = null): Call => ({
  method,
  path,
  contentType: 'application/json',
  body: body === null ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body)),
});

function send(options: {
  readonly agent: Agent;
  readonly socketPath: string;
  readonly call: Call;
}): Promise<Answer> {
  const { agent, socketPath, call } = options;
  const { method, path, body, contentType } = call;
  return new Promise((resolve, reject) => {
    const headers = {
      'Content-Length': body.length,
      ...(contentType === null ? {} : { 'Content-Type': contentType }),
    };
    const sent = request({ agent, socketPath, method, path, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const answer = { status: response.statusCode ?? 0, body: Buffer.concat(parts) };
        if (answer.status < 400 || (method === 'DELETE' && [404, 409].includes(answer.status))) {
          resolve(answer);
        } else {
          reject(new Error(`${method} ${path}: ${answer.status} ${answer.body.toString()}`));
        }
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
