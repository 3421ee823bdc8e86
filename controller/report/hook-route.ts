import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { verifyDelivery } from './git-hook.ts';
import { end, type Handler } from './tcp-listener.ts';

/** GitHub sends no more than that. */
const maxBytes = 25 * 2 ** 20;

/**
 * `POST /hooks/git/<source>`. A source that is not there, one without a secret and a wrong signature are answered
 * alike: 401.
 */
export const gitHookRoute = ({
  secretOf,
  onPush,
}: {
  /** Read anew each time; null: the source takes no hooks, or its secret cannot be read. */
  readonly secretOf: (source: string) => Promise<string | null>;
  readonly onPush: (source: string) => void;
}): Handler => {
  // What nobody knows stands in for a secret that is not there, so that the answer takes the same work.
  const none = randomBytes(32).toString('hex');
  return async (request, response) => {
    const source = /^\/hooks\/git\/([a-z0-9][a-z0-9-]{0,62})$/.exec(request.url ?? '')?.[1];
    if (source === undefined) return false;
    if (request.method !== 'POST') {
      end(response, 405);
      return true;
    }
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
      end(response, 413);
      return true;
    }
    const secret = await secretOf(source);
    const delivery = await verifyDelivery(request.headers, limited(request), secret ?? none);
    if (delivery === null || secret === null) {
      end(response, 401);
      return true;
    }
    if (delivery === 'push') onPush(source);
    end(response, { push: 202, ping: 200, other: 204 }[delivery]);
    return true;
  };
};

/** Throws where a body without a length turns out too long. */
const limited = async function* (request: IncomingMessage): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBytes) throw new RangeError('the body is too long');
    yield part;
  }
};
