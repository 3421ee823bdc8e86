import type { Outcome } from '../loop/outcome.ts';
import type { ProjectWish, RawEnvironment } from '../model/environment.ts';
import { environmentKey, type EnvironmentKey } from '../model/key.ts';
import type { FolderIdentity } from '../model/ports.ts';
import { folderOf, type EnvironmentRecord, type ProjectRecord } from '../model/record.ts';
import type { CachedWish, Deps } from './deps.ts';
import { auditFile, beginGeneration, noteCheckout, sourceOf } from './checkout.ts';
import { ensureNetwork, removeNetwork } from './network.ts';
import { removeVolumes } from './volumes.ts';
import { isAbsent, liftUnstarted } from './first-up.ts';
import { holdRebuilt } from './rebuild.ts';
import { isRebuilding } from './rebuilding.ts';
import { awaitsImage, pinImage, unresolvedRetryMs } from './pins.ts';
import { noteSpec, unreadable } from './note-spec.ts';
import { newEnvironment } from './register.ts';
import { noteProject } from './trouble.ts';
import { fillWishes, imageText } from './wishes.ts';
import { isFollowed } from './sources.ts';
import { noteTrust } from './trust.ts';

/** A fault or a gap that is seen once may be a file half written or a folder half swapped. */
const secondLookMs = 1000;
const unreadableRetryMs = 15_000;

/** One pass over one project: file → rows, network, prune. */
export const reconcileProject = async (deps: Deps, projectId: string): Promise<Outcome> => {
  const outcome = await passOver(deps, projectId);
  return outcome.kind === 'done' && awaitsImage(deps, projectId)
    ? { kind: 'lookAgain', afterMs: unresolvedRetryMs }
    : outcome;
};

const passOver = async (deps: Deps, projectId: string): Promise<Outcome> => {
  const { store, specs, memory } = deps;
  const project = store.projects.get(projectId);
  if (project === null) return { kind: 'done' };
  liftUnstarted(deps, project);

  if (project.source !== null && !isFollowed(deps, project.source)) {
    // Whoever took it out of the configuration has seen its fault, if any, and it says no more.
    await fillWishes(deps, project);
    return finish(deps, projectId, vanish(deps, project, []));
  }
  const read = await specs.read(folderOf(project), project.source ?? undefined);
  // What cannot be read tells nothing of it.
  if (read.kind !== 'unreadable') {
    noteTrust(deps, project, read.kind === 'untrusted' ? read.message : null);
  }
  switch (read.kind) {
    case 'untrusted':
      noteProject(deps, project, { reason: 'FolderUntrusted', message: read.message });
      // As if it could not be read; not even the files beside it count.
      return { kind: 'lookAgain', afterMs: unreadableRetryMs };
    case 'unreadable':
      // Not known is not absent: all stays as it is.
      noteSpec(deps, project, [unreadable(project, read.message)]);
      await fillWishes(deps, project);
      return { kind: 'lookAgain', afterMs: unreadableRetryMs };
    case 'no-folder':
    case 'no-file':
      if (isFirstSight(deps, projectId)) return { kind: 'lookAgain', afterMs: secondLookMs };
      await fillWishes(deps, project);
      return finish(deps, projectId, vanish(deps, project, []));
    case 'invalid': {
      if (isFirstSight(deps, projectId)) return { kind: 'lookAgain', afterMs: secondLookMs };
      const unsteady = await standsStill(deps, project, read.folder);
      if (unsteady !== null) return unsteady;
      noteSpec(deps, project, read.diagnostics);
      await fillWishes(deps, project);
      // The last good text goes on: with its network, and with what users asked to have removed.
      return finish(deps, projectId, []);
    }
    case 'valid':
      memory.suspects.delete(projectId);
      return (
        (await standsStill(deps, project, read.folder)) ??
        finish(deps, projectId, applyWish(deps, project, read.folder, read.wish))
      );
    default:
      return read satisfies never;
  }
};

/** null: what was read of the folder is of the commit that is checked out there. */
const standsStill = async (
  deps: Deps,
  project: ProjectRecord,
  folder: FolderIdentity,
): Promise<Outcome | null> => {
  const look = await noteCheckout(deps, project, folder);
  if (look === 'as-it-was') return null;
  if (look === 'moved') return reconcileProject(deps, project.id);
  if (look === 'writing') return { kind: 'lookAgain', afterMs: secondLookMs };
  await fillWishes(deps, project);
  return { kind: 'waiting', reason: 'CheckoutBusy', afterMs: unreadableRetryMs };
};

/**
 * The file's wish becomes rows, in one transaction, and the wishes of this process. Answers with the
 * environments for which something is new, so that a project of many does not look at all for one.
 */
