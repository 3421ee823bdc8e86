import type { RegistryResult } from '../model/registry.ts';
import type { Answer } from './exchange.ts';
import { ok, refusal } from './fault.ts';
import type { Http } from './http.ts';
import { unlessMatch } from './kept-answers.ts';
import type { Place } from './places.ts';
import type { Proof, Tokens } from './token.ts';

export interface Question {
  readonly place: Place;
  readonly url: URL;
  readonly what: string;
  readonly largestBytes: number;
  readonly accept?: string;
  readonly method?: 'GET' | 'HEAD';
  /** The ETag of what this user was answered before; null: nothing that is still known. Asked before each request. */
  readonly etagFor?: (user: string | null) => string | null;
}

export interface SessionAnswer extends Answer {
  /** Who was answered; null: anybody would have been. */
  readonly user: string | null;
}

export interface Session {
  /** An answer with 200, or with 304 to an ETag; all else is a fault. */
  get(question: Question, signal: AbortSignal): Promise<RegistryResult<SessionAnswer>>;
}

/** Asks with what served before; a 401 is answered once with a proof that is new. */
export const createSession = (options: {
  readonly http: Http;
  readonly tokens: Tokens;
}): Session => {
  const { http, tokens } = options;

  const ask = async (
    { url, what, largestBytes, accept, etagFor, method = 'GET' }: Question,
    proof: Proof | null,
    signal: AbortSignal,
  ): Promise<RegistryResult<SessionAnswer & { readonly etag: string | null }>> => {
    const user = proof?.user ?? null;
    const etag = etagFor?.(user) ?? null;
    const answer = await http.send(
      {
        what,
        url,
        method,
        largestBytes,
        body: null,
        user,
        headers: {
          ...(accept === undefined ? {} : { accept }),
          ...unlessMatch(etag),
          ...(proof === null ? {} : { authorization: proof.header }),
        },
      },
      signal,
    );
    return answer.ok ? ok({ ...answer.value, user, etag }) : answer;
  };

  return {
    get: async (question, signal) => {
      const { place, what, url } = question;
      const known = await tokens.known(place, signal);
      if (!known.ok) return known;
      let answer = await ask(question, known.value, signal);
      // One that was redirected to says nothing about the registry's tokens.
      if (answer.ok && answer.value.status === 401 && answer.value.url.origin === url.origin) {
        const challenge = answer.value.headers.get('www-authenticate');
        const renewed = await tokens.renew(place, challenge, signal);
        if (!renewed.ok) return renewed;
        answer = await ask(question, renewed.value, signal);
      }
      if (!answer.ok) return answer;
      const { status, body, user, etag } = answer.value;
      if (status === 200 || (status === 304 && etag !== null)) return answer;
      return refusal({
        what,
        status,
        // The name that a login is for, where it is the registry itself that refuses.
        host: answer.value.url.origin === url.origin ? place.registry : answer.value.url.host,
        body: body.toString(),
        retryAfterMs: null,
        user,
      });
    },
  };
};
