import type { Random } from '../model/ports.ts';
import type {
  KeptLogin,
  RegistryConfig,
  RegistryLogin,
  RegistryLogins,
  RegistryResult,
} from '../model/registry.ts';
import type { Credential } from './docker-config.ts';
import { dropLogin, keepLogin } from './docker-config-write.ts';
import { fault, ok, refusal } from './fault.ts';
import { createHttp, type Http, type HttpOptions } from './http.ts';
import { type Place, placeOf } from './places.ts';
import { parseRegistry } from './reference.ts';
import { createTokens, type Proof } from './token.ts';

export interface LoginOptions extends HttpOptions {
  readonly random: Random;
  readonly registries: () => readonly RegistryConfig[];
  /** Where Docker's configuration is, and what its helpers need. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export const createLogins = (options: LoginOptions): RegistryLogins => {
  const { registries, env, random } = options;
  const http = createHttp(options);

  return {
    login: async (given, signal) => {
      const registry = parseRegistry(given.registry);
      const bad = registry === null ? noHost(given.registry) : faultIn(given);
      if (bad !== null || registry === null) return bad ?? noHost(given.registry);
      const login = { ...given, registry };
      const place = placeOf({ registry, repository: '' }, registries());
      const checked = await check({ http, clock: options.clock, place, login }, signal);
      if (!checked.ok) return checked;
      const kept = await keepLogin(login, { env, random }, signal);
      return kept.ok ? ok<KeptLogin>({ place: kept.value, checked: checked.value }) : kept;
    },
    logout: async (given, signal) => {
      const registry = parseRegistry(given);
      return registry === null ? noHost(given) : dropLogin(registry, { env, random }, signal);
    },
  };
};

const noHost = (given: string): ReturnType<typeof fault> =>
  fault({
    code: 'BadReference',
    message: `"${given}" is no registry`,
    cure: 'write its host, such as nvcr.io or registry.lab:5000',
  });

/** What no registry could be told, or no file could keep. */
const faultIn = ({ user, secret }: RegistryLogin): ReturnType<typeof fault> | null => {
  const wrong =
    user === '' || /[:\p{Cc}]/u.test(user)
      ? 'a user has at least one character, and no colon in it'
      : secret === '' || /\p{Cc}/u.test(secret)
        ? 'a password is one line that is not empty'
        : null;
  return wrong === null
    ? null
    : fault({ code: 'CredentialTrouble', message: wrong, cure: 'look at what was given' });
};

interface Check extends Pick<HttpOptions, 'clock'> {
  readonly http: Http;
  readonly place: Place;
  readonly login: RegistryLogin;
}

/** false: the registry wanted no login at all. */
const check = async (
  { http, clock, place, login }: Check,
  signal: AbortSignal,
): Promise<RegistryResult<boolean>> => {
  const credential: Credential = { kind: 'password', user: login.user, secret: login.secret };
  const credentials = { of: () => Promise.resolve(ok(credential)) };
  const tokens = createTokens({ http, clock, credentials });
  const ask = (proof: Proof | null): ReturnType<Http['send']> =>
    http.send(
      {
        what: 'a login',
        method: 'GET',
        url: new URL('v2/', place.base),
        headers: proof === null ? {} : { authorization: proof.header },
        body: null,
        largestBytes: 1 << 20,
        user: proof?.user ?? null,
      },
      signal,
    );
  const first = await ask(null);
  if (!first.ok) return first;
  if (first.value.status === 200) return ok(false);
  let answer = first.value;
  if (answer.status === 401) {
    const proof = await tokens.renew(place, answer.headers.get('www-authenticate'), signal);
    if (!proof.ok) return proof;
    if (proof.value.user === null) {
      const message = `${login.registry} has its token server on another host, which is not told the login`;
      return fault({ code: 'TokenServerUnknown', message });
    }
    const second = await ask(proof.value);
    if (!second.ok) return second;
    answer = second.value;
  }
  if (answer.status === 200) return ok(true);
  return refusal({
    what: 'a login',
    host: login.registry,
    status: answer.status,
    body: answer.body.toString(),
    retryAfterMs: null,
    user: login.user,
  });
};
