import { createSync } from '../catalog/sync-job.ts';
import { versionFacts } from '../catalog/version-facts.ts';
import type { Runnable } from '../loop/manager.ts';
import type { CatalogueSync } from '../model/catalogue-api.ts';
import { readCatalogueFile } from '../model/catalogue-file.ts';
import type { Clock } from '../model/ports.ts';
import type { Store } from '../model/store.ts';
import { starterCatalogue } from '../../schema/files.ts';
import type { Registries } from './registries.ts';

/** Reads NVIDIA's catalogue and registry. */
export const catalogueSync = ({
  store,
  clock,
  registries: { reader, search },
  onTrouble,
}: {
  readonly store: Store;
  readonly clock: Clock;
  readonly registries: Registries;
  readonly onTrouble: (message: string) => void;
}): CatalogueSync =>
  createSync({
    table: store.syncs,
    registry: reader,
    search,
    factsOf: versionFacts,
    architecture: architectureOf(process.arch),
    clock,
    onTrouble,
  });

/** What a process before this one did not end. */
export const resuming = (sync: CatalogueSync | undefined): Runnable => ({
  name: 'catalogue',
  start: () => sync?.resume(),
  stop: () => {},
});

/** As registries name it. */
export const architectureOf = (arch: string): string => (arch === 'x64' ? 'amd64' : arch);

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
