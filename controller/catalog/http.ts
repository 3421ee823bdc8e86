import type { Clock, Random } from '../model/ports.ts';
import type { RegistryResult } from '../model/registry.ts';
import { type Answer, exchange, type Exchange, type Fetch } from './exchange.ts';
import { fault, refusal } from './fault.ts';
import { createPace, pause, retryAfterMs, type Wait } from './pace.ts';

export interface HttpOptions {
  readonly clock: Clock;
  readonly random: Pick<Random, 'fraction'>;
  /** To one host, in any 60 seconds. */
  readonly perMinute?: number;
  readonly silenceMs?: number;
  readonly longestMs?: number;
  /** How often one request is sent before its failure counts. */
  readonly attempts?: number;
  /** A longer Retry-After is not waited for, but told. */
  readonly patienceMs?: number;
  /** Told of every wait, for eyes. */
  readonly onWait?: (wait: Wait) => void;
  readonly fetch?: Fetch;
}

export interface Http {
  /** The answer, whatever its status save 429 and 5xx, which are tried again and end as faults. */
  send(request: HttpRequest, signal: AbortSignal): Promise<RegistryResult<Answer>>;
}

export interface HttpRequest extends Exchange {
  /** Who we say we are, for the words of a refusal; null: nobody. */
  readonly user: string | null;
}

const firstRetryMs = 1000;
const lastRetryMs = 30_000;
const mostRedirects = 5;
/** After a 429 that does not say how long. */
const usualHoldMs = 15_000;

export const createHttp = (options: HttpOptions): Http => {
  const { clock, random, attempts = 4, patienceMs = 120_000, onWait } = options;
  const pace = createPace({
    clock,
    patienceMs,
    perMinute: options.perMinute ?? 30,
    ...(onWait === undefined ? {} : { onWait }),
  });
  const wire = {
    clock,
    fetch: options.fetch ?? fetch,
    silenceMs: options.silenceMs ?? 20_000,
    longestMs: options.longestMs ?? 120_000,
  };

  /** Waits for the host, asks once, and remembers what the host wants of us. */
  const ask = async (
    request: HttpRequest,
    signal: AbortSignal,
  ): Promise<RegistryResult<Answer>> => {
    const { url, what } = request;
    const turn = await pace.turn(url.host, signal);
    if (turn.kind === 'aborted') return fault({ code: 'GivenUp', message: `${what}: given up` });
    if (turn.kind === 'held') {
      const message = `${url.host} wants to be left alone for ${Math.ceil(turn.leftMs / 1000)} s more: ${what}`;
      return fault({ code: 'Throttled', message, retryAfterMs: turn.leftMs });
    }
    const answer = await exchange(request, wire, signal);
    if (!answer.ok || !isTrouble(answer.value.status)) return answer;
    const { status, headers, body } = answer.value;
    const askedMs = retryAfterMs(headers.get('retry-after'), clock.now());
    if (askedMs !== null || status === 429) pace.hold(url.host, askedMs ?? usualHoldMs);
    return refusal({
      what,
      status,
      host: url.host,
      body: body.toString(),
      retryAfterMs: askedMs,
      user: request.user,
    });
  };

  /** Redirects by hand: who is pointed elsewhere says there who he is no more. */
  const follow = async (
    request: HttpRequest,
    signal: AbortSignal,
  ): Promise<RegistryResult<Answer>> => {
    let current = request;
    for (let hops = 0; ; hops += 1) {
      const answer = await ask(current, signal);
      if (!answer.ok || !isRedirect(answer.value.status)) return answer;
      const next = nextOf(current, answer.value.headers.get('location'), hops);
      if (typeof next === 'string') return fault({ code: 'RedirectRefused', message: next });
      current = next;
    }
  };

  return {
    send: async (request, signal) => {
      for (let attempt = 1; ; attempt += 1) {
        const answer = await follow(request, signal);
        if (answer.ok || attempt >= attempts || !isWorthRetry(answer.fault.code)) return answer;
        const askedMs = answer.fault.retryAfterMs;
        if (askedMs !== null && askedMs > patienceMs) return answer;
        // Full jitter, and never before the time that was asked for, which the pace holds.
        const ms = random.fraction() * Math.min(firstRetryMs * 2 ** attempt, lastRetryMs);
        onWait?.({ host: request.url.host, ms, why: 'failed' });
        await pause(clock, ms, signal);
      }
    },
  };
};

const isTrouble = (status: number): boolean => status === 429 || status >= 500;

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);

const isWorthRetry = (code: string): boolean =>
  ['Throttled', 'RegistryFailed', 'Unreachable', 'Stalled'].includes(code);

const nextOf = (from: HttpRequest, location: string | null, hops: number): HttpRequest | string => {
  const { url, what, method } = from;
  const said = `${url.host} points elsewhere for ${what}`;
  if (location === null || !URL.canParse(location, url.href))
    return `${said}, and does not say where`;
  if (hops >= mostRedirects) return `${said}, and was followed ${mostRedirects} times before`;
  if (method === 'POST') return `${said}, and a credential is not sent on`;
  const next = new URL(location, url);
  if (next.protocol !== url.protocol && next.protocol !== 'https:') {
    return `${said}: from ${url.protocol} to ${next.protocol}//${next.host}`;
  }
  const isSame = next.origin === url.origin;
  const headers = Object.fromEntries(
    Object.entries(from.headers).filter(([name]) => isSame || name !== 'authorization'),
  );
  return { ...from, url: next, headers, user: isSame ? from.user : null };
};
