import { once } from 'node:events';
import { chmod, unlink } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { ApiError } from '../model/api.ts';
import { isShaped } from './shape.ts';
import { requestSocketPath } from './socket-location.ts';
import { toApiError } from './wire.ts';

export type SocketAnswer =
  | { readonly ok: true; readonly path: string }
  | {
      readonly ok: false;
      readonly message: string;
      /** Later it goes. */
      readonly busy?: boolean;
    };

/**
 * A socket for everybody that takes one line, `{"uid":1000}`, and answers with one. Who asks for
 * another's socket gains nothing, as its folder cannot be entered. Nobody holds a place here: where more than
 * `waiting` have not said their line yet, the one that has waited longest goes.
 */
export const serveRequests = async (options: {
  readonly path: string;
  readonly serve: (uid: number) => Promise<string>;
  readonly waiting?: number;
}): Promise<{ readonly close: () => Promise<void> }> => {
  const { path, serve, waiting = 64 } = options;
  // Whoever holds the engine's lock owns this path, so what lies there is a dead process's.
  await unlink(path).catch(() => undefined);
  const silent = new Set<Socket>();
  const answering = new Set<Socket>();
  const server = createServer((socket) => {
    socket.setTimeout(patienceMs, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      silent.delete(socket);
      answering.delete(socket);
    });
    const [longest] = silent;
    if (silent.size >= waiting) longest?.destroy();
    silent.add(socket);
    void answer(socket, (uid) => {
      silent.delete(socket);
      if (answering.size >= mostAnswers)
        throw new ApiError('busy', 'too many ask for a socket at once; try again in a second');
      answering.add(socket);
      return serve(uid);
    });
  });
  server.listen(path);
  await once(server, 'listening');
  await chmod(path, 0o666);
  return {
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of [...silent, ...answering]) socket.destroy();
      await closed;
    },
  };
};

/**
 * Asks the system instance for a user's socket; null: there is no system instance. Where it is busy it is asked
 * again, a little later each time.
 */
export const requestUserSocket = async (options: {
  readonly runDir: string;
  readonly uid: number;
}): Promise<SocketAnswer | null> => {
  for (const pauseMs of pausesMs) {
    const answer = await askOnce(options);
    if (answer === null || answer.ok || answer.busy !== true) return answer;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return askOnce(options);
};

const pausesMs = [50, 100, 200, 400, 800];

const askOnce = async (options: {
  readonly runDir: string;
  readonly uid: number;
}): Promise<SocketAnswer | null> => {
  const socket = createConnection(requestSocketPath(options.runDir));
  socket.setTimeout(patienceMs, () => socket.destroy(new Error('no answer')));
  try {
    await once(socket, 'connect');
    socket.write(`${JSON.stringify({ uid: options.uid })}\n`);
    const value: unknown = JSON.parse(await line(socket));
    if (isShaped<{ ok: true; path: string }>(value, 'ok', 'path')) return value;
    if (isShaped<{ ok: false; message: string }>(value, 'ok', 'message')) return value;
    throw new ApiError('internal', 'the system instance answered in an unknown form');
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : '';
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return null;
    // It was full, or made room for others.
    if (code === 'usage' || code === 'EAGAIN' || code === 'ECONNRESET' || code === 'EPIPE')
      return { ok: false, busy: true, message: 'the system instance has too many requests now' };
    if (thrown instanceof ApiError) throw thrown;
    throw new ApiError(
      'prerequisite',
      `the system instance does not answer at ${requestSocketPath(options.runDir)}`,
    );
  } finally {
    socket.destroy();
  }
};

const patienceMs = 5000;
/** Whose user is being looked up, or whose socket is being made. */
const mostAnswers = 64;
const maxLineBytes = 256;

const answer = async (socket: Socket, serve: (uid: number) => Promise<string>): Promise<void> => {
  let said: SocketAnswer;
  try {
    said = { ok: true, path: await serve(uidOf(await line(socket))) };
  } catch (thrown) {
    const { code, message } = toApiError(thrown);
    said = { ok: false, message, ...(code === 'busy' ? { busy: true } : {}) };
  }
  socket.end(`${JSON.stringify(said)}\n`);
};

const uidOf = (text: string): number => {
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    // Refused below.
  }
  const uid = isShaped<{ uid: unknown }>(value, 'uid') ? value.uid : null;
  if (typeof uid !== 'number' || !Number.isInteger(uid) || uid < 0 || uid > 0xffff_fffe)
    throw new ApiError('usage', 'the request must be one line: {"uid":1000}');
  return uid;
};

const line = async (socket: Socket): Promise<string> => {
  let text = '';
  for await (const piece of socket.iterator({ destroyOnReturn: false })) {
    text += String(piece);
    const end = text.indexOf('\n');
    if (end >= 0) return text.slice(0, end);
    if (text.length > maxLineBytes) break;
  }
  throw new ApiError('usage', 'the line is too long or has no end');
};
