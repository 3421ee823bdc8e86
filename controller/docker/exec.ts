import { setTimeout as sleep } from 'node:timers/promises';
import { Socket } from 'node:net';
import type { Result } from '../model/failure.ts';
import { failed, ok } from '../model/failure.ts';
import type { ExecOptions, ExecSession, LogChunk } from '../model/ports.ts';
import { demux } from './chunks.ts';
import { anyReply, call, objectReply } from './call.ts';
import type { Connection } from './client.ts';
import { isContainerRef } from './names.ts';

export interface ExecRequest {
  readonly connection: Connection;
  readonly id: string;
  readonly options: ExecOptions;
}

export async function startExec(request: ExecRequest): Promise<Result<ExecSession>> {
  const { connection, id, options } = request;
  const { docker, deadlines } = connection;
  if (!isContainerRef(id)) return failed('absent', `No such container: ${id}`, 404);
  const made = await call({
    what: `exec in ${id}`,
    kind: 'write',
    deadlineMs: deadlines.createMs,
    send: (abortSignal) =>
      docker.getContainer(id).exec({
        Cmd: [...options.argv],
        Env: Object.entries(options.env).map(([name, value]) => `${name}=${value}`),
        Tty: options.tty,
        AttachStdin: options.stdin,
        AttachStdout: true,
        AttachStderr: true,
        abortSignal,
      }),
    read: (reply) => (isExec(reply) ? reply : null),
  });
  if (!made.ok) return made;
  const exec = made.value;
  // Heeded from API 1.42 on; before, the size comes by `resize` when the command already runs.
  const size =
    options.tty && options.columns !== null && options.rows !== null
      ? { columns: options.columns, rows: options.rows }
      : null;
  const consoleSize = size === null ? {} : { ConsoleSize: [size.rows, size.columns] };
  const opened = await call({
    what: `start exec in ${id}`,
    kind: 'write',
    deadlineMs: deadlines.startMs,
    send: (abortSignal) =>
      exec.start({
        hijack: true,
        stdin: true,
        Tty: options.tty,
        Detach: false,
        ...consoleSize,
        abortSignal,
      }),
    read: (reply) => (isSocket(reply) ? reply : null),
  });
  if (!opened.ok) return opened;
  const session = createSession({ connection, exec, socket: opened.value, tty: options.tty });
  if (!options.stdin) session.endInput();
  if (size !== null) await session.resize(size.columns, size.rows);
  return ok(session);
}

interface Exec {
  start(options: object): Promise<unknown>;
  inspect(options: object): Promise<unknown>;
  resize(options: object): Promise<unknown>;
}

function createSession(from: {
  readonly connection: Connection;
  readonly exec: Exec;
  readonly socket: Socket;
  readonly tty: boolean;
}): ExecSession {
  const { connection, exec, socket, tty } = from;
  const readMs = connection.deadlines.readMs;
  let closed = false;
  const ended = new Promise<void>((resolve) => {
    socket.once('end', resolve).once('close', resolve).once('error', resolve);
  });

  const state = () =>
    call({
      what: 'inspect exec',
      kind: 'read',
      deadlineMs: readMs,
      send: (abortSignal) => exec.inspect({ abortSignal }),
      read: objectReply,
    });

  const exitCode = async (): Promise<Result<number>> => {
    await ended;
    // The stream may end a moment before the engine has written the code down.
    for (let attempt = 0; attempt < (closed ? 1 : exitAttempts); attempt += 1) {
      const now = await state();
      if (!now.ok) return now;
      const code = now.value['ExitCode'];
      if (now.value['Running'] !== true && typeof code === 'number') return ok(code);
      await sleep(pauseMs);
    }
    return failed('unknown', 'The command still runs, but the connection to it was lost');
  };

  const resize = async (columns: number, rows: number): Promise<void> => {
    // Before the process exists a resize answers 500.
    for (let attempt = 0; attempt < resizeAttempts; attempt += 1) {
      const done = await call({
        what: 'resize exec',
        kind: 'write',
        deadlineMs: readMs,
        send: (abortSignal) => exec.resize({ h: rows, w: columns, abortSignal }),
        read: anyReply,
      });
      if (done.ok || done.failure.status === null || done.failure.status < 500) return;
      await sleep(pauseMs);
    }
  };

  return {
    output: tty ? raw(socket) : quietly(demux(socket)),
    write: (data) => void (socket.writable && socket.write(data)),
    endInput: () => void (socket.writable && socket.end()),
    resize,
    exitCode,
    close: () => {
      closed = true;
      socket.destroy();
    },
  };
}

const pauseMs = 20;
const resizeAttempts = 25;
const exitAttempts = 100;

async function* raw(socket: Socket): AsyncGenerator<LogChunk> {
  yield* quietly(
    (async function* (): AsyncGenerator<LogChunk> {
      for await (const part of socket) {
        yield { stream: 'stdout', data: new Uint8Array(Buffer.from(part)) };
      }
    })(),
  );
}

/** A cut connection is the end of the output; the exit code tells what became of the command. */
async function* quietly(chunks: AsyncIterable<LogChunk>): AsyncGenerator<LogChunk> {
  try {
    yield* chunks;
  } catch {
    return;
  }
}

const isExec = (reply: unknown): reply is Exec =>
  typeof reply === 'object' &&
  reply !== null &&
  'id' in reply &&
  typeof reply.id === 'string' &&
  'start' in reply &&
  'resize' in reply;

/** Anything else is an answer in place of the switch to a raw connection that was asked for. */
const isSocket = (reply: unknown): reply is Socket => reply instanceof Socket;
