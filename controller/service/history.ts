import type { HistoryReport } from '../model/history.ts';
import { environmentKey } from '../model/key.ts';
import type { ProjectRecord } from '../model/record.ts';
import type { Store } from '../model/store.ts';

/** What each environment was, newest first; so many of each. */
export const historyReport = (
  store: Store,
  projects: readonly ProjectRecord[],
  limit: number,
): HistoryReport => ({
  items: projects.flatMap((project) => {
    const shown = new Map<string, number>();
    return store.generations.ofProject(project.id, everything).flatMap(({ at, ...row }) => {
      const before = shown.get(row.environment) ?? 0;
      shown.set(row.environment, before + 1);
      if (before >= limit) return [];
      const { projectId: _, ...told } = row;
      const current = store.environments.get(environmentKey(row))?.generation;
      return [
        {
          ...told,
          project: project.name,
          isCurrent: current === row.generation,
          at: new Date(at).toISOString(),
        },
      ];
    });
  }),
});

/** The table itself keeps a hundred of each. */
const everything = 1_000_000;
