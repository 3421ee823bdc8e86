import { personSources } from '../../admission/limits.ts';
import { quotaFields, type QuotaField } from '../../model/quota.ts';
import { one, type Readings, type Sample } from '../../model/series.ts';
import type { Core } from '../../reconcile/core.ts';
import { limitsOf, owned, personName } from '../../reconcile/people.ts';

interface Line {
  readonly labels: Readonly<Record<string, string>>;
  readonly limit: number | null;
  readonly used: number;
}

/** Of projects and of their owners, where there is a limit or something counts. Groups of owners are as last read. */
export const quotaReadings = (core: Core): Readings => {
  const lines = [...projectLines(core), ...personLines(core)];
  return {
    mlenv_quota_limit: lines.flatMap(({ labels, limit }) => one(limit, labels)),
    mlenv_quota_used: lines
      .filter(({ limit, used }) => limit !== null || used > 0)
      .flatMap(({ labels, used }): readonly Sample[] => one(used, labels)),
  };
};

const resource: Readonly<Record<QuotaField, string>> = {
  containers: 'containers',
  cpus: 'cpus',
  memoryBytes: 'memory_bytes',
  gpus: 'gpus',
};

const projectLines = ({ deps }: Core): readonly Line[] => {
  const names = new Map(deps.store.projects.list().map(({ path, name }) => [path, name]));
  return deps.store.quotas.all().flatMap((row) => {
    const name = names.get(row.projectPath);
    // A row that a hand wrote for a folder without a project.
    if (name === undefined) return [];
    const limits = limitsOf(deps, row);
    const line = (field: QuotaField, limit: number | null, used: number): Line => ({
      labels: { subject: 'project', name, path: row.projectPath, resource: resource[field] },
      limit,
      used,
    });
    return [
      line('containers', limits.maxContainers, row.currentContainers),
      line('cpus', limits.maxCpuCores, row.currentCpuCores),
      line('memoryBytes', bytes(limits.maxMemoryGb), bytes(row.currentMemoryGb) ?? 0),
      line('gpus', limits.maxGpus, row.currentGpus),
    ];
  });
};

const personLines = ({ deps }: Core): readonly Line[] => {
  const { store, people, config } = deps;
  const { quotas } = config.current();
  const usage = store.people.usage();
  const ofGroups = store.people.groupLimits();
  return [...new Set(owned(store).map(({ uid }) => uid))].flatMap((uid) => {
    const { name: login, groups } = people.of(uid);
    const facts = { login, groups, own: store.people.limitsOf(uid), ofGroups };
    const sources = personSources(facts, quotas);
    return quotaFields.map((field): Line => {
      const { limit } = sources[field];
      return {
        labels: {
          subject: 'user',
          name: personName(deps, uid),
          path: '',
          resource: resource[field],
        },
        limit: typeof limit === 'number' ? limit : null,
        used: usage.get(uid)?.[field] ?? 0,
      };
    });
  });
};

const bytes = (gb: number | null): number | null => (gb === null ? null : Math.round(gb * 2 ** 30));
