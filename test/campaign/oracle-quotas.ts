import { environmentKey } from '../../controller/model/key.ts';
import { quotaFields, type QuotaField } from '../../controller/model/quota.ts';
import type { EnvironmentRecord } from '../../controller/model/record.ts';
import type { ModelEnvironment } from './model.ts';
import { askOf } from './oracle-cards.ts';
import type { Played } from './played.ts';
import { limitsOf, sharesOf, sharing } from './shares.ts';

const gib = 2 ** 30;

/** What makes its wait for a quota a wait for nothing; null: it waits rightly. */
export const quotaTrouble = (
  { world }: Played,
  row: EnvironmentRecord,
  wish: ModelEnvironment,
): string | null => {
  const store = world.process?.store;
  const project = store?.projects.get(row.projectId) ?? null;
  if (store === undefined || project === null) return 'its project is gone';
  const shares = sharesOf(store);
  const held = shares.get(environmentKey(row))?.held;
  const quota = store.quotas.get(project.path);
  const ofOwner = limitsOf(store, project.owner.uid);
  const asked = askedBy(world, wish);
  const isFull = (
    field: QuotaField,
    limit: number | null | undefined,
    counted: ReadonlySet<string>,
  ): boolean => {
    if (limit === null || limit === undefined) return false;
    const ask = asked[field];
    // Without a limit of its own it is not known how much it would take.
    if (ask === null) return true;
    const others = [...shares]
      .filter(([key, share]) => key !== environmentKey(row) && counted.has(share.row.projectId))
      .reduce((sum, [, share]) => sum + share.held[field], 0);
    return ask > (held?.[field] ?? 0) && others + ask > limit;
  };
  const ofProject = {
    containers: quota?.maxContainers,
    cpus: quota?.maxCpuCores,
    memoryBytes: quota?.maxMemoryGb == null ? null : quota.maxMemoryGb * gib,
    gpus: quota?.maxGpus,
  };
  const isRight = quotaFields.some((field) => {
    const counted = sharing(store, project, field);
    return (
      isFull(field, ofProject[field], new Set([project.id])) ||
      (counted.has(project.id) && isFull(field, ofOwner[field], counted))
    );
  });
  return isRight ? null : 'its quotas have room';
};

/** null: without a limit. */
const askedBy = (
  world: Played['world'],
  wish: ModelEnvironment,
): Readonly<Record<QuotaField, number | null>> => {
  const ask = askOf(world, wish);
  const count = ask === null || ask.optional ? 0 : ask.count;
  return {
    containers: 1,
    cpus: world.config.defaults.cpus,
    memoryBytes:
      wish.memory === undefined
        ? world.config.defaults.memoryBytes
        : Number.parseInt(wish.memory, 10) * gib,
    gpus: count === 'all' ? (ask?.fit.length ?? 0) : count,
  };
};
