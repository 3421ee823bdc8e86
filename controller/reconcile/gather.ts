import { judgePolicy, openRules } from '../admission/policy.ts';
import { label } from '../model/labels.ts';
import { listedReader } from '../observe/listed-reader.ts';
import { observeEnvironment } from '../observe/environment.ts';
import { containerName } from '../plan/names.ts';
import type { PlanInput, PolicyView, Wish } from '../plan/input.ts';
import type { FileSource } from '../model/audit.ts';
import type { ProjectContext } from '../model/context.ts';
import { environmentKey, type EnvironmentKey } from '../model/key.ts';
import type { GpuLease } from '../model/gpu.ts';
import { isRunning } from '../model/phase.ts';
import { folderOf, type EnvironmentRecord, type ProjectRecord } from '../model/record.ts';
import type { Store } from '../model/store.ts';
import type { DependencyState, EnvironmentSnapshot, Outage } from '../model/snapshot.ts';
import type { Deps } from './deps.ts';
import { checksOf } from './health-rows.ts';
import { idleView } from './idle-view.ts';
import { identityOf, requestFor } from './ledger.ts';
import { isMassRemoval } from './mass-removal.ts';
import { networkOf } from './parts.ts';

/** Wish, record and world of one environment, read afresh. */
export const gatherInput = async (
  deps: Deps,
  record: EnvironmentRecord,
  project: ProjectRecord,
): Promise<PlanInput> => {
  const key = environmentKey(record);
  const wish = wishOf(deps, key, record);
  const context = contextOf(deps, project);
  const snapshot = await observe(deps, { key, record, wish, context });
  const secretTrouble = await secretTroubleOf(deps, wish, project);
  if (deps.shared === true) await deps.people.look([project.owner.uid], []);
  const { store } = deps;
  // Read again: an awaited look at the engine may have let another pass or a request write.
  const current = store.environments.get(key) ?? record;
  if (!isSameWish(wish, wishOf(deps, key, current))) {
    // A new generation with the old wish would be made once more as it was, and called the new one.
    return gatherInput(deps, current, store.projects.get(project.id) ?? project);
  }
  return {
    wish,
    record: current,
    holds: store.holds.of(key).map(({ kind }) => kind),
    leases: store.ports.of(key),
    gpuLeases: currentGpus(store, key),
    context,
    ownerChanged: project.ownerSeen !== null,
    untrusted: deps.memory.untrusted.get(project.id) ?? null,
    massRemoval: record.vanishedAt !== null && isMassRemoval(store, project),
    secretTrouble,
    frozen: deps.frozen(),
    commit: commitOf(deps, current),
    snapshot,
    settings: deps.config.current().settings,
    policy: policyView(deps, { wish, record: current, project }),
    sickGpus: deps.gpus.sick(),
    idle: idleView(deps, current, wish.kind === 'wanted' ? wish.environment : null),
    checks: checksOf(deps.store, snapshot, current),
    now: deps.clock.now(),
    chance: deps.random.fraction(),
  };
};

/** One list for all of the project instead of an inspect for each; a list that fails leaves the inspects. */
export const lookOnly = async (deps: Deps, projectId: string): Promise<Deps> => {
  const listed = await deps.reader.list({
    [label.instance]: deps.instance,
    [label.projectId]: projectId,
  });
  return listed.ok
    ? { ...deps, reader: listedReader(deps.reader, listed.value, deps.memory.inspected) }
    : deps;
};

/** The cards of an environment's grant; what it only still holds is left out. */
export const currentGpus = (store: Store, key: EnvironmentKey): readonly GpuLease[] =>
  store.gpus.of(key).filter(({ current }) => current);

/** In `meta`: the engine may not raise limits. Learned once, by a start that failed for it. */
export const limitsRefusedKey = 'limits-refused';

export const contextOf = (deps: Deps, project: ProjectRecord): ProjectContext => ({
  instance: deps.instance,
  projectId: project.id,
  project: project.name,
  path: project.path,
  folder: folderOf(project),
  owner: project.owner,
  ownerName: deps.loginName(project.owner.uid) ?? `user${project.owner.uid}`,
  revision: project.revision,
  driftPolicy: project.driftPolicy,
  raisesLimits: deps.store.meta.get(limitsRefusedKey) === null,
  injection: deps.injection(),
  level: deps.config.current().policy.level,
  secretsRoot: deps.secretFolders.root,
});

/** Who brought what waits: the commit that removed it from the file, or the one of this generation. */
const commitOf = ({ store }: Deps, record: EnvironmentRecord): FileSource | null => {
  if (record.vanishedAt !== null) return record.vanishedBy;
  const generation = store.generations.of(environmentKey(record), record.generation);
  if (generation === null || generation.revision === '') return null;
  return { revision: generation.revision, author: generation.author || null };
};

