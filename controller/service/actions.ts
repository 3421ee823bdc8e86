import {
  ApiError,
  type ActionResult,
  type EnvironmentRequest,
  type TargetRequest,
  type UpRequest,
} from '../model/api.ts';
import { environmentKey } from '../model/key.ts';
import type { EnvironmentRecord, HoldKind, ProjectRecord } from '../model/record.ts';
import { audit, difference, standing } from '../reconcile/audit.ts';
import type { Core } from '../reconcile/core.ts';
import { applyWish } from '../reconcile/project.ts';
import { registerProject } from '../reconcile/register.ts';
import type { Acting } from './acting.ts';
import { mustBeThawed } from './freeze.ts';
import { liftHolds } from './holds.ts';
import { readNamed } from './named-folder.ts';
import { findEnvironment, findProject } from './resolve.ts';

/** What people ask becomes rows first; passes then act on the rows. So nothing asked is lost by a crash. */
export const up = async (core: Acting, request: UpRequest): Promise<ActionResult> => {
  const { deps } = core;
  const { store, clock } = deps;
  mustBeThawed(core);
  const read = await readNamed(core, request.path);
  if (read.kind === 'invalid') {
    throw new ApiError('invalid-spec', `${request.path}/mlenv.yaml has faults`, read.diagnostics);
  }
  if (read.kind !== 'valid') {
    throw new ApiError('usage', `there is no mlenv.yaml in ${request.path}; mlenv init writes one`);
  }
  const project = await registerProject(deps, read.folder, read.wish.name);
  // It may have moved here and be somebody else's still.
  core.mayUse(request.path, read.folder, project);
  applyWish(deps, project, read.folder, read.wish);

  const named = targets(core, project, request.environment);
  const now = clock.now();
  let unnamed: readonly string[] = [];
  noted(core, { project, action: 'up', by: request.by, environment: request.environment }, () => {
    const removed = new Set(
      named
        .filter((row) => store.holds.of(environmentKey(row)).some(({ kind }) => kind === 'rm'))
        .map(({ environment }) => environment),
    );
    unnamed = liftHolds(store, project.id, request.environment);
    for (const row of named) {
      store.environments.update(environmentKey(row), {
        ...(removed.has(row.environment) ? asNew(row, now) : {}),
        nextAttemptAt: null,
        removeVolumes: false,
        // What its file only has reported is repaired by a person's word.
        ...(read.wish.driftPolicy === 'report' ? { repairRequestedAt: now } : {}),
        ...(request.approve.includes(row.environment)
          ? {
              approval: {
                generation: row.generation,
                containerId: row.containerId,
                by: request.by,
                at: now,
              },
            }
          : {}),
      });
    }
  });
  core.admitToScope(project.id);
  core.deps.ring.project(project.id);
  const rows = targets(core, project, request.environment);
  const suspended = rows.filter((row) =>
    store.holds.of(environmentKey(row)).some(({ kind }) => kind === 'suspend'),
  );
  return result(
    core,
    rows,
    [
      ...suspended.map(
        ({ environment }) =>
          `${environment} is suspended; mlenv resume ${environment} lets it go on`,
      ),
      ...unnamed.map(
        (environment) =>
          `${environment} is a job, and whether it had run is not known since the database was rebuilt; mlenv up -e ${environment} runs it`,
      ),
    ],
    needsLook(core),
  );
};

/** `rm` and then `up` asks for all of it once more: whatever it did before does not count. */
const asNew = (row: EnvironmentRecord, now: number): Partial<EnvironmentRecord> => ({
  restarts: 0,
  lastFailure: '',
  lastRun: null,
  // Its removal has not come so far.
  ...(row.containerId === null ? {} : { restartRequestedAt: now }),
});

export const down = (core: Acting, request: TargetRequest): ActionResult =>
  hold(core, request, 'down', {});

export const remove = (
  core: Acting,
  request: TargetRequest & { readonly volumes: boolean },
): ActionResult => hold(core, request, 'rm', { removeVolumes: request.volumes });

