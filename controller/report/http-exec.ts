import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError } from '../model/api.ts';
import type { Api } from '../model/api.ts';
import { failed } from '../model/failure.ts';
import type { Result } from '../model/failure.ts';
import type { ExecSession } from '../model/ports.ts';
import { decodeFrames, encodeFrame } from './exec-frames.ts';
import type { Frame } from './exec-frames.ts';
import { execOf } from './http-request.ts';
import type { Log } from './log.ts';
import { plainResponse } from './plain-response.ts';
import { execProtocol, maxBodyBytes, route, toApiError } from './wire.ts';

/**
 * One exec over an upgraded connection. Node parses nothing behind the headers of an upgrade, so the
 * JSON body is read from the raw socket, by its Content-Length. Never throws.
 */
export const serveExec = async (options: {
  readonly api: Api;
  readonly log?: Log;
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  /** For the body: Node's own limit ends with the headers of an upgrade. */
  readonly bodyMs: number;
}): Promise<void> => {
  const { api, log, request, socket } = options;
  // A peer that goes away is seen by 'close'; without a listener it would end the process.
  socket.on('error', () => undefined);
  let session: ExecSession;
  try {
    if (request.method !== 'POST' || request.url !== route.exec)
      throw new ApiError('not-found', `no such route: ${request.method} ${request.url}`);
    if (request.headers.upgrade !== execProtocol)
      throw new ApiError('usage', `exec needs "Upgrade: ${execProtocol}"`);
    if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
      throw new ApiError('usage', 'the content type must be application/json');
    const late = setTimeout(() => socket.destroy(), options.bodyMs);
    const body = await readBody(options).finally(() => clearTimeout(late));
    const { ref, options: wanted } = execOf(body);
    session = await api.exec(ref, wanted);
  } catch (thrown) {
    const error = toApiError(thrown);
    if (error.code === 'internal') log?.error({ err: thrown }, 'exec failed');
    socket.end(plainResponse(error));
    return;
  }
  if (socket.destroyed) {
    session.close();
    return;
  }
  socket.once('close', () => session.close());
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${execProtocol}\r\n\r\n`,
  );
  void feed(session, socket);
  await drain(session, socket);
};

/** From the client into the command. */
const feed = async (session: ExecSession, socket: Duplex): Promise<void> => {
  try {
    for await (const frame of decodeFrames(socket.iterator({ destroyOnReturn: false }))) {
      if (frame.kind === 'input') session.write(frame.data);
      else if (frame.kind === 'end-input') session.endInput();
      else if (frame.kind === 'resize') await session.resize(frame.columns, frame.rows);
      else throw new Error(`a client does not send ${frame.kind}`);
    }
  } catch {
    // A client that speaks nonsense is cut off as one that has gone.
  }
  // The end of the input has a frame of its own, so an end here is the client's.
  socket.destroy();
};

/** From the command to the client, at the client's pace; ends with one exit or failure frame. */
const drain = async (session: ExecSession, socket: Duplex): Promise<void> => {
  const send = async (frame: Frame): Promise<void> => {
    if (socket.destroyed || socket.write(encodeFrame(frame))) return;
    await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => undefined);
  };
  let result: Result<number>;
  try {
    for await (const { stream, data } of session.output) await send({ kind: stream, data });
    result = await session.exitCode();
  } catch (thrown) {
    result = failed('unknown', toApiError(thrown).message);
  }
  await send(
    result.ok
      ? { kind: 'exit', code: result.value }
      : { kind: 'failure', data: Buffer.from(JSON.stringify(result.failure)) },
  );
  socket.end();
};

const readBody = async (options: {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}): Promise<unknown> => {
  const { request, socket } = options;
  const length = Number(request.headers['content-length']);
  if (!Number.isInteger(length)) throw new ApiError('usage', 'exec needs a Content-Length');
  if (length > maxBodyBytes)
    throw new ApiError('usage', `the body is longer than ${maxBodyBytes} bytes`);
  let body = options.head;
  while (body.length < length) {
    const piece: unknown = socket.read();
    if (piece instanceof Buffer) body = Buffer.concat([body, piece]);
    else if (socket.readableEnded || socket.destroyed)
      throw new ApiError('usage', 'the body is cut short');
    else await Promise.race([once(socket, 'readable'), once(socket, 'close')]);
  }
  if (body.length > length) socket.unshift(body.subarray(length));
  try {
    return JSON.parse(body.subarray(0, length).toString('utf8'));
  } catch {
    throw new ApiError('usage', 'the body is not JSON');
  }
};
