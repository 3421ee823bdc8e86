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

/** In the words that a wait is told in. */
export const personLimits = (
  facts: PersonFacts,
  config: Pick<QuotaConfig, 'user' | 'users' | 'groups'>,
): PersonLimits => {
  const sources = personSources(facts, config);
  const { name, groups } = facts;
  const forField = (field: QuotaField): PersonLimits[QuotaField] => {
    const source = sources[field];
    const limit = number(source.limit);
    switch (source.kind) {
      case 'set':
      case 'config':
        return { limit, from: `limit of ${name}` };
      case 'group':
        return { limit, from: `limit of group ${source.group}` };
      case 'everyone': {
        const unread = groups === null ? `; the groups of ${name} could not be read` : '';
        return { limit, from: `limit of every user${unread}` };
      }
      default:
        return source satisfies never;
    }
  };
  return perField(forField);
};

/** What a person's limit is, and where it is said: in the record, in the configuration, for a group, for all. */
export type PersonSource = { readonly limit: Limit } & (
  | { readonly kind: 'set' | 'config' | 'everyone' }
  | { readonly kind: 'group'; readonly group: string }
);

/** Per field the first that says something: the user's own, the most generous group's, that of all users. */
export const personSources = (
  { login, groups, own, ofGroups }: Omit<PersonFacts, 'name'>,
  config: Pick<QuotaConfig, 'user' | 'users' | 'groups'>,
): Readonly<Record<QuotaField, PersonSource>> => {
  const inFile = login === null ? undefined : config.users.get(login);
  return perField((field): PersonSource => {
    if (own[field] !== null) return { kind: 'set', limit: own[field] };
    const said = inFile?.[field] ?? null;
    if (said !== null) return { kind: 'config', limit: said };
    const best = (groups ?? [])
      .flatMap((group) => {
        const limit = ofGroups.get(group)?.[field] ?? config.groups.get(group)?.[field] ?? null;
        return limit === null ? [] : [{ group, limit }];
      })
      .toSorted((a, b) => size(b.limit) - size(a.limit) || (a.group < b.group ? -1 : 1))[0];
    return best === undefined
      ? { kind: 'everyone', limit: config.user[field] }
      : { kind: 'group', ...best };
  });
};

const perField = <T>(valueOf: (field: QuotaField) => T): Readonly<Record<QuotaField, T>> => ({
  containers: valueOf('containers'),
  cpus: valueOf('cpus'),
  memoryBytes: valueOf('memoryBytes'),
  gpus: valueOf('gpus'),
});

const number = (limit: Limit): number | null => (typeof limit === 'number' ? limit : null);

const size = (limit: number | 'unlimited'): number => (limit === 'unlimited' ? Infinity : limit);
