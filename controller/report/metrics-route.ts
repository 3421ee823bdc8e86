import { createHash, timingSafeEqual } from 'node:crypto';
import { expositionType } from './prometheus.ts';
import { end, type Handler } from './tcp-listener.ts';

/**
 * - `off`: there is no such path.
 * - `open`: whoever reaches the address.
 * - `token`: who bears it; null: it cannot be read, so nobody does.
 */
export type MetricsAccess =
  | { readonly kind: 'off' }
  | { readonly kind: 'open' }
  | { readonly kind: 'token'; readonly token: string | null };

/** `GET /metrics` */
export const metricsRoute =
  ({
    access,
    scrape,
  }: {
    /** Asked anew each time. */
    readonly access: () => Promise<MetricsAccess>;
    readonly scrape: () => string;
  }): Handler =>
  async (request, response) => {
    if (new URL(request.url ?? '/', 'http://any').pathname !== '/metrics') return false;
    const allowed = await access();
    if (allowed.kind === 'off') return false;
    if (request.method !== 'GET') {
      end(response, 405);
      return true;
    }
    if (allowed.kind === 'token' && !bears(request.headers.authorization, allowed.token)) {
      response.setHeader('www-authenticate', 'Bearer');
      end(response, 401);
      return true;
    }
    const body = Buffer.from(scrape());
    response
      .writeHead(200, {
        'content-type': expositionType,
        'content-length': body.length,
        'cache-control': 'no-store',
      })
      .end(body);
    return true;
  };

/** In the same time, whatever was guessed. */
const bears = (header: string | undefined, token: string | null): boolean => {
  const given = /^Bearer (.+)$/i.exec(header ?? '')?.[1];
  if (given === undefined || token === null) return false;
  return timingSafeEqual(sha256(given), sha256(token));
};

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
