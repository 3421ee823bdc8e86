import type { Person } from '../admission/gate.ts';
import { personLimits, projectLimits } from '../admission/limits.ts';
import { withoutOwn } from '../admission/people-book.ts';
import { environmentKey } from '../model/key.ts';
import type { ProjectLimits, ProjectQuota, ProjectRecord } from '../model/record.ts';
import type { Deps } from './deps.ts';
import { heldBy } from './held.ts';

type PeopleDeps = Pick<Deps, 'store' | 'config' | 'people'>;

/** Reads owners, their groups and the names in the configuration, where nobody did yet. */
export const lookAtPeople = ({ store, config, people }: PeopleDeps): Promise<void> =>
  people.look(
    [...new Set(owned(store).map(({ uid }) => uid))],
    [...new Set(config.current().owners.values())],
  );

/** Who answers for the project: as the configuration says, else the folder's owner at first sight. */
export const ownerOf = (store: Deps['store'], { id, owner }: ProjectRecord): number =>
  store.people.ownerOf(id) ?? owner.uid;

/** Every project with who answers for it. */
export const owned = (
  store: Deps['store'],
): readonly { readonly project: ProjectRecord; readonly uid: number }[] => {
  const owners = store.people.owners();
  return store.projects
    .list()
    .map((project) => ({ project, uid: owners.get(project.id) ?? project.owner.uid }));
};

/** As messages name somebody. */
export const personName = (
  { store, people }: Pick<Deps, 'store' | 'people'>,
  uid: number,
): string => people.of(uid).name ?? store.people.get(uid)?.username ?? `uid ${uid}`;

/**
 * What the configuration says of projects and owners becomes rows, so that a query by hand reads the limits
 * that hold. Only what is new in this process, or under this configuration, is looked at.
 */
export const settlePeople = (deps: Pick<Deps, 'store' | 'config' | 'people' | 'memory'>): void => {
  const { store, config, memory } = deps;
  const now = config.current();
  if (memory.settled.config !== now) memory.settled = { config: now, projects: new Set() };
  const { projects } = memory.settled;
  const due = store.projects.list().filter((project) => !projects.has(placeOf(project)));
  if (due.length === 0) return;
  const done = store.transaction(() => due.filter((project) => settle(deps, project)));
  for (const project of done) projects.add(placeOf(project));
};

const placeOf = ({ id, path }: ProjectRecord): string => `${id} ${path}`;

/** false: somebody's name or uid could not be read yet. */
const settle = (deps: PeopleDeps, project: ProjectRecord): boolean => {
  const { store, config, people } = deps;
  const named = config.current().owners.get(project.path);
  const uid = named === undefined ? null : people.uidOf(named);
  const isKnown = named === undefined || uid !== null;
  // A name that cannot be read now leaves what it meant before.
  if (isKnown && store.people.ownerOf(project.id) !== uid) store.people.setOwner(project.id, uid);
  const owner = ownerOf(store, project);
  const { name, email = null } = people.of(owner);
  store.people.see(owner, name, email);
  const quota = store.quotas.get(project.path);
  if (quota !== null) {
    const limits = limitsOf(deps, quota);
    if (!isSame(quota, limits)) store.quotas.set(limits);
  }
  return isKnown && name !== null;
};

/** The row as it should read. */
export const limitsOf = ({ config }: Pick<Deps, 'config'>, quota: ProjectLimits): ProjectLimits =>
  projectLimits(quota, config.current().quotas);

/** Owners of these projects, by path, each with all that the owner's projects use. */
export const ownersOf = (
  deps: PeopleDeps,
  paths: ReadonlySet<string>,
): ReadonlyMap<string, Person> => {
  const { store } = deps;
  const all = owned(store);
  const asked = new Set(all.flatMap(({ project, uid }) => (paths.has(project.path) ? [uid] : [])));
  const ofGroups = store.people.groupLimits();
  const persons = new Map(
    [...asked].map((uid) => {
      const projects = all.flatMap((one) => (one.uid === uid ? [one.project] : []));
      return [uid, personOf(deps, { uid, projects, ofGroups })] as const;
    }),
  );
  return new Map(
    all.flatMap(({ project, uid }) => {
      const person = persons.get(uid);
      return paths.has(project.path) && person !== undefined ? [[project.path, person]] : [];
    }),
  );
};

export const personOf = (
  deps: PeopleDeps,
  {
    uid,
    projects,
    ofGroups,
  }: {
    readonly uid: number;
    readonly projects: readonly ProjectRecord[];
    readonly ofGroups: ReturnType<Deps['store']['people']['groupLimits']>;
  },
): Person => {
  const { store, config, people } = deps;
  const name = personName(deps, uid);
  const seen = people.of(uid);
  const login = seen.name ?? store.people.get(uid)?.username ?? null;
  const limits = personLimits(
    { name, login, groups: seen.groups, own: store.people.limitsOf(uid), ofGroups },
    config.current().quotas,
  );
  const isLimited = Object.values(limits).some(({ limit }) => limit !== null);
  return {
    uid,
    name,
    limits,
    uses: new Map(isLimited ? projects.flatMap((project) => usesOf(deps, project)) : []),
  };
};

const usesOf = (
  deps: PeopleDeps,
  project: ProjectRecord,
): readonly (readonly [ReturnType<typeof environmentKey>, Use])[] => {
  const { store } = deps;
  const quota = store.quotas.get(project.path);
  const overrides = quota === null ? {} : limitsOf(deps, quota).overrides;
  return store.environments.ofProject(project.id).map((record) => {
    const key = environmentKey(record);
    const held = heldBy(record, store.gpus.of(key).length);
    const name = `${project.name}/${record.environment}`;
    return [key, { name, usage: withoutOwn(held, overrides) }] as const;
  });
};

type Use = Person['uses'] extends ReadonlyMap<unknown, infer U> ? U : never;

const isSame = (quota: ProjectQuota, limits: ProjectLimits): boolean =>
  quota.maxContainers === limits.maxContainers &&
  quota.maxCpuCores === limits.maxCpuCores &&
  quota.maxMemoryGb === limits.maxMemoryGb &&
  quota.maxGpus === limits.maxGpus &&
  JSON.stringify(sorted(quota)) === JSON.stringify(sorted(limits));

const sorted = ({ overrides, defaulted }: ProjectLimits): unknown =>
  [overrides, defaulted].map((map) => Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : 1)));
