import type { Store } from '../model/store.ts';

/** What `up` lifts. One environment may be let go of a hold on its whole project: the others then get one each. */
export const liftHolds = (store: Store, projectId: string, environment: string | null): void => {
  for (const kind of ['down', 'rm', 'rebuilt'] as const) {
    const whole = store.holds
      .all()
      .find(
        (hold) => hold.projectId === projectId && hold.environment === null && hold.kind === kind,
      );
    if (environment === null || whole === undefined) {
      store.holds.lift({ projectId, environment, kind });
      continue;
    }
    store.holds.lift({ projectId, environment: null, kind });
    for (const other of store.environments.ofProject(projectId)) {
      if (other.environment !== environment) {
        store.holds.add({ ...whole, environment: other.environment });
      }
    }
  }
};
