import { environmentKey } from '../model/key.ts';
import type { EnvironmentRecord, ProjectRecord } from '../model/record.ts';
import { startSaidOf } from '../model/start.ts';
import type { Deps } from './deps.ts';

/** It was found, and nobody asked for it yet. */
export const holdUnstarted = (
  { store, clock }: Pick<Deps, 'store' | 'clock'>,
  projectId: string,
): void =>
  store.holds.add({
    projectId,
    environment: null,
    kind: 'unstarted',
    by: 'mlenv',
    at: clock.now(),
  });

/** Its folder's projects start by themselves now: it counts as started from then on. */
export const liftUnstarted = (
  { store, config, ring }: Deps,
  project: Pick<ProjectRecord, 'id' | 'path'>,
): void => {
  const isHeld = store.holds
    .all()
    .some(({ projectId, kind }) => projectId === project.id && kind === 'unstarted');
  if (!isHeld || startSaidOf(config.current().start, project.path) !== 'automatic') return;
  store.holds.lift({ projectId: project.id, environment: null, kind: 'unstarted' });
  for (const row of store.environments.ofProject(project.id)) ring.environment(environmentKey(row));
};

/** Kept absent, or not there yet: it needs no network. */
export const isAbsent = ({ store }: Deps, row: EnvironmentRecord): boolean =>
  store.holds
    .of(environmentKey(row))
    .some(({ kind }) => kind === 'rm' || (kind === 'unstarted' && row.containerId === null));
