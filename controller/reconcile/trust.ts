import { environmentKey } from '../model/key.ts';
import type { ProjectRecord } from '../model/record.ts';
import type { Deps } from './deps.ts';

/** Remembers why a folder is not taken for its owner's, and has its environments looked at where that has turned. */
export const noteTrust = (
  { store, clock, memory, ring }: Deps,
  project: ProjectRecord,
  why: string | null,
): void => {
  if ((memory.untrusted.get(project.id) ?? null) === why) return;
  for (const row of store.environments.ofProject(project.id)) ring.environment(environmentKey(row));
  if (why === null) {
    memory.untrusted.delete(project.id);
    return;
  }
  memory.untrusted.set(project.id, why);
  store.events.add({
    at: clock.now(),
    type: 'Warning',
    reason: 'FolderUntrusted',
    message: why,
    projectId: project.id,
    environment: null,
  });
};
