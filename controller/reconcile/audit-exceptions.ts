import type { AdmissionRequest } from '../admission/gate.ts';
import type { PolicyRuleId } from '../model/policy.ts';
import type { Deps } from './deps.ts';

/** An exception that a grant needed is written down with it. */
export const auditOpened = (
  { store, clock, config }: Pick<Deps, 'store' | 'clock' | 'config'>,
  { projectId, projectPath, environment }: AdmissionRequest,
  opened: readonly PolicyRuleId[],
): void => {
  const project = store.projects.get(projectId);
  for (const rule of opened) {
    const used = config
      .current()
      .policy.exceptions.find((one) => one.rule === rule && one.project === projectPath);
    store.audit.add({
      at: clock.now(),
      uid: null,
      action: 'policy.exception',
      resourceType: 'environment',
      resourceId: `${projectPath} ${environment}`,
      project:
        project === null
          ? null
          : { id: project.id, name: project.name, ownerUid: project.owner.uid },
      details: {
        by: 'mlenv',
        outcome: 'done',
        why: used?.reason ?? '',
        after: { rule, until: used === undefined ? null : new Date(used.until).toISOString() },
      },
    });
  }
};
