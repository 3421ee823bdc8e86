import { environmentKey, type EnvironmentKey } from '../model/key.ts';
import type { EnvironmentRecord, ProjectRecord } from '../model/record.ts';
import { observe } from '../plan/lifecycle.ts';
import { observationOf, plan } from '../plan/plan.ts';
import type { Core } from '../reconcile/core.ts';
import { gatherInput, lookOnly } from '../reconcile/gather.ts';
import { foresee } from '../reconcile/pins.ts';
import { fillWishes } from '../reconcile/wishes.ts';

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
    if (!deps.memory.read.has(project.id)) await fillWishes(deps, project, foresee);
    const looking = await lookOnly(deps, project.id);
    for (const record of deps.store.environments.ofProject(project.id)) {
      const input = await gatherInput(looking, record, project);
      const { phase, reason, message, steps } = plan(input);
      const [due] = steps;
      if (due === undefined || input.snapshot.kind === 'unknown') {
        seen.set(environmentKey(record), { ...record, phase, reason, message });
        continue;
      }
      // What a pass would do now is not done: it shows as it is, with what is due.
      const [container = null] = input.snapshot.containers;
      seen.set(environmentKey(record), {
        ...record,
        phase: observe(record.phase, observationOf(container)),
        reason: 'Unwatched',
        message: `due: ${due.why}`,
        containerId: container?.id ?? null,
      });
    }
  }
  return seen;
};
