import type { Clock } from '../model/ports.ts';
import type { RegistryResult } from '../model/registry.ts';
import { type Challenge, parseChallenges, tokenAddress } from './challenge.ts';
import type { Credential, Credentials } from './docker-config.ts';
import { fault, ok, refusal } from './fault.ts';
import type { Http, HttpRequest } from './http.ts';
import type { Place } from './places.ts';
import { count, isJson, parseJson, text } from './shape.ts';

/** What to say in `Authorization`. */
export interface Proof {
  readonly header: string;
  /** null: nobody, with a token that anybody gets. */
  readonly user: string | null;
}

export interface Tokens {
  /** What served before for this repository; null: nothing is known, so ask without. */
  known(place: Place, signal: AbortSignal): Promise<RegistryResult<Proof | null>>;
  /** After a 401: what is right by its challenge. What served before is forgotten. */
  renew(
    place: Place,
    challenge: string | null,
    signal: AbortSignal,
  ): Promise<RegistryResult<Proof>>;
}

/** A token is not used in its last seconds: it would run out on the way. */
const marginMs = 30_000;
const usualSeconds = 60;
const largestBytes = 1 << 18;

export const createTokens = (options: {
  readonly http: Http;
  readonly clock: Clock;
  readonly credentials: Credentials;
}): Tokens => {
  const { http, clock, credentials } = options;
  /** By registry: how it lets itself be asked, which spares every repository a request. */
  const ways = new Map<string, Challenge>();
  /** By registry and repository: one token is for one repository. */
  const tokens = new Map<string, { readonly proof: Proof; readonly until: number }>();

  const keep = (place: Place, proof: Proof, seconds: number): Proof => {
    const now = clock.now();
    for (const [name, { until }] of tokens) if (until <= now) tokens.delete(name);
    tokens.set(place.name, { proof, until: now + seconds * 1000 - marginMs });
    return proof;
  };

  const prove = async (
    place: Place,
    way: Challenge,
    signal: AbortSignal,
  ): Promise<RegistryResult<Proof>> => {
    const found = await credentials.of(place.registry, signal);
    if (!found.ok) return found;
    const credential = found.value;
    if (way.scheme === 'bearer') return fetchToken({ place, way, credential }, signal);
    if (credential === null || credential.kind === 'identity') {
      return refusal({ ...asked(place), status: 401, body: '', retryAfterMs: null, user: null });
    }
    const proof = { header: basic(credential), user: credential.user };
    return ok(keep(place, proof, usualSeconds));
  };

  const fetchToken = async (
    from: {
      readonly place: Place;
      readonly way: Challenge;
      readonly credential: Credential | null;
    },
    signal: AbortSignal,
  ): Promise<RegistryResult<Proof>> => {
    const { place, way } = from;
    const scope = scopeOf(place);
    const address = tokenAddress(way, { base: place.base, scope });
    if (address === null) {
      const message = `${place.base.host} names no usable token server for ${place.name}`;
      return fault({ code: 'AnswerUnreadable', message });
    }
    const isTrusted = mayKnow(place, address);
    const credential = isTrusted ? from.credential : null;
    const answer = await http.send(tokenRequest({ place, address, credential, scope }), signal);
    if (!answer.ok) return answer;
    const { status, body } = answer.value;
    if (status !== 200) {
      if (from.credential !== null && !isTrusted && (status === 401 || status === 403)) {
        const message = `${place.registry} has its token server at ${address.origin}, which is not told the login for it`;
        return fault({ code: 'TokenServerUnknown', message, status });
      }
      return refusal({
        what: `a token for ${place.name}`,
        host: address.host === place.base.host ? place.registry : address.host,
        status,
        body: body.toString(),
        retryAfterMs: null,
        user: userOf(credential),
      });
    }
    const parsed = parseJson(body.toString());
    const token = isJson(parsed) ? text(parsed['token']) || text(parsed['access_token']) : '';
    if (!isJson(parsed) || !/^[\x21-\x7e]+$/.test(token)) {
      const message = `${address.host} answered with no token for ${place.name}`;
      return fault({ code: 'AnswerUnreadable', message });
    }
    const proof = { header: `Bearer ${token}`, user: userOf(credential) };
    const seconds = count(parsed['expires_in']) ?? usualSeconds;
    return ok(keep(place, proof, seconds));
  };

  return {
    known: async (place, signal) => {
      const token = tokens.get(place.name);
      if (token !== undefined && clock.now() < token.until) return ok(token.proof);
      const way = ways.get(place.registry);
      return way === undefined ? ok(null) : prove(place, way, signal);
    },
    renew: async (place, challenge, signal) => {
      tokens.delete(place.name);
      const offered = parseChallenges(challenge ?? '');
      const way =
        offered.find(({ scheme }) => scheme === 'bearer') ??
        offered.find(({ scheme }) => scheme === 'basic');
      if (way === undefined) {
        const message = `${place.base.host} wants a login for ${place.name} and does not say how`;
        return fault({ code: 'AnswerUnreadable', message, status: 401 });
      }
      ways.set(place.registry, way);
      return prove(place, way, signal);
    },
  };
};

/** null: of no repository, which only tells whether a login is right. */
const scopeOf = ({ repository }: Place): string | null =>
  repository === '' ? null : `repository:${repository}:pull`;

/** The registry's own host, or one that was named for it; and nothing in the clear that was not so before. */
const mayKnow = ({ base, tokenHosts }: Place, address: URL): boolean =>
  (address.host === base.host || tokenHosts.includes(address.host)) &&
  (address.protocol === 'https:' || address.protocol === base.protocol);

const tokenRequest = (from: {
  readonly place: Place;
  readonly address: URL;
  readonly credential: Credential | null;
  readonly scope: string | null;
}): HttpRequest => {
  const { place, address, credential, scope } = from;
  const common = { what: `a token for ${place.name}`, largestBytes, user: userOf(credential) };
  if (credential?.kind !== 'identity') {
    const headers = credential === null ? {} : { authorization: basic(credential) };
    return { ...common, method: 'GET', url: address, headers, body: null };
  }
  // What some logins leave in place of a password (OAuth2, the distribution's way).
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: credential.token,
    service: address.searchParams.get('service') ?? place.registry,
    ...(scope === null ? {} : { scope }),
    client_id: 'mlenv',
  });
  const url = new URL(address.pathname, address.origin);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return { ...common, method: 'POST', url, headers, body: form.toString() };
};

const basic = ({ user, secret }: Extract<Credential, { kind: 'password' }>): string =>
  `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;

const userOf = (credential: Credential | null): string | null => credential?.user ?? null;

const asked = ({ name, registry }: Place): { readonly what: string; readonly host: string } => ({
  what: name,
  host: registry,
});
