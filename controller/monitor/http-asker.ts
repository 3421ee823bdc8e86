import { request } from 'node:http';
import type { CheckResult } from '../model/health.ts';

export interface HttpQuestion {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly timeoutMs: number;
}

export interface HttpAnswer extends CheckResult {
  /** Somebody took the connection. */
  readonly isConnected: boolean;
}

/** Asks once; ends by its deadline. */
export type HttpAsker = (question: HttpQuestion) => Promise<HttpAnswer>;

/** Healthy is a status below 400, as with the check that the engine makes. No redirect is followed, no body read. */
export const askHttp: HttpAsker = ({ host, port, path, timeoutMs }) =>
  new Promise((resolve) => {
    const began = performance.now();
    let isConnected = false;
    const end = (kind: CheckResult['kind'], message: string): void => {
      clearTimeout(deadline);
      resolve({ kind, message, isConnected, responseMs: Math.round(performance.now() - began) });
      asked.destroy();
    };
    const asked = request({
      host,
      port,
      path: Buffer.from(path)
        .toString()
        .replaceAll(/[^\x21-\x7E]/gu, encodeURIComponent),
      agent: false,
      headers: { 'User-Agent': 'mlenv-health', Host: `127.0.0.1:${port}` },
    });
    const deadline = setTimeout(() => {
      // Nobody refused and nobody took it: there may be no way from here to there.
      if (isConnected) end('bad', `no answer within ${timeoutMs} ms`);
      else end('unknown', `${host}:${port} cannot be reached from here`);
    }, timeoutMs);
    asked
      .on('socket', (socket) => socket.once('connect', () => (isConnected = true)))
      .on('response', ({ statusCode = 0 }) =>
        end(statusCode < 400 ? 'good' : 'bad', `it answered ${statusCode}`),
      )
      .on('error', (error) => {
        const code = 'code' in error ? String(error.code) : '';
        const isAway = /^E(?:HOST|NET)UNREACH$|^EADDRNOTAVAIL$/.test(code);
        end(isAway ? 'unknown' : 'bad', error.message);
      })
      .end();
  });
