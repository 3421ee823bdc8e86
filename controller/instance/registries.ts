import { homedir } from 'node:os';
import { dockerCredentials } from '../catalog/docker-config.ts';
import { loginFor } from '../catalog/login-for.ts';
import { createLogins } from '../catalog/logins.ts';
import { noAnswers } from '../catalog/kept-answers.ts';
import { createNgcSearch } from '../catalog/ngc.ts';
import { createRegistryReader } from '../catalog/registry.ts';
import { systemClock } from '../loop/clock.ts';
import { systemRandom } from '../loop/random.ts';
import type { ConfigSource } from '../model/config.ts';
import type { Clock, Random } from '../model/ports.ts';
import type {
  CatalogueSearch,
  LoginFor,
  RegistryLogins,
  RegistryReader,
} from '../model/registry.ts';
import type { AnswerCache } from '../model/store-catalogue.ts';
import { readConfig } from './config.ts';

/** What pulls show to registries. */
export const pullLogins = (env: NodeJS.ProcessEnv): LoginFor =>
  loginFor(dockerCredentials({ env: withHome(env) }));

export interface Registries {
  readonly reader: RegistryReader;
  readonly search: CatalogueSearch;
}

/** Asked as whoever this process's user is logged in as, and where the configuration says now. */
export const openRegistries = (options: {
  readonly config: ConfigSource;
  readonly clock: Clock;
  readonly random: Random;
  readonly env: NodeJS.ProcessEnv;
  /** null: nothing is kept, as nothing may be written. */
  readonly answers: AnswerCache | null;
}): Registries => {
  const { config, clock, random, env } = options;
  const answers = options.answers ?? noAnswers;
  return {
    reader: createRegistryReader({
      clock,
      random,
      answers,
      credentials: dockerCredentials({ env: withHome(env) }),
      registries: () => config.current().registries,
    }),
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
