import { environmentKey, type EnvironmentKey } from '../../controller/model/key.ts';
import { quotaFields } from '../../controller/model/quota.ts';
import type { Process } from '../support/world-process.ts';
import type { World } from '../support/world.ts';
import { isLimited, limitsOf, sharesOf, sharing, type Share } from './shares.ts';

/**
 * No grant passes what its project's owner may have over all projects. Grants are judged and not states, as a limit
 * may be lowered below what is in use; who asks for no more than it has passes then too.
 */
export const keepQuotaPromises = (
  world: World,
  broke: (promise: string, what: string) => void,
): Parameters<World['watch']>[0] => {
  /** null: nobody has a limit, so that nothing is remembered. */
  let before: {
    readonly process: Process;
    readonly shares: ReadonlyMap<EnvironmentKey, Share>;
  } | null = null;

  const judge = (process: Process, shares: Shares, { was, is }: Grant): void => {
    const { store } = process;
    const project = store.projects.get(is.row.projectId);
    if (project === null) return;
    const limits = limitsOf(store, project.owner.uid);
    for (const field of quotaFields) {
      const limit = limits[field];
      const counted = sharing(store, project, field);
      if (limit === null || !counted.has(project.id) || given(is)[field] <= was.held[field])
        continue;
      const sum = [...shares.values()]
        .filter(({ row }) => counted.has(row.projectId))
        .reduce((all, share) => all + given(share)[field], 0);
      if (sum > limit) {
        const key = environmentKey(is.row);
        broke("no grant passes a person's quota", `${key}: ${sum} of ${limit} ${field}`);
      }
    }
  };

  return {
    after: ({ kind }) => {
      const { process } = world;
      if (kind !== 'record' || process === null) return;
      const { store } = process;
      const uids = new Set(store.projects.list().map(({ owner }) => owner.uid));
      if (![...uids].some((uid) => isLimited(limitsOf(store, uid)))) {
        before = null;
        return;
      }
      const shares = sharesOf(store);
      // A record that was lost has lost its rows with it: what comes back in them is what runs.
      const old = before?.process === process ? before.shares : shares;
      before = { process, shares };
      for (const [key, is] of shares) {
        const was = old.get(key);
        if (was !== undefined && isGrant({ was, is })) judge(process, shares, { was, is });
      }
    },
  };
};

type Shares = ReadonlyMap<EnvironmentKey, Share>;

interface Grant {
  readonly was: Share;
  readonly is: Share;
}

/** By admission: a container that was found again brings its grant along. */
const isGrant = ({ was, is }: Grant): boolean =>
  is.row.grantedAt !== null &&
  is.row.containerId === was.row.containerId &&
  quotaFields.some((field) => given(is)[field] > was.held[field]);

/** What it has by its grant: not what of its old cards is still to be seen free. */
const given = ({ held, currentGpus }: Share): Share['held'] => ({ ...held, gpus: currentGpus });
