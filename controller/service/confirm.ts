import { shortRevision } from '../model/git.ts';
import type { ActionResult } from '../model/api.ts';
import { environmentKey } from '../model/key.ts';
import { audit } from '../reconcile/audit.ts';
import type { Acting } from './acting.ts';
import { result } from './actions.ts';

/** Lets what waits for a person go on: removals of many at once, and remotes whose history was written anew. */
export const confirm = (core: Acting, { by }: { readonly by: string }): ActionResult => {
  const { store, clock } = core.deps;
  const vanished = store.environments.all().filter(({ vanishedAt }) => vanishedAt !== null);
  const rewound = store.sources.all().filter(({ waiting }) => waiting !== null);
  store.transaction(() => {
    store.meta.set('mass-removal-confirmed-at', String(clock.now()));
    // What waits is the line that later commits follow.
    for (const { name, waiting } of rewound) {
      store.sources.update(name, { newest: waiting, waiting: null });
    }
    const after = { vanished: vanished.map(environmentKey).slice(0, 20), count: vanished.length };
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