export const restart = (core: Acting, { ref, by }: EnvironmentRequest): ActionResult => {
  const { store, clock } = core.deps;
  const { project, record } = findEnvironment(store, ref);
  const held = store.holds
    .of(environmentKey(record))
    .map(({ kind }) => kind)
    // It is asked for by name.
    .filter((kind) => kind !== 'rebuilt');
  if (held.length > 0) {
    throw new ApiError(
      'refused',
      `${record.environment} is held (${held.join(', ')}); ${held.includes('suspend') ? 'mlenv resume' : 'mlenv up'} lifts that`,
    );
  }
  noted(core, { project, action: 'restart', by, environment: record.environment }, () => {
    store.holds.lift({
      projectId: project.id,
      environment: record.environment,
      kind: 'rebuilt',
    });
    store.environments.update(environmentKey(record), {
      restartRequestedAt: clock.now(),
      restarts: 0,
      // A limit of restarts is counted from zero.
      ...(record.lastRun === null ? {} : { lastRun: { ...record.lastRun, failures: 0 } }),
      nextAttemptAt: null,
    });
  });
  return result(core, [record], []);
};

export const suspend = (core: Acting, { ref, by }: EnvironmentRequest): ActionResult => {
  const { store, clock } = core.deps;
  const { project, record } = findEnvironment(store, ref);
  noted(core, { project, action: 'suspend', by, environment: record.environment }, () => {
    store.holds.add({
      projectId: project.id,
      environment: record.environment,
      kind: 'suspend',
      by,
      at: clock.now(),
    });
  });
  return result(core, [record], []);
};

export const resume = (core: Acting, { ref, by }: EnvironmentRequest): ActionResult => {
  const { store } = core.deps;
  const { project, record } = findEnvironment(store, ref);
  noted(core, { project, action: 'resume', by, environment: record.environment }, () => {
    store.holds.lift({ projectId: project.id, environment: record.environment, kind: 'suspend' });
  });
  return result(core, [record], []);
};

const hold = (
  core: Acting,
  request: TargetRequest,
  kind: Extract<HoldKind, 'down' | 'rm'>,
  patch: Partial<EnvironmentRecord>,
): ActionResult => {
  const { store, clock } = core.deps;
  const project = findProject(store, request.path);
  const rows = targets(core, project, request.environment);
  noted(core, { project, action: kind, by: request.by, environment: request.environment }, () => {
    store.holds.add({
      projectId: project.id,
      environment: request.environment,
      kind,
      by: request.by,
      at: clock.now(),
    });
    if (Object.keys(patch).length > 0) {
      for (const row of rows) store.environments.update(environmentKey(row), patch);
    }
  });
  core.admitToScope(project.id);
  core.deps.ring.project(project.id);
  return result(core, rows, []);
};

const targets = (
  core: Core,
  project: ProjectRecord,
  environment: string | null,
): readonly EnvironmentRecord[] => {
  if (environment === null) return core.deps.store.environments.ofProject(project.id);
  return [
    findEnvironment(core.deps.store, { path: project.path, project: null, environment }).record,
  ];
};

/** Each row is looked at again, and its next pass tells how it went on. */
export const result = (
  core: Core,
  rows: readonly EnvironmentRecord[],
  messages: readonly string[],
  looksAt: (row: EnvironmentRecord) => boolean = () => true,
): ActionResult => {
  for (const row of rows) {
    core.admitToScope(row.projectId);
    if (!looksAt(row)) continue;
    // Who asks waits for no brake.
    core.deps.memory.attempts.delete(environmentKey(row));
    core.deps.memory.unseen.set(environmentKey(row), Symbol('request'));
    core.deps.ring.environment(environmentKey(row));
  }
  return { keys: rows.map(environmentKey), messages };
};

/** A resident instance is told of drift by the engine; a process that has just come has to look. */
const needsLook =
  ({ scoped }: Core) =>
  (row: EnvironmentRecord): boolean =>
    scoped ||
    row.approval !== null ||
    row.repairRequestedAt !== null ||
    row.generation !== row.observedGeneration ||
    !(row.phase === 'running.healthy' || row.phase === 'completed');

/** One transaction: what was asked becomes rows, and who asked it, with what differs afterwards. */
export const noted = (
  { deps, uid }: Acting,
  what: {
    readonly project: ProjectRecord;
    readonly environment: string | null;
    readonly action: string;
    readonly by: string;
  },
  change: () => void,
): void =>
  deps.store.transaction(() => {
    const rows = deps.store.environments
      .ofProject(what.project.id)
      .filter(({ environment }) => what.environment === null || environment === what.environment);
    const before = standing(deps.store, rows);
    change();
    audit(deps, { ...what, uid, ...difference(before, standing(deps.store, rows)) });
  });
