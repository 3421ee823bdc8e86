import { environmentKey } from '../model/key.ts';
import type { RawEnvironment } from '../model/environment.ts';
import type { Store } from '../model/store.ts';

/**
 * What `up` lifts. One environment may be let go of a hold on its whole project: the others then get one each.
 * Answers with the jobs that stay as they were found when the database was rebuilt, until they are named.
 */
export const liftHolds = (
  store: Store,
  projectId: string,
  environment: string | null,
): readonly string[] => {
  const rows = store.environments.ofProject(projectId);
  const kept =
    environment !== null
      ? []
      : rows.filter(
          (row) =>
            isJob(row.raw) &&
            store.holds.of(environmentKey(row)).some(({ kind }) => kind === 'rebuilt'),
        );
  const rebuilt = store.holds
    .all()
    .filter(
      (hold) =>
        hold.projectId === projectId &&
        hold.kind === 'rebuilt' &&
        kept.some((row) => row.environment === hold.environment),
    );
  for (const kind of ['down', 'rm', 'rebuilt', 'unstarted', 'idle', 'lifetime'] as const) {
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
  for (const hold of rebuilt) store.holds.add(hold);
  return kept.map((row) => row.environment);
};

/** A run of it is asked for, and not only wished. */
const isJob = ({ restart }: RawEnvironment): boolean =>
  restart === 'never' ||
  (typeof restart === 'object' &&
    restart !== null &&
    'when' in restart &&
    restart.when === 'never');
