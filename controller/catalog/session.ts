import type { RegistryResult } from '../model/registry.ts';
import type { Answer } from './exchange.ts';
import { ok, refusal } from './fault.ts';
import type { Http } from './http.ts';
import type { Place } from './places.ts';
import type { Proof, Tokens } from './token.ts';

export interface Question {
  readonly place: Place;
  readonly url: URL;
  readonly what: string;
  readonly largestBytes: number;
  readonly accept?: string;
  readonly method?: 'GET' | 'HEAD';
}

export interface Session {
  /** An answer with 200; all else is a fault. */
  get(question: Question, signal: AbortSignal): Promise<RegistryResult<Answer>>;
}

/** Asks with what served before; a 401 is answered once with a proof that is new. */
export const createSession = (options: {
  readonly http: Http;
  readonly tokens: Tokens;
}): Session => {
  const { http, tokens } = options;

  const ask = (
    { url, what, largestBytes, accept, method = 'GET' }: Question,
    proof: Proof | null,
    signal: AbortSignal,
  ): Promise<RegistryResult<Answer>> =>
    http.send(
      {
        what,
        url,
        method,
        largestBytes,
        body: null,
        user: proof?.user ?? null,
        headers: {
          ...(accept === undefined ? {} : { accept }),
          ...(proof === null ? {} : { authorization: proof.header }),
        },
      },
      signal,
    );

  return {
    get: async (question, signal) => {
      const { place, what, url } = question;
      const known = await tokens.known(place, signal);
      if (!known.ok) return known;
      let proof = known.value;
      let answer = await ask(question, proof, signal);
      // One that was redirected to says nothing about the registry's tokens.
      if (answer.ok && answer.value.status === 401 && answer.value.url.origin === url.origin) {
        const challenge = answer.value.headers.get('www-authenticate');
        const renewed = await tokens.renew(place, challenge, signal);
        if (!renewed.ok) return renewed;
        proof = renewed.value;
        answer = await ask(question, proof, signal);
      }
      if (!answer.ok) return answer;
      const { status, body } = answer.value;
      if (status === 200) return ok(answer.value);
      return refusal({
        what,
        status,
        // The name that a login is for, where it is the registry itself that refuses.
        host: answer.value.url.origin === url.origin ? place.registry : answer.value.url.host,
        body: body.toString(),
        retryAfterMs: null,
        user: proof?.user ?? null,
      });
    },
  };
};
