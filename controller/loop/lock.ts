import { createServer, connect, type Server } from 'node:net';

export type LockResult =
  | { readonly kind: 'held'; release(): Promise<void> }
  /** `holder`: what the other one said of itself, untrusted; null: it did not answer in time. */
  | { readonly kind: 'taken'; readonly holder: string | null };

/**
 * One holder of a name on this machine: an abstract Unix socket (unix(7)), which the kernel frees with
 * its process however that ends, and which answers who holds it. The name is seen by every user, and
 * by every process of the same network namespace: two holders in different ones do not see each other.
 *
 * Throws on a name that is too long, and where sockets cannot be made at all.
 */
export const acquireLock = async (options: {
  readonly name: string;
  /** What to tell others, at most 4 KiB: any user can read it. */
  readonly holder: string;
  readonly answerWithinMs?: number;
}): Promise<LockResult> => {
  const { name, holder, answerWithinMs = 1000 } = options;
  if (Buffer.byteLength(name) > longestName) throw new RangeError(`lock name too long: ${name}`);
  for (let attempt = 1; ; attempt += 1) {
    const server = await listen(`\0${name}`, holder);
    if (server !== null) return { kind: 'held', release: () => close(server) };
    const answer = await ask(`\0${name}`, answerWithinMs);
    // It was let go between our two calls: try again, but not for ever.
    if (answer === 'gone' && attempt < 5) continue;
    return { kind: 'taken', holder: answer === 'gone' ? null : answer.holder };
  }
};

/** `sun_path` has 108 bytes, the first of which is the NUL. */
const longestName = 107;
const longestAnswer = 4096;

/** null: somebody else has it. */
const listen = (path: string, holder: string): Promise<Server | null> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.unref();
      // Whoever keeps the connection open must not keep `release` waiting.
      socket.end(holder, () => socket.destroy());
    });
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
    server.listen({ path, exclusive: true }, () => {
      server.unref();
      resolve(server);
    });
  });

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    // Already closed is as good.
    server.close(() => resolve());
  });

const ask = (
  path: string,
  withinMs: number,
): Promise<{ readonly holder: string | null } | 'gone'> =>
  new Promise((resolve) => {
    let text = '';
    const socket = connect({ path });
    const end = (answer: { readonly holder: string | null } | 'gone'): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end({ holder: null }), withinMs);
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text = (text + chunk).slice(0, longestAnswer);
    });
    socket.on('end', () => end({ holder: text === '' ? null : text }));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      end(error.code === 'ECONNREFUSED' ? 'gone' : { holder: null }),
    );
  });
