import type { ActionResult, EnvironmentRef } from '../model/api.ts';
import { environmentKey } from '../model/key.ts';
import type { EnvironmentRecord, ProjectRecord } from '../model/record.ts';
import type { Acting } from './acting.ts';
import { noted, result } from './actions.ts';
import { findEnvironment } from './resolve.ts';

/** Lets through what waits: of one environment, or of all that these projects have. */
export const approve = (
  core: Acting,
  {
    ref,
    by,
    of = () => true,
  }: {
    /** null: all. */
    readonly ref: EnvironmentRef | null;
    readonly by: string;
    readonly of?: (project: ProjectRecord) => boolean;
  },
): ActionResult => {
  if (ref !== null) {
    const { project, record } = findEnvironment(core.deps.store, ref);
    letThrough(core, { project, record, by });
    return result(
      core,
      [record],
      record.reason === 'UpdatePending' || record.reason === 'PruneScheduled'
        ? [record.message]
        : [`nothing waits for approval in ${record.environment}`],
    );
  }
  const pending = pendingUpdates(core, of);
  for (const each of pending) letThrough(core, { ...each, by });
  return result(
    core,
    pending.map(({ record }) => record),
    pending.length === 0
      ? ['nothing waits for approval']
      : pending.map(
          ({ project, record }) => `${project.name}/${record.environment}: ${record.message}`,
        ),
  );
};

interface Pending {
  readonly project: ProjectRecord;
  readonly record: EnvironmentRecord;
}

/** Not what has a grace: that goes on by itself, and more than one look is worth it. */
const pendingUpdates = (
  { deps: { store } }: Acting,
  of: (project: ProjectRecord) => boolean,
): readonly Pending[] =>
  store.projects
    .list()
    .filter(of)
    .flatMap((project) =>
      store.environments
        .ofProject(project.id)
        .filter(({ reason }) => reason === 'UpdatePending')
        .map((record) => ({ project, record })),
    );

const letThrough = (core: Acting, { project, record, by }: Pending & { readonly by: string }) => {
  const { store, clock } = core.deps;
  noted(core, { project, action: 'approve', by, environment: record.environment }, () => {
    store.environments.update(environmentKey(record), {
      approval: {
        generation: record.generation,
        containerId: record.containerId,
        by,
        at: clock.now(),
      },
    });
  });
};
