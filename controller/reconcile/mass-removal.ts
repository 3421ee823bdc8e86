import type { ProjectRecord } from '../model/record.ts';
import type { Store } from '../model/store.ts';
import { massRemoval } from '../plan/prune.ts';
import { owned, ownerOf } from './people.ts';

/** In `meta`, milliseconds as text: of everybody, which is all that earlier versions wrote; with `:UID` of one owner. */
const confirmedKey = 'mass-removal-confirmed-at';

/** Whether what vanished of this project is part of so much that a person has to confirm it. */
export const isMassRemoval = (store: Store, project: ProjectRecord): boolean => {
  const owners = new Map(owned(store).map(({ project: { id }, uid }) => [id, uid]));
  const environments = store.environments.all().map(({ projectId, vanishedAt }) => ({
    vanishedAt,
    owner: owners.get(projectId) ?? nobody,
  }));
  const all = timeOf(store.meta.get(confirmedKey));
  return massRemoval(environments, ownerOf(store, project), (owner) => {
    const own = timeOf(store.meta.get(`${confirmedKey}:${owner}`));
    return all === null ? own : Math.max(all, own ?? all);
  });
};

/** null: everybody's. */
export const confirmRemovals = (store: Store, owner: number | null, now: number): void => {
  store.meta.set(owner === null ? confirmedKey : `${confirmedKey}:${owner}`, String(now));
};

const timeOf = (text: string | null): number | null => (text === null ? null : Number(text));

/** Of a row whose project is gone. */
const nobody = -1;
