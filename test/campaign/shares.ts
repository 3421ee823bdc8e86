import { environmentKey, type EnvironmentKey } from '../../controller/model/key.ts';
import { quotaFields, type QuotaField } from '../../controller/model/quota.ts';
import type { EnvironmentRecord, ProjectRecord } from '../../controller/model/record.ts';
import type { Store } from '../../controller/model/store.ts';
import { groups } from '../support/world-host.ts';

/** What one environment has of what quotas count. */
export interface Share {
  readonly row: EnvironmentRecord;
  /** With cards that it had, and that its container may still be on. */
  readonly held: Amounts;
  /** Cards that it may have from now on. */
  readonly currentGpus: number;
}

export type Amounts = Readonly<Record<QuotaField, number>>;

export const sharesOf = (store: Store): ReadonlyMap<EnvironmentKey, Share> => {
  const cards = new Map<string, { readonly all: number; readonly current: number }>();
  for (const { key, current } of store.gpus.leases()) {
    const seen = cards.get(key ?? '') ?? { all: 0, current: 0 };
    cards.set(key ?? '', { all: seen.all + 1, current: seen.current + (current ? 1 : 0) });
  }
  return new Map(
    store.environments.all().map((row) => {
      const key = environmentKey(row);
      const isGranted = row.grantedAt !== null;
      const { all = 0, current = 0 } = cards.get(key) ?? {};
      const held = {
        containers: isGranted || row.containerId !== null ? 1 : 0,
        cpus: (isGranted ? row.grantedCpus : null) ?? 0,
        memoryBytes: (isGranted ? row.grantedMemoryBytes : null) ?? 0,
        gpus: all,
      };
      return [key, { row, held, currentGpus: current }] as const;
    }),
  );
};

/**
 * What a person may have in all, told without the controller's own words: by the person's own profile, else by that of
 * the most generous group. The configuration of these worlds says nothing. null: as much as there is.
 */
export const limitsOf = (
  store: Store,
  uid: number,
): Readonly<Record<QuotaField, number | null>> => {
  const own = store.people.limitsOf(uid);
  const ofGroups = store.people.groupLimits();
  const limitOf = (field: QuotaField): number | null => {
    const said =
      own[field] === null ? groups.map((one) => ofGroups.get(one)?.[field]) : [own[field]];
    const most = Math.max(
      ...said.map((limit) => (limit === 'unlimited' ? Infinity : (limit ?? -Infinity))),
    );
    return Number.isFinite(most) ? most : null;
  };
  return {
    containers: limitOf('containers'),
    cpus: limitOf('cpus'),
    memoryBytes: limitOf('memoryBytes'),
    gpus: limitOf('gpus'),
  };
};

export const isLimited = (limits: ReturnType<typeof limitsOf>): boolean =>
  quotaFields.some((field) => limits[field] !== null);

/** The projects that count for the owner of this one, but for those with a budget of their own for it. */
export const sharing = (
  store: Store,
  { owner }: Pick<ProjectRecord, 'owner'>,
  field: QuotaField,
): ReadonlySet<string> =>
  new Set(
    store.projects
      .list()
      .filter(
        (one) =>
          one.owner.uid === owner.uid && store.quotas.get(one.path)?.overrides[field] === undefined,
      )
      .map(({ id }) => id),
  );
