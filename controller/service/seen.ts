import { ApiError } from '../model/api.ts';
import type { ProjectRecord } from '../model/record.ts';
import type { Store } from '../model/store.ts';
import type { Seen } from './resolve.ts';

type Owns = (project: ProjectRecord | null) => boolean;

/** Looks in what is theirs alone; `onHidden`: what is not found there is another's. */
export const lookAsOwner = <T>(
  store: Store,
  { owns, look }: { readonly owns: Owns; readonly look: (seen: Seen) => T },
  onHidden: () => void,
): T => {
  try {
    return look(onlyOf(store, owns));
  } catch (thrown) {
    if (isNotFound(thrown) && succeeds(() => look(store))) onHidden();
    throw thrown;
  }
};

/** Without the projects that are not theirs; an environment is reached through its project alone. */
const onlyOf = (store: Store, owns: Owns): Seen => ({
  environments: store.environments,
  runs: store.runs,
  projects: {
    list: () => store.projects.list().filter(owns),
    byPath: (path) => {
      const project = store.projects.byPath(path);
      return owns(project) ? project : null;
    },
  },
});

const isNotFound = (thrown: unknown): boolean =>
  thrown instanceof ApiError && thrown.code === 'not-found';

const succeeds = (run: () => unknown): boolean => {
  try {
    run();
    return true;
  } catch {
    return false;
  }
};
