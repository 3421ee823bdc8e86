import {
  quotaFields,
  type Limit,
  type Limits,
  type QuotaConfig,
  type QuotaField,
} from '../model/quota.ts';
import type { ProjectLimits } from '../model/record.ts';
import type { PersonLimits } from './gate.ts';

/**
 * A project's row as it should read: what `mlenv quota set` or a hand wrote stays, what the configuration
 * names is as it says there, and what is as it was by default follows the default.
 */
export const projectLimits = (
  row: ProjectLimits,
  { project, projects }: Pick<QuotaConfig, 'project' | 'projects'>,
): ProjectLimits => {
  const named = projects.get(row.projectPath);
  const settle = (field: QuotaField, now: number | null): Settled => {
    if (row.overrides[field] === 'set') return { value: now, override: 'set' };
    const said = named?.[field] ?? null;
    if (said !== null) return { value: inRow(field, said), override: 'config' };
    const isDefault = row.overrides[field] === 'config' || now === (row.defaulted[field] ?? null);
    return { value: isDefault ? inRow(field, project[field]) : now, override: null };
  };
  const settled: Readonly<Record<QuotaField, Settled>> = {
    containers: settle('containers', row.maxContainers),
    cpus: settle('cpus', row.maxCpuCores),
    memoryBytes: settle('memoryBytes', row.maxMemoryGb),
    gpus: settle('gpus', row.maxGpus),
  };
  return {
    projectPath: row.projectPath,
    maxContainers: settled.containers.value,
    maxCpuCores: settled.cpus.value,
    maxMemoryGb: settled.memoryBytes.value,
    maxGpus: settled.gpus.value,
    overrides: present((field) => settled[field].override),
    defaulted: present((field) => inRow(field, project[field])),
  };
};

interface Settled {
  readonly value: number | null;
  readonly override: 'set' | 'config' | null;
}

/** Rows count memory in GB, and have NULL for no limit. */
const inRow = (field: QuotaField, limit: Limit): number | null =>
  limit === null || limit === 'unlimited'
    ? null
    : field === 'memoryBytes'
      ? limit / 2 ** 30
      : limit;

const present = <T>(valueOf: (field: QuotaField) => T | null): Partial<Record<QuotaField, T>> =>
  Object.fromEntries(
    quotaFields.flatMap((field) => {
      const value = valueOf(field);
      return value === null ? [] : [[field, value]];
    }),
  );

export interface PersonFacts {
  /** As messages name the person. */
  readonly name: string;
  /** By the name service; null: it has none. */
  readonly login: string | null;
  /** null: not known, so that none counts. */
  readonly groups: readonly string[] | null;
  /** What the record's own profile says. */
  readonly own: Limits;
  /** What the record says of groups. */
  readonly ofGroups: ReadonlyMap<string, Limits>;
}

/** Per field the first that says something: the user's own, the most generous group's, that of all users. */
export const personLimits = (
  { name, login, groups, own, ofGroups }: PersonFacts,
  config: Pick<QuotaConfig, 'user' | 'users' | 'groups'>,
): PersonLimits => {
  const inFile = login === null ? undefined : config.users.get(login);
  const forField = (field: QuotaField): PersonLimits[QuotaField] => {
    const said = own[field] ?? inFile?.[field] ?? null;
    if (said !== null) return { limit: number(said), from: `limit of ${name}` };
    const best = (groups ?? [])
      .flatMap((group) => {
        const limit = ofGroups.get(group)?.[field] ?? config.groups.get(group)?.[field] ?? null;
        return limit === null ? [] : [{ group, limit }];
      })
      .toSorted((a, b) => size(b.limit) - size(a.limit) || (a.group < b.group ? -1 : 1))[0];
    if (best !== undefined)
      return { limit: number(best.limit), from: `limit of group ${best.group}` };
    const unread = groups === null ? `; the groups of ${name} could not be read` : '';
    return { limit: number(config.user[field]), from: `limit of every user${unread}` };
  };
  return {
    containers: forField('containers'),
    cpus: forField('cpus'),
    memoryBytes: forField('memoryBytes'),
    gpus: forField('gpus'),
  };
};

const number = (limit: Limit): number | null => (typeof limit === 'number' ? limit : null);

const size = (limit: number | 'unlimited'): number => (limit === 'unlimited' ? Infinity : limit);
