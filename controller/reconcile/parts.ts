import { environmentKey } from '../model/key.ts';
import type { EngineEvent } from '../model/ports.ts';
import type { Reason } from '../model/reason.ts';
import type { EnvironmentRecord } from '../model/record.ts';
import type { KnownSnapshot } from '../model/snapshot.ts';
import { networkName } from '../plan/names.ts';
import type { Deps } from './deps.ts';

type PartDeps = Pick<Deps, 'store' | 'memory' | 'ring'>;

/** As a pass is told of it. */
export const networkOf = (
  { memory }: Pick<Deps, 'memory'>,
  projectId: string,
): KnownSnapshot['network'] => {
  if (memory.networks.has(projectId)) return 'present';
  const heldBy = memory.networkHolders.get(projectId);
  return heldBy === undefined ? 'absent' : { heldBy };
};

/** A network, a volume or an image came or went, or a name came free: who depends on it is looked at again. */
export const partChanged = (deps: PartDeps, event: EngineEvent): void => {
  switch (event.type) {
    case 'network':
      return networkChanged(deps, event);
    case 'volume':
      return volumeChanged(deps, event);
    case 'image':
      return ringThose(deps, ({ reason }) => waitsForImage.has(reason));
    case 'container':
      if (event.action === 'destroy' || event.action === 'rename') {
        ringThose(deps, ({ reason }) => reason === 'NameConflict');
      }
      return;
    case 'daemon':
      return;
    default:
      event.type satisfies never;
  }
};

const waitsForImage: ReadonlySet<Reason> = new Set(['ImageMissing', 'ImagePullBackOff']);

/** An engine tells the name of a network and none of its labels. */
const networkChanged = (deps: PartDeps, { action, labels }: EngineEvent): void => {
  const { memory, ring } = deps;
  if (action === 'connect' || action === 'disconnect') {
    const { container } = labels;
    return ringThose(deps, ({ containerId }) => containerId === container);
  }
  if (action !== 'create' && action !== 'destroy') return;
  for (const projectId of projectsOf(deps, labels['name'] ?? '')) {
    if (action === 'destroy') memory.networks.delete(projectId);
    ring.project(projectId);
    ringThose(deps, (row) => row.projectId === projectId);
  }
};

/** Its id is its name. */
const volumeChanged = (deps: PartDeps, { action, id }: EngineEvent): void => {
  if (action !== 'create' && action !== 'destroy') return;
  for (const projectId of projectsOf(deps, id)) {
    if (action === 'destroy') freed(deps, projectId);
    ringThose(deps, (row) => row.projectId === projectId);
  }
};

/** What waits for a name has nothing to wait for any more. */
const freed = ({ store }: PartDeps, projectId: string): void => {
  for (const row of store.environments.ofProject(projectId)) {
    if (row.startFailure?.reason === 'NameConflict' && row.nextAttemptAt !== null) {
      store.environments.update(environmentKey(row), { nextAttemptAt: null });
    }
  }
};

/** Networks and volumes bear the beginning of their project's id. */
const projectsOf = ({ store }: PartDeps, name: string): readonly string[] => {
  if (!name.startsWith('mlenv-')) return [];
  const ids = store.projects.list().map(({ id }) => id);
  return ids.filter((projectId) => {
    const own = networkName({ projectId });
    return name === own || name.startsWith(`${own}-`);
  });
};

const ringThose = ({ store, ring }: PartDeps, which: (row: EnvironmentRecord) => boolean): void => {
  for (const row of store.environments.all()) {
    if (which(row)) ring.environment(environmentKey(row));
  }
};
