import { environmentKey } from '../model/key.ts';
import type { Store } from '../model/store.ts';

/** What `up` lifts. One environment may be let go of a hold on its whole project: the others then get one each. */
export const liftHolds = (store: Store, projectId: string, environment: string | null): void => {
  for (const kind of ['down', 'rm', 'rebuilt', 'idle', 'lifetime'] as const) {
    const whole = store.holds
      .all()
      .find(
        (hold) => hold.projectId === projectId && hold.environment === null && hold.kind === kind,
      );
    for (const row of store.environments.ofProject(projectId)) {
      const key = environmentKey(row);
      const isLifted = (environment ?? row.environment) === row.environment;
      if (isLifted && store.holds.of(key).some((hold) => hold.kind === kind))
        store.idle.endLife(key);
    }
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
