import type { Environment, RawEnvironment } from '../model/environment.ts';
import type { FolderIdentity } from '../model/ports.ts';
import type { EnvironmentRecord, ProjectRecord } from '../model/record.ts';
import { startOf } from '../model/start.ts';
import type { Deps } from './deps.ts';
import { isRebuilding } from './rebuilding.ts';
import { holdUnstarted } from './first-up.ts';

/** A folder that holds a spec was found or changed: its project has a pass, and is made where there is none. */
export const takeFolder = async (deps: Deps, folder: string): Promise<void> => {
  const { store, specs, clock, ring } = deps;
  const known = store.projects.byPath(folder);
  if (known !== null) return ring.project(known.id);
  const read = await specs.read(folder);
  if (read.kind === 'untrusted') {
    const what = { type: 'Warning', reason: 'FolderUntrusted', message: read.message } as const;
    store.events.add({ ...what, at: clock.now(), projectId: null, environment: null });
    return;
  }
  if (read.kind !== 'valid' && read.kind !== 'invalid') return;
  const name =
    read.kind === 'valid' ? read.wish.name : (read.folder.path.split('/').pop() ?? 'project');
  // What a lost record knew of it is not known: that is a hold of its own.
  const held = !isRebuilding(store) && startOf(deps.config.current().start, folder) === 'onFirstUp';
  ring.project((await registerProject(deps, read.folder, name, held)).id);
};

/**
 * Finds or makes the project of a folder. The path comes first: a folder swapped at its place is the
 * same project. The same device and inode at a new path, with the old path gone, is a move. Anything
 * else is new, so two clones of one repository never meet.
 */
export const registerProject = async (
  deps: Deps,
  folder: FolderIdentity,
  name: string,
  /** Nobody asked for it: where it is new it waits for `up`. */
  held = false,
): Promise<ProjectRecord> => {
  const { store, clock, random } = deps;
  const known = store.projects.byPath(folder.path);
  if (known !== null) return known;

  const moved = store.projects
    .list()
    .find(({ device, inode }) => device === folder.device && inode === folder.inode);
  const isMove = moved !== undefined && (await isGone(deps, moved.path));
  // Two triggers may tell of one folder, and the other one was faster.
  const meanwhile = store.projects.byPath(folder.path);
  if (meanwhile !== null) return meanwhile;
  if (isMove) {
    store.transaction(() => {
      store.projects.update(moved.id, { path: folder.path });
      store.events.add({
        at: clock.now(),
        type: 'Normal',
        reason: 'Moved',
        message: `the folder moved from ${moved.path} to ${folder.path}`,
        projectId: moved.id,
        environment: null,
      });
    });
    return store.projects.get(moved.id) ?? moved;
  }

  const project = newProject({ id: random.hex(16), name, folder, at: clock.now() });
  store.transaction(() => {
    store.projects.insert(project);
    if (held) holdUnstarted(deps, project.id);
  });
  return project;
};

export const newProject = (what: {
  readonly id: string;
  readonly name: string;
  readonly folder: FolderIdentity;
  readonly at: number;
}): ProjectRecord => ({
  id: what.id,
  name: what.name,
  ...what.folder,
  ownerSeen: null,
  subnet: null,
  specError: null,
  firstSeenAt: what.at,
  vanishedAt: null,
  revision: '',
  commit: null,
  source: null,
  tree: null,
  driftPolicy: 'repair',
});

export const newEnvironment = (
  { random }: Pick<Deps, 'random'>,
  what: {
    readonly projectId: string;
    readonly environment: Pick<Environment, 'name' | 'digest'>;
    readonly raw: RawEnvironment;
    readonly at: number;
  },
): EnvironmentRecord => ({
  projectId: what.projectId,
  environment: what.environment.name,
  uid: random.hex(16),
  raw: what.raw,
  digest: what.environment.digest,
  generation: 1,
  observedGeneration: 0,
  phase: 'pending',
  reason: 'Pending',
  message: '',
  containerId: null,
  restarts: 0,
  lastFailure: '',
  nextAttemptAt: null,
  vanishedAt: null,
  vanishedBy: null,
  approval: null,
  restartRequestedAt: null,
  grantedAt: null,
  grantedGeneration: null,
  grantedCpus: null,
  grantedMemoryBytes: null,
  requestedAt: null,
  handStop: null,
  unhealthySince: null,
  stopIntent: null,
  lastRun: null,
  oomSeen: null,
  startFailure: null,
  removingId: null,
  handRemovedAt: null,
  repairRequestedAt: null,
  anonymousVolumes: [],
  removeVolumes: false,
  createdAt: what.at,
});

/** Only a folder whose absence was seen is gone. */
const isGone = async (deps: Deps, path: string): Promise<boolean> =>
  (await deps.specs.read(path)).kind === 'no-folder';
