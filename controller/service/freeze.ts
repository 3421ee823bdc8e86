import { ApiError, type ActionResult } from '../model/api.ts';
import type { Freeze, FreezeRequest } from '../model/freeze.ts';
import { environmentKey } from '../model/key.ts';
import { audit } from '../reconcile/audit.ts';
import { freezeOf, frozenText, setFreeze } from '../reconcile/freeze.ts';
import type { Acting } from './acting.ts';

/**
 * From the moment in which this returns the controller begins no change of anything on the host. What the
 * engine was asked before goes on, but for pulls, which are broken off.
 */
export const freeze = (core: Acting, { why, by }: FreezeRequest): ActionResult => {
  const { deps } = core;
  const before = freezeOf(deps.store);
  const now: Freeze = before ?? { by, at: deps.clock.now(), why };
  deps.store.transaction(() => {
    if (before === null) setFreeze(deps.store, now);
    noted(core, { action: 'freeze', by, before, after: now });
    if (before === null) tell(core, 'Warning', 'Frozen', by, why);
  });
  deps.puller.stop();
  ringAll(core);
  return {
    keys: [],
    messages: [before === null ? 'frozen; mlenv thaw lets it go on' : (frozenText(deps) ?? '')],
  };
};

/** All that waited is looked at, and goes on as files and requests say now. */
export const thaw = (core: Acting, { by }: { readonly by: string }): ActionResult => {
  const { deps } = core;
  const before = freezeOf(deps.store);
  if (before === null) return { keys: [], messages: ['this host is not frozen'] };
  deps.store.transaction(() => {
    setFreeze(deps.store, null);
    noted(core, { action: 'thaw', by, before, after: null });
    tell(core, 'Normal', 'Thawed', by, '');
  });
  ringAll(core);
  return { keys: [], messages: [`thawed; it had been frozen by ${before.by}`] };
};

/** What would change containers is not even written down: on the day of the thaw nobody remembers it. */
export const mustBeThawed = ({ deps }: Pick<Acting, 'deps'>): void => {
  const why = frozenText(deps);
  if (why !== null) throw new ApiError('refused', why);
};

const ringAll = ({ deps }: Acting): void => {
  for (const { id } of deps.store.projects.list()) deps.ring.project(id);
  for (const row of deps.store.environments.all()) deps.ring.environment(environmentKey(row));
};

const noted = (
  { deps, uid }: Acting,
  what: {
    readonly action: string;
    readonly by: string;
    readonly before: Freeze | null;
    readonly after: Freeze | null;
  },
): void =>
  audit(deps, {
    ...what,
    uid,
    project: null,
    environment: null,
    before: { frozen: what.before },
    after: { frozen: what.after },
  });

const tell = (
  { deps }: Acting,
  type: 'Normal' | 'Warning',
  reason: 'Frozen' | 'Thawed',
  by: string,
  why: string,
): void =>
  deps.store.events.add({
    at: deps.clock.now(),
    type,
    reason,
    message: `by ${by}${why === '' ? '' : `: ${why}`}`,
    projectId: null,
    environment: null,
  });
