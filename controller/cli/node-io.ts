import { on } from 'node:events';
import { hostname, userInfo } from 'node:os';
import { isatty } from 'node:tty';
import type { ReadStream, WriteStream } from 'node:tty';
import type { Clock } from '../model/ports.ts';
import type { CliInput, CliIo, CliOutput } from './io.ts';

/** The process as a command sees it. Installs the handlers of its signals and of a closed pipe. */
export const nodeIo = (options: {
  readonly version: string;
  readonly schemaFile: string;
  readonly clock: Clock;
}): CliIo => {
  const stop = new AbortController();
  const end = (): void => {
    // Who asks a second time does not want to wait.
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  process.on('SIGHUP', end);
  return {
    ...options,
    stdout: outputOf(process.stdout, 1, () => stop.abort()),
    stderr: outputOf(process.stderr, 2, () => undefined),
    stdin: inputOf(process.stdin, 0),
    env: process.env,
    cwd: process.cwd(),
    user: userName(),
    uid: process.getuid?.() ?? 0,
    hostName: hostname(),
    signal: stop.signal,
  };
};

/** A closed pipe is how a reader says that it has seen enough, and no fault. */
const outputOf = (stream: WriteStream, fd: number, onClosed: () => void): CliOutput => {
  let closed = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    closed = true;
    onClosed();
  });
  return {
    isTTY: isatty(fd),
    write: (data) => {
      if (!closed) stream.write(data);
    },
    size: () => {
      const { columns, rows } = stream;
      // Some pseudo terminals have no size.
      return isatty(fd) && columns > 0 && rows > 0 ? { columns, rows } : null;
    },
    onResize: (run) => {
      stream.on('resize', run);
      return () => stream.off('resize', run);
    },
  };
};

const inputOf = (stream: ReadStream, fd: number): CliInput => ({
  isTTY: isatty(fd),
  setRawMode: (raw) => {
    stream.setRawMode(raw);
  },
  read: async function* (signal) {
    try {
      for await (const [piece] of on(stream, 'data', { signal, close: ['end', 'close'] }))
        if (piece instanceof Uint8Array) yield piece;
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    } finally {
      stream.pause();
    }
  },
});

/** The uid where the machine knows no name for it. */
const userName = (): string => {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '');
  }
};
