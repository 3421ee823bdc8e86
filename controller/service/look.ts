import { environmentKey, type EnvironmentKey } from '../model/key.ts';
import type { EnvironmentRecord, ProjectRecord } from '../model/record.ts';
import { plan } from '../plan/plan.ts';
import type { Core } from '../reconcile/core.ts';
import { gatherInput, lookOnly } from '../reconcile/gather.ts';
import { fillWishes } from '../reconcile/project.ts';

/**
 * The records as a pass would write them now, for a process that only looks: without a controller
 * nobody has noted what became of the containers since. Nothing is written.
 */
export const lookAt = async (
  { deps }: Core,
  projects: readonly ProjectRecord[],
): Promise<ReadonlyMap<EnvironmentKey, EnvironmentRecord>> => {
  const seen = new Map<EnvironmentKey, EnvironmentRecord>();
  for (const project of projects) {
    if (!deps.memory.read.has(project.id)) await fillWishes(deps, project);
    const looking = await lookOnly(deps, project.id);
    for (const record of deps.store.environments.ofProject(project.id)) {
      const input = await gatherInput(looking, record, project);
      const { phase, reason, message, holds } = plan(input);
      const [container = null] = input.snapshot.kind === 'known' ? input.snapshot.containers : [];
      seen.set(environmentKey(record), {
        ...record,
        phase,
        // A step that a pass would take now is not taken: why it is due says more than its name.
        reason,
        message: holds.length === 0 ? message : (holds[0]?.message ?? message),
        ...(input.snapshot.kind === 'known' ? { containerId: container?.id ?? null } : {}),
      });
    }
  }
  return seen;
};
