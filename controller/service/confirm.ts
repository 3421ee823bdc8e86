import { shortRevision } from '../model/git.ts';
import type { ActionResult, ConfirmRequest } from '../model/api.ts';
import { environmentKey } from '../model/key.ts';
import { audit } from '../reconcile/audit.ts';
import { confirmRemovals } from '../reconcile/mass-removal.ts';
import { owned, personName } from '../reconcile/people.ts';
import type { Acting } from './acting.ts';
import { result } from './actions.ts';
import { findUser } from './quota-subject.ts';

/**
 * Lets what waits for a person go on: removals of many at once, and, where it is not of one owner, remotes whose
 * history was written anew. `own`: of whoever asks alone.
 */
export const confirm = async (
  core: Acting,
  { by, user, own }: ConfirmRequest & { readonly own: boolean },
): Promise<ActionResult> => {
  const { store, clock } = core.deps;
  const owner = own ? core.uid : user === null ? null : await findUser(core, user);
  const projects = new Set(
    owned(store).flatMap(({ project, uid }) =>
      owner === null || uid === owner ? [project.id] : [],
    ),
  );
  const vanished = store.environments
    .all()
    .filter(({ vanishedAt, projectId }) => vanishedAt !== null && projects.has(projectId));
  const rewound =
    owner === null ? store.sources.all().filter(({ waiting }) => waiting !== null) : [];
  store.transaction(() => {
    confirmRemovals(store, owner, clock.now());
    // What waits is the line that later commits follow.
    for (const { name, waiting } of rewound) {
      store.sources.update(name, { newest: waiting, waiting: null });
    }
    const after = {
      vanished: vanished.map(environmentKey).slice(0, 20),
      count: vanished.length,
      ...(owner === null ? {} : { owner: personName(core.deps, owner) }),
    };
    audit(core.deps, {
      uid: core.uid,
      by,
      action: 'confirm',
      project: null,
      environment: null,
      after,
    });
  });
  for (const { name } of rewound) core.sources.enqueue(name);
  const said = [
    ...(vanished.length === 0 ? [] : [`${vanished.length} may be removed`]),
    ...rewound.map(({ name, waiting }) => `${name} goes on from ${shortRevision(waiting ?? '')}`),
  ];
  return result(core, vanished, said.length === 0 ? ['nothing waits for it'] : said);
};
