import { cachedSearch } from '../catalog/cached-search.ts';
import { createSync } from '../catalog/sync-job.ts';
import { versionFacts } from '../catalog/version-facts.ts';
import type { Runnable } from '../loop/manager.ts';
import type { CatalogueSync } from '../model/catalogue-api.ts';
import type { ConfigSource } from '../model/config.ts';
import { readCatalogueFile } from '../model/catalogue-file.ts';
import type { Clock, Random } from '../model/ports.ts';
import type { Store } from '../model/store.ts';
import { starterCatalogue } from '../../schema/files.ts';
import { openRegistries } from './registries.ts';

/** Reads NVIDIA's catalogue and registry, as whoever this process's user is logged in as. */
export const catalogueSync = ({
  store,
  clock,
  random,
  config,
  env,
  onTrouble,
}: {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly config: ConfigSource;
  readonly env: NodeJS.ProcessEnv;
  readonly onTrouble: (message: string) => void;
}): CatalogueSync => {
  const { reader, search } = openRegistries({ config, clock, random, env });
  return createSync({
    table: store.syncs,
    registry: reader,
    search: cachedSearch(search, { answers: store.answers, clock }),
    factsOf: versionFacts,
    architecture: architectureOf(process.arch),
    clock,
    onTrouble,
  });
};

/** What a process before this one did not end. */
export const resuming = (sync: CatalogueSync | undefined): Runnable => ({
  name: 'catalogue',
  start: () => sync?.resume(),
  stop: () => {},
});

/** As registries name it. */
const architectureOf = (arch: string): string => (arch === 'x64' ? 'amd64' : arch);

const starterKey = 'starter-catalogue';

/** So that there is something to search before the first sync; once one was complete, it knows better. */
export const putStarter = (store: Store, now: number): void => {
  const read = readCatalogueFile(starterCatalogue());
  if (!read.ok) throw new Error(`the starter catalogue: ${read.fault}`);
  const { exportedAt, images } = read.file;
  if (store.meta.get(starterKey) === exportedAt) return;
  if (store.syncs.all().some(({ completeAt }) => completeAt !== null)) return;
  store.transaction(() => {
    store.catalogue.put(
      images.map(({ versions, ...image }) => ({ image, versions })),
      'starter',
      now,
    );
    store.meta.set(starterKey, exportedAt);
  });
};
