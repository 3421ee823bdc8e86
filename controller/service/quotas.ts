import { personSources, type PersonSource } from '../admission/limits.ts';
import { defaultHostConfig } from '../model/config.ts';
import { ownHostConfig } from '../model/own-config.ts';
import { noLimits, type Limit, type QuotaField } from '../model/quota.ts';
import type {
  CheckQuotasRequest,
  QuotaCheck,
  QuotaItem,
  QuotaLine,
  QuotaQuery,
  QuotaReport,
  QuotaUse,
} from '../model/quota-api.ts';
import type { ProjectQuota, ProjectRecord } from '../model/record.ts';
import { audit } from '../reconcile/audit.ts';
import type { Core } from '../reconcile/core.ts';
import { limitsOf, lookAtPeople, ownerOf, personName } from '../reconcile/people.ts';
import type { Acting } from './acting.ts';
import { findAll, findUser, mustBeGroup } from './quota-subject.ts';

type Deps = Core['deps'];

/** What projects, people and groups may have, who says so, and what of it is in use. */
export const quotaReport = async (core: Core, { subject }: QuotaQuery): Promise<QuotaReport> => {
  const { deps } = core;
  await lookAtPeople(deps);
  switch (subject?.kind) {
    case undefined:
      return { items: await everybody(deps) };
    case 'project':
      return { items: projectItems(deps, findAll(deps.store, subject.project)) };
    case 'user': {
      const uid = await findUser(core, subject.user);
      return { items: await userItems(deps, [uid]) };
    }
    case 'group':
      await mustBeGroup(core, subject.group);
      return { items: groupItems(deps, [subject.group]) };
    default:
      return subject satisfies never;
  }
};

/** Compares, and with `repair` corrects, in one transaction. */
export const checkQuotas = (
  { deps, uid }: Acting,
  { repair, by }: CheckQuotasRequest,
): QuotaCheck => {
  const { store } = deps;
  return store.transaction(() => {
    const sums = store.quotas.usage();
    const wrong = store.quotas.wrong().flatMap((path) => {
      const row = store.quotas.get(path);
      const holds = sums.get(path);
      if (row === null || holds === undefined) return [];
      const project = store.projects.byPath(path);
      return [{ project: project?.name ?? '', path, says: useOf(row), holds: { ...holds } }];
    });
    if (!repair || wrong.length === 0) return { repaired: false, wrong };
    store.quotas.recompute();
    for (const { path, says, holds } of wrong) {
      const project = store.projects.byPath(path);
      const resource = { type: 'project', id: path };
      const what = { action: 'quota check', project, environment: null, resource };
      audit(deps, { ...what, uid, by, before: { ...says }, after: { ...holds } });
    }
    return { repaired: true, wrong };
  });
};

const everybody = async (deps: Deps): Promise<readonly QuotaItem[]> => {
  const { store, config } = deps;
  const projects = store.projects.list();
  const owners = projects.map((project) => ownerOf(store, project));
  const uids = [...new Set([...owners, ...store.people.all().map(({ uid }) => uid)])];
  const groups = new Set([
    ...store.people.groupLimits().keys(),
    ...config.current().quotas.groups.keys(),
  ]);
  return [
    ...projectItems(deps, projects),
    ...(await userItems(
      deps,
      uids.toSorted((a, b) => a - b),
    )),
    ...groupItems(deps, [...groups].toSorted()),
  ];
};

const projectItems = (deps: Deps, projects: readonly ProjectRecord[]): readonly QuotaItem[] =>
  projects.flatMap((project) => {
    const row = deps.store.quotas.get(project.path);
    if (row === null) return [];
    const owner = personName(deps, ownerOf(deps.store, project));
    return [
      {
        ...noItem,
        kind: 'project',
        name: project.name,
        path: project.path,
        owner,
        limits: projectLines(deps, row),
      },
    ];
  });

