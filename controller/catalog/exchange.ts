import type { Clock } from '../model/ports.ts';
import type { RegistryResult } from '../model/registry.ts';
import { fault, ok } from './fault.ts';
import { addressRefused } from './guarded-fetch.ts';

export interface Exchange {
  /** What it is for, in messages: `the tags of nvcr.io/nvidia/pytorch`. */
  readonly what: string;
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly largestBytes: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  /** Who answered, after redirects. */
  readonly url: URL;
}

/** The part of the global one that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface ExchangeOptions {
  readonly clock: Clock;
  readonly fetch: Fetch;
  /** The longest silence, before the answer and within it. */
  readonly silenceMs: number;
  /** The longest whole, for answers that drip. */
  readonly longestMs: number;
}

/** One request and its whole answer, whatever the status. Nothing is followed. */
export const exchange = async (
  { what, method, url, headers, body, largestBytes }: Exchange,
  { clock, fetch, silenceMs, longestMs }: ExchangeOptions,
  signal: AbortSignal,
): Promise<RegistryResult<Answer>> => {
  const stalled = new AbortController();
  const stall = (): void => stalled.abort(`sent nothing for ${silenceMs / 1000} s`);
  const drip = (): void => stalled.abort(`did not end within ${longestMs / 1000} s`);
  let cancel = clock.setTimer(silenceMs, stall);
  const cancelWhole = clock.setTimer(longestMs, drip);
  try {
    const response = await fetch(url.href, {
      method,
      headers: { 'user-agent': 'mlenv', ...headers },
      redirect: 'manual',
      body,
      signal: AbortSignal.any([signal, stalled.signal]),
    });
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of response.body ?? []) {
      cancel();
      cancel = clock.setTimer(silenceMs, stall);
      bytes += part.length;
      if (bytes > largestBytes) {
        const message = `${url.host} sent more than ${largestBytes} bytes for ${what}`;
        return fault({ code: 'AnswerTooLarge', message });
      }
      parts.push(part);
    }
    const { status } = response;
    return ok({ status, headers: response.headers, body: Buffer.concat(parts), url });
  } catch (error) {
    if (signal.aborted) return fault({ code: 'GivenUp', message: `${what}: given up` });
    if (stalled.signal.aborted) {
      return fault({ code: 'Stalled', message: `${url.host} ${stalled.signal.reason}: ${what}` });
    }
    const cause = error instanceof Error ? error.cause : null;
    if (cause instanceof Error && 'code' in cause && cause.code === addressRefused)
      return fault({ code: 'AddressRefused', message: `${url.host} is ${cause.message}: ${what}` });
    return fault({ code: 'Unreachable', message: `${url.host} ${wordsOf(error)}: ${what}` });
  } finally {
    cancel();
    cancelWhole();
  }
};

const wordsOf = (error: unknown): string => {
  const cause = error instanceof Error ? error.cause : null;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return codes[code] ?? `could not be reached${code === '' ? '' : ` (${code})`}`;
};

const codes: Readonly<Record<string, string | undefined>> = {
  ECONNREFUSED: 'does not listen',
  ENOTFOUND: 'is no known host',
  EAI_AGAIN: 'could not be looked up now',
  ECONNRESET: 'closed the connection',
  UND_ERR_SOCKET: 'closed the connection',
  UND_ERR_CONNECT_TIMEOUT: 'does not answer',
  CERT_HAS_EXPIRED: 'has a certificate that has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'has a certificate signed by itself: name its authority in NODE_EXTRA_CA_CERTS',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'has a certificate of an unknown authority: name it in NODE_EXTRA_CA_CERTS',
};
