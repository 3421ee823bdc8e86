import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import type { Duplex } from 'node:stream';
import { failed, ok } from '../model/failure.ts';
import type { Failure, Result } from '../model/failure.ts';
import type { ExecSession, LogChunk } from '../model/ports.ts';
import { decodeFrames, encodeFrame } from './exec-frames.ts';
import type { Frame } from './exec-frames.ts';
import { readJson } from './http-client-read.ts';
import { isShaped } from './shape.ts';
import { execProtocol, route, toApiError } from './wire.ts';
import type { ExecRequest } from './wire.ts';

/** Opens one exec. Throws the ApiError of a refusal, or the connection's own error. */
export const openExec = async (socketPath: string, asked: ExecRequest): Promise<ExecSession> =>
  sessionOver(await upgrade(socketPath, asked));

const upgrade = (socketPath: string, asked: ExecRequest): Promise<Duplex> =>
  new Promise((resolve, reject) => {
    const body = JSON.stringify(asked);
    const sent = request({
      socketPath,
      path: route.exec,
      agent: false,
      method: 'POST',
      headers: {
        host: 'mlenv',
        connection: 'Upgrade',
        upgrade: execProtocol,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    });
    sent.on('error', reject);
    sent.once('upgrade', (_response: IncomingMessage, socket, head) => {
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    sent.once('response', (response) => {
      readJson(response).then(
        () => reject(new Error('the instance did not open the exec')),
        (refusal: unknown) => reject(toApiError(refusal)),
      );
    });
    sent.end(body);
  });

const sessionOver = (socket: Duplex): ExecSession => {
  const output = new PassThrough({ objectMode: true });
  const ended = receive(socket, output);
  // A socket that breaks is told by the result; without a listener it would end the process.
  socket.on('error', () => undefined);
  const send = (frame: Frame): void => {
    if (socket.writable) socket.write(encodeFrame(frame));
  };
  return {
    output,
    write: (data) => send({ kind: 'input', data }),
    endInput: () => send({ kind: 'end-input' }),
    resize: (columns, rows) => {
      send({ kind: 'resize', columns, rows });
      return Promise.resolve();
    },
    exitCode: () => ended,
    close: () => {
      socket.destroy();
    },
  };
};

/** Hands the output on at the reader's pace, and ends with the result. */
const receive = async (socket: Duplex, output: PassThrough): Promise<Result<number>> => {
  let result: Result<number> = failed('unknown', 'the connection to the instance was lost');
  try {
    for await (const frame of decodeFrames(socket)) {
      if (frame.kind === 'stdout' || frame.kind === 'stderr') {
        const chunk: LogChunk = { stream: frame.kind, data: frame.data };
        if (!output.write(chunk)) await once(output, 'drain');
      } else if (frame.kind === 'exit') {
        result = ok(frame.code);
      } else if (frame.kind === 'failure') {
        const failure: unknown = JSON.parse(Buffer.from(frame.data).toString('utf8'));
        if (isShaped<Failure>(failure, 'kind', 'message')) result = { ok: false, failure };
      }
    }
  } catch {
    // The result above says it.
  }
  output.end();
  return result;
};
