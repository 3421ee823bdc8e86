import { dockerCredentials } from '../catalog/docker-config.ts';
import { createNgcSearch } from '../catalog/ngc.ts';
import { createRegistryReader } from '../catalog/registry.ts';
import type { ConfigSource } from '../model/config.ts';
import type { Clock, Random } from '../model/ports.ts';
import type { CatalogueSearch, RegistryReader } from '../model/registry.ts';

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
}): Registries => {
  const { config, clock, random, env } = options;
  return {
    reader: createRegistryReader({
      clock,
      random,
      credentials: dockerCredentials({ env }),
      registries: () => config.current().registries,
    }),
    search: createNgcSearch({ clock, random, url: () => config.current().catalogueUrl }),
  };
};
