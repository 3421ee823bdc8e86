import { ApiError, type ActionResult } from '../model/api.ts';
import type { Freeze, FreezeRequest, HostHold, ObserveRequest } from '../model/freeze.ts';
import { environmentKey } from '../model/key.ts';
import { audit } from '../reconcile/audit.ts';
import { freezeOf, holdsOfHost, hostHoldOf, setFreeze } from '../reconcile/freeze.ts';
import type { Acting } from './acting.ts';

/**
 * From the moment in which this returns the controller begins no change of anything on the host. What the
 * engine was asked before goes on, but for pulls, which are broken off.
 */
export const freeze = (core: Acting, { why, by }: FreezeRequest): ActionResult =>
  begin(core, { reason: 'Frozen', action: 'freeze', by, why })
    ? answer('frozen; mlenv thaw lets it go on')
    : answer(textOf(core, 'Frozen'));

/** All that waited is looked at, and goes on as files and requests say now. */
export const thaw = (core: Acting, { by }: { readonly by: string }): ActionResult => {
  const before = end(core, { reason: 'Frozen', action: 'thaw', ended: 'Thawed', by });
  return before === null
    ? answer('this host is not frozen')
    : answer(`thawed; it had been frozen by ${before.by}`);
};

/** On, it is as a freeze that runs no command in a container either; off, MLEnv acts. */
export const observe = (
  core: Acting,
  { on, by }: ObserveRequest,
  /** This controller was started with `--observe`. */
  startsObserving: boolean,
): ActionResult => {
  if (on) {
    return begin(core, { reason: 'Observing', action: 'observe', by, why: '' })
      ? answer('MLEnv only observes from now on; mlenv observe off lets it act')
      : answer(textOf(core, 'Observing'));
  }
  const before = end(core, { reason: 'Observing', action: 'act', ended: 'ObservingEnded', by });
  if (before === null) return answer('MLEnv does not only observe: it acts on this host');
  const frozen = textOf(core, 'Frozen');
  return answer(
    `MLEnv acts from now on; it had observed since ${before.by} said so`,
    ...(startsObserving
      ? [
          'Its controller was started with --observe and would observe again when it starts anew: take the flag out of its command line',
        ]
      : []),
    ...(frozen === '' ? [] : [`Still, ${frozen}`]),
  );
};

/** What would change containers is not even written down: on the day of the thaw nobody remembers it. */
export const mustBeThawed = ({ deps }: Pick<Acting, 'deps'>): void => {
  const hold = hostHoldOf(deps);
  if (hold !== null) throw new ApiError('refused', hold.message);
};

const answer = (...messages: readonly string[]): ActionResult => ({ keys: [], messages });

/** '': not so. */
const textOf = ({ deps }: Acting, reason: HostHold['reason']): string =>
  holdsOfHost(deps).find((hold) => hold.reason === reason)?.message ?? '';

/** false: it was so before. */
const begin = (
  core: Acting,
  what: Pick<HostHold, 'reason'> & {
    readonly action: string;
    readonly by: string;
    readonly why: string;
  },
): boolean => {
  const { deps } = core;
  const { reason, by, why } = what;
  const before = freezeOf(deps.store, reason);
  const now: Freeze = before ?? { by, at: deps.clock.now(), why };
  deps.store.transaction(() => {
    if (before === null) setFreeze(deps.store, now, reason);
    noted(core, { ...what, before, after: now });
    if (before === null) tell(core, { type: 'Warning', reason, by, why });
  });
  deps.puller.stop();
  ringAll(core);
  return before === null;
};

/** null: it was not so. */
const end = (
  core: Acting,
  what: Pick<HostHold, 'reason'> & {
    readonly action: string;
    readonly ended: 'Thawed' | 'ObservingEnded';
    readonly by: string;
  },
): Freeze | null => {
  const { deps } = core;
  const { reason, ended, by } = what;
  const before = freezeOf(deps.store, reason);
  if (before === null) return null;
  deps.store.transaction(() => {
    setFreeze(deps.store, null, reason);
    noted(core, { ...what, before, after: null });
    tell(core, { type: 'Normal', reason: ended, by, why: '' });
  });
  ringAll(core);
  return before;
};

const ringAll = ({ deps }: Acting): void => {
  for (const { id } of deps.store.projects.list()) deps.ring.project(id);
  for (const row of deps.store.environments.all()) deps.ring.environment(environmentKey(row));
};

const noted = (
  { deps, uid }: Acting,
  what: Pick<HostHold, 'reason'> & {
    readonly action: string;
    readonly by: string;
    readonly before: Freeze | null;
    readonly after: Freeze | null;
  },
): void => {
  const name = what.reason === 'Frozen' ? 'frozen' : 'observing';
  audit(deps, {
    action: what.action,
    by: what.by,
    uid,
    project: null,
    environment: null,
    before: { [name]: what.before },
    after: { [name]: what.after },
  });
};

const tell = (
  { deps }: Acting,
  what: {
    readonly type: 'Normal' | 'Warning';
    readonly reason: HostHold['reason'] | 'Thawed' | 'ObservingEnded';
    readonly by: string;
    readonly why: string;
  },
): void => {
  const { type, reason, by, why } = what;
  deps.store.events.add({
    at: deps.clock.now(),
    type,
    reason,
    message: `by ${by}${why === '' ? '' : `: ${why}`}`,
    projectId: null,
    environment: null,
  });
};