/** As the row reads under the configuration of now. */
const projectLines = (deps: Deps, row: ProjectQuota): QuotaItem['limits'] => {
  const limits = limitsOf(deps, row);
  const used = useOf(row);
  const line = (field: QuotaField, limit: number | null): QuotaLine => {
    const override = limits.overrides[field];
    const isDefault = limit === (limits.defaulted[field] ?? null);
    const { own, quotas } = deps.config.current();
    const { project } = quotas;
    const builtIn = own ? ownHostConfig : defaultHostConfig;
    const from =
      override ??
      (!isDefault
        ? 'by hand'
        : project[field] === builtIn.quotas.project[field]
          ? 'built in'
          : 'config');
    const unit = field === 'memoryBytes' ? bytesPerGb : 1;
    return { limit: limit === null ? null : limit * unit, from, used: used[field] };
  };
  return {
    containers: line('containers', limits.maxContainers),
    cpus: line('cpus', limits.maxCpuCores),
    memoryBytes: line('memoryBytes', limits.maxMemoryGb),
    gpus: line('gpus', limits.maxGpus),
  };
};

const userItems = async (deps: Deps, uids: readonly number[]): Promise<readonly QuotaItem[]> => {
  const { store, config, people } = deps;
  await people.look(uids, []);
  const usage = store.people.usage();
  const ofGroups = store.people.groupLimits();
  return uids.map((uid) => {
    const { name: seen, groups } = people.of(uid);
    const login = seen ?? store.people.get(uid)?.username ?? null;
    const facts = { login, groups, own: store.people.limitsOf(uid), ofGroups };
    const sources = personSources(facts, config.current().quotas);
    const used = usage.get(uid) ?? nothing;
    const limits = lines((field) => ({
      limit: number(sources[field].limit),
      from: sourceText(sources[field]),
      used: used[field],
    }));
    return { ...noItem, kind: 'user', name: personName(deps, uid), uid, limits };
  });
};

/** What a member may have who has no limit alone and is in no other group. */
const groupItems = ({ store, config }: Deps, groups: readonly string[]): readonly QuotaItem[] => {
  const set = store.people.groupLimits();
  const { quotas } = config.current();
  return groups.map((name) => {
    const own = set.get(name) ?? noLimits;
    const inFile = quotas.groups.get(name) ?? noLimits;
    const limits = lines((field) => {
      const said: readonly (readonly [from: string, limit: Limit])[] = [
        ['set', own[field]],
        ['config', inFile[field]],
        [everyone, quotas.user[field]],
      ];
      const [from, limit] = said.find(([, value]) => value !== null) ?? ['built in', null];
      return { limit: number(limit), from, used: null };
    });
    return { ...noItem, kind: 'group', name, limits };
  });
};

const everyone = 'every user';

/** By itself there is no limit, until the configuration says one for all. */
const sourceText = (source: PersonSource): string => {
  switch (source.kind) {
    case 'set':
    case 'config':
      return source.kind;
    case 'group':
      return `group ${source.group}`;
    case 'everyone':
      return source.limit === null ? 'built in' : everyone;
    default:
      return source satisfies never;
  }
};

const useOf = (row: ProjectQuota): QuotaUse => ({
  containers: row.currentContainers,
  cpus: row.currentCpuCores,
  memoryBytes: Math.round(row.currentMemoryGb * bytesPerGb),
  gpus: row.currentGpus,
});

const lines = (lineOf: (field: QuotaField) => QuotaLine): QuotaItem['limits'] => ({
  containers: lineOf('containers'),
  cpus: lineOf('cpus'),
  memoryBytes: lineOf('memoryBytes'),
  gpus: lineOf('gpus'),
});

const bytesPerGb = 2 ** 30;
const nothing: QuotaUse = { containers: 0, cpus: 0, memoryBytes: 0, gpus: 0 };
const noItem = { uid: null, path: null, owner: null } as const;
const number = (limit: Limit): number | null => (typeof limit === 'number' ? limit : null);