export const applyWish = (
  deps: Deps,
  project: ProjectRecord,
  folder: FolderIdentity,
  wish: ProjectWish,
): readonly EnvironmentKey[] => {
  const { store, memory, clock } = deps;
  const isFirstRead = !memory.read.has(project.id);
  const changed = store.transaction(() => {
    const sameOwner =
      folder.owner.uid === project.owner.uid && folder.owner.gid === project.owner.gid;
    const patch = {
      ...(project.name === wish.name ? {} : { name: wish.name }),
      ...(project.device === folder.device && project.inode === folder.inode
        ? {}
        : { device: folder.device, inode: folder.inode }),
      ...(project.specError === null ? {} : { specError: null }),
      ...(project.vanishedAt === null ? {} : { vanishedAt: null }),
      ...(project.driftPolicy === wish.driftPolicy ? {} : { driftPolicy: wish.driftPolicy }),
      ...(sameOwner === (project.ownerSeen === null)
        ? {}
        : { ownerSeen: sameOwner ? null : folder.owner }),
    };
    if (Object.keys(patch).length > 0) store.projects.update(project.id, patch);
    noteProject(deps, project, {
      reason: 'SpecValid',
      message: 'the file was read without a fault',
    });

    const touched = vanish(
      deps,
      project,
      wish.environments.map((environment) => environment.wish.name),
    );
    for (const { wish: environment, raw } of wish.environments) {
      const key = environmentKey({ projectId: project.id, environment: environment.name });
      const row = store.environments.get(key);
      if (row === null) {
        store.environments.insert(
          newEnvironment(deps, { projectId: project.id, environment, raw, at: clock.now() }),
        );
        beginGeneration(deps, key, null);
        if (isRebuilding(store)) holdRebuilt(deps, project.id, environment.name);
        touched.push(key);
        continue;
      }
      const change: Partial<EnvironmentRecord> = {
        ...(row.vanishedAt === null ? {} : { vanishedAt: null, vanishedBy: null }),
        // A rebuilt row has the digest of its container's label and not yet the text.
        ...(sameText(row.raw, raw) ? {} : { raw }),
        ...(row.digest === environment.digest
          ? {}
          : { digest: environment.digest, generation: row.generation + 1 }),
      };
      if (Object.keys(change).length === 0) continue;
      store.environments.update(key, change);
      if (change.generation !== undefined) beginGeneration(deps, key, row);
      touched.push(key);
    }
    const wishes = wish.environments.map(({ wish: environment }) => {
      const key = environmentKey({ projectId: project.id, environment: environment.name });
      const row = store.environments.get(key);
      const pinned: CachedWish =
        row === null
          ? { kind: 'wanted', environment }
          : pinImage(deps, { row, environment, from: 'file' });
      const before = memory.wishes.get(key);
      if (before !== undefined && imageText(before) !== imageText(pinned)) touched.push(key);
      return [key, pinned] as const;
    });
    const isAll = Object.keys(patch).length > 0 || isFirstRead;
    return {
      wishes,
      keys: isAll ? store.environments.ofProject(project.id).map(environmentKey) : touched,
    };
  });
  for (const [key, pinned] of changed.wishes) memory.wishes.set(key, pinned);
  memory.read.add(project.id);
  return changed.keys;
};

const sameText = (a: RawEnvironment, b: RawEnvironment): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/** Rows that the file does not name any more; an empty list: the file itself is gone. */
const vanish = (deps: Deps, project: ProjectRecord, named: readonly string[]): EnvironmentKey[] => {
  const { store, clock } = deps;
  const now = clock.now();
  const vanishedBy = sourceOf(store.projects.get(project.id) ?? project);
  const gone: EnvironmentKey[] = [];
  for (const row of store.environments.ofProject(project.id)) {
    if (row.vanishedAt === null && !named.includes(row.environment)) {
      store.environments.update(environmentKey(row), { vanishedAt: now, vanishedBy });
      auditFile(deps, project, { action: 'vanish', environment: row.environment });
      gone.push(environmentKey(row));
    }
  }
  if (named.length === 0 && project.vanishedAt === null) {
    store.projects.update(project.id, { vanishedAt: now, specError: null });
    noteProject(deps, project, { reason: 'Deleted', message: 'the file is gone' });
  }
  return gone;
};

/** Network, volumes asked to go, and the project's own end. */
const finish = async (
  deps: Deps,
  projectId: string,
  changed: readonly EnvironmentKey[],
): Promise<Outcome> => {
  const { store } = deps;
  const project = store.projects.get(projectId);
  if (project === null) return { kind: 'done' };
  const rows = store.environments.ofProject(projectId);
  const { engineTrouble } = deps.memory;
  if (engineTrouble !== null) {
    // Nothing is taken away while nobody can see what is there.
    for (const key of changed) deps.ring.environment(key);
    return { kind: 'waiting', reason: 'EngineUnavailable', afterMs: unreadableRetryMs };
  }
  const held = deps.frozen();
  if (held !== null) {
    for (const key of changed) deps.ring.environment(key);
    return { kind: 'waiting', reason: held.reason, afterMs: null };
  }
  if (rows.length === 0 && project.vanishedAt !== null) {
    if (!(await removeNetwork(deps, projectId))) return { kind: 'lookAgain', afterMs: 5000 };
    store.projects.remove(projectId);
    deps.memory.read.delete(projectId);
    if (project.source !== null) deps.ring.source(project.source);
    return { kind: 'done' };
  }
  await removeVolumes(deps, project);
  const wantsNetwork = rows.some((row) => row.vanishedAt === null && !isAbsent(deps, row));
  const hadNetwork = deps.memory.networks.has(projectId);
  const trouble = wantsNetwork ? await ensureNetwork(deps, project) : null;
  const isEmpty = !wantsNetwork && rows.every(({ containerId }) => containerId === null);
  if (isEmpty && deps.memory.networks.has(projectId)) await removeNetwork(deps, projectId);
  // All of them waited for the network; else only those for which something is new need a look.
  const due = hadNetwork || trouble !== null ? changed : rows.map(environmentKey);
  for (const key of due) deps.ring.environment(key);
  return trouble ?? { kind: 'done' };
};

const isFirstSight = ({ memory }: Deps, projectId: string): boolean => {
  const seen = (memory.suspects.get(projectId) ?? 0) + 1;
  memory.suspects.set(projectId, seen);
  return seen === 1;
};
