import { homedir } from 'node:os';
import { dockerCredentials } from '../catalog/docker-config.ts';
import { loginFor } from '../catalog/login-for.ts';
import { createLogins } from '../catalog/logins.ts';
import { noAnswers } from '../catalog/kept-answers.ts';
import { createNgcSearch } from '../catalog/ngc.ts';
import { createRegistryReader } from '../catalog/registry.ts';
import { guardedFetch } from '../catalog/guarded-fetch.ts';
import {
  allowedOnly,
  guardedLogins,
  isNamedIn,
  sharedCredentials,
} from '../catalog/user-requests.ts';
import { imageRefusal } from '../admission/policy-images.ts';
import { systemClock } from '../loop/clock.ts';
import { systemRandom } from '../loop/random.ts';
import type { ConfigSource } from '../model/config.ts';
import type { Clock, Random } from '../model/ports.ts';
import type {
  CatalogueSearch,
  LoginFor,
  RegistryConfig,
  RegistryLogins,
  RegistryReader,
} from '../model/registry.ts';
import type { AnswerCache } from '../model/store-catalogue.ts';
import { readConfig } from './config.ts';

/** What pulls show to registries. `shared`: root pulls for others. */
export const pullLogins = (
  env: NodeJS.ProcessEnv,
  { config, shared }: { readonly config: ConfigSource; readonly shared: boolean },
): LoginFor => {
  const registries = (): readonly RegistryConfig[] => config.current().registries;
  const own = dockerCredentials({ env: withHome(env) });
  return shared
    ? guardedLogins(loginFor(sharedCredentials(own, registries)), registries)
    : loginFor(own);
};

export interface Registries {
  /** For administrators: the catalogue. */
  readonly reader: RegistryReader;
  /** For what users ask for. */
  readonly forUsers: RegistryReader;
  readonly search: CatalogueSearch;
}

/**
 * Asked as whoever this process's user is logged in as, and where the configuration says now. `shared`: root asks for
 * others, who get neither its logins nor a way to what listens on this machine alone.
 */
export const openRegistries = (options: {
  readonly config: ConfigSource;
  readonly clock: Clock;
  readonly random: Random;
  readonly env: NodeJS.ProcessEnv;
  readonly shared: boolean;
  /** null: nothing is kept, as nothing may be written. */
  readonly answers: AnswerCache | null;
}): Registries => {
  const { config, clock, random, env, shared } = options;
  const answers = options.answers ?? noAnswers;
  const registries = (): readonly RegistryConfig[] => config.current().registries;
  const own = dockerCredentials({ env: withHome(env) });
  const common = { clock, random, answers, registries };
  const reader = createRegistryReader({ ...common, credentials: own });
  return {
    reader,
    forUsers: shared
      ? allowedOnly(
          createRegistryReader({
            ...common,
            fetch: guardedFetch(isNamedIn(registries)),
            credentials: sharedCredentials(own, registries),
          }),
          (reference) => imageRefusal(reference, config.current().policy, clock.now()),
        )
      : reader,
    search: createNgcSearch({ clock, random, answers, url: () => config.current().catalogueUrl }),
  };
};

/** For a command that ends soon. Throws ApiError 'invalid-spec' where the configuration is bad. */
export const openLogins = async (
  env: NodeJS.ProcessEnv,
  given: string | null,
): Promise<RegistryLogins> => {
  const config = await readConfig({ env, uid: process.getuid?.() ?? 0, given });
  return createLogins({
    clock: systemClock(),
    random: systemRandom(),
    // Somebody sits and waits.
    attempts: 2,
    patienceMs: 10_000,
    env: withHome(env),
    registries: () => config.current().registries,
  });
};

/** A service of the system is started without one. */
const withHome = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({ HOME: homedir(), ...env });