const policyView = (
  deps: Deps,
  of: { readonly wish: Wish; readonly record: EnvironmentRecord; readonly project: ProjectRecord },
): PolicyView => {
  const { wish, record, project } = of;
  const { policy } = deps.config.current();
  const now = deps.clock.now();
  const opened = [...openRules(policy, project.path, now)];
  const identity = identityOf(deps, project);
  if (wish.kind !== 'wanted') return { opened, faults: [], identity };
  const request = requestFor(deps, record, { wish: wish.environment, project });
  return { opened, faults: judgePolicy(request, policy, now).faults, identity };
};

const wishOf = (deps: Deps, key: EnvironmentKey, record: EnvironmentRecord): Wish => {
  if (record.vanishedAt !== null) return { kind: 'vanished' };
  return (
    deps.memory.wishes.get(key) ?? {
      kind: 'unresolved',
      reason: 'SpecUnresolved',
      message: 'the file has not been read yet',
    }
  );
};

/** Nobody watches the owner's files, so that they are looked at whenever they might matter. */
const secretTroubleOf = async (
  { secretFiles, ring }: Deps,
  wish: Wish,
  project: ProjectRecord,
): Promise<string | null> => {
  if (wish.kind !== 'wanted') return null;
  for (const { name, file, trouble } of wish.environment.secrets) {
    const read = await secretFiles.read(project.owner.uid, file);
    if (read.kind === 'trouble') return `${name}: ${read.message}`;
    if (trouble !== null) {
      // The variable's value came after the file was read, which its own pass mends.
      ring.project(project.id);
      return `${name}: ${trouble}`;
    }
  }
  return null;
};

const isSameWish = (one: Wish, other: Wish): boolean =>
  one.kind === 'wanted' && other.kind === 'wanted'
    ? one.environment.digest === other.environment.digest &&
      one.environment.image === other.environment.image
    : one.kind === other.kind;

/** The engine may answer a call before its events are heard again, which ends an outage. */
const openOutage = ({ memory, clock }: Deps): readonly Outage[] => {
  const since = memory.outageSince();
  return since === null ? [] : [{ ...since, to: clock.now() }];
};

const observe = async (
  deps: Deps,
  what: {
    readonly key: EnvironmentKey;
    readonly record: EnvironmentRecord;
    readonly wish: Wish;
    readonly context: ProjectContext;
  },
): Promise<EnvironmentSnapshot> => {
  const { key, record, wish, context } = what;
  const image = wish.kind === 'wanted' ? wish.environment.image : null;
  deps.puller.want(key, image);
  if (deps.memory.engineTrouble !== null) {
    return { kind: 'unknown', why: deps.memory.engineTrouble };
  }
  return observeEnvironment(deps.reader, {
    instance: deps.instance,
    projectId: record.projectId,
    environment: record.environment,
    name: containerName(context, record.environment),
    ids: [
      ...(record.containerId === null ? [] : [record.containerId]),
      ...(deps.memory.ids.get(key) ?? []),
    ],
    image,
    known: {
      network: networkOf(deps, record.projectId),
      pull: image === null ? null : deps.puller.state(image),
      inFlight: deps.stopper.inFlight(key) ? 'stop' : null,
      dependencies: dependenciesOf(deps, record, wish),
      dependentsRunning: dependentsRunning(deps, record),
      outages: [...deps.memory.outages, ...openOutage(deps)],
      watchedSince: deps.memory.watchedSince(),
    },
  });
};

const dependenciesOf = (
  deps: Deps,
  record: EnvironmentRecord,
  wish: Wish,
): readonly DependencyState[] => {
  if (wish.kind !== 'wanted') return [];
  return wish.environment.dependsOn.map((dependency) => {
    const key = environmentKey({ ...record, environment: dependency.environment });
    const other = deps.store.environments.get(key);
    const otherWish = deps.memory.wishes.get(key);
    return {
      ...dependency,
      phase: other?.phase ?? null,
      hasHealthCheck: otherWish?.kind === 'wanted' && otherWish.environment.health !== null,
    };
  });
};

/**
 * Stop in reverse: those that name this one, are to be stopped as well, and still run. What a person took down
 * waits for none whose own stop waits for a person.
 */
const dependentsRunning = (deps: Deps, record: EnvironmentRecord): readonly string[] => {
  const isTaken = (key: EnvironmentKey): boolean =>
    deps.store.holds.of(key).some(({ kind }) => kind === 'down' || kind === 'rm');
  const byHand = isTaken(environmentKey(record));
  return deps.store.environments
    .ofProject(record.projectId)
    .filter((other) => {
      const key = environmentKey(other);
      const wish = deps.memory.wishes.get(key);
      const depends =
        wish?.kind === 'wanted' &&
        wish.environment.dependsOn.some(({ environment }) => environment === record.environment);
      if (!depends || !(isRunning(other.phase) || other.phase === 'stopping')) return false;
      if (byHand && other.reason === 'UpdatePending' && !isTaken(key)) return false;
      const toStop =
        other.vanishedAt !== null ||
        isTaken(key) ||
        (wish.kind === 'wanted' && wish.environment.state === 'stopped');
      const suspended = deps.store.holds.of(key).some(({ kind }) => kind === 'suspend');
      return toStop && !suspended;
    })
    .map(({ environment }) => environment);
};
