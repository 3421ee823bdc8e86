import {
  ApiError,
  type ActionResult,
  type EnvironmentRequest,
  type TargetRequest,
  type UpRequest,
} from '../model/api.ts';
import { environmentKey } from '../model/key.ts';
import type { EnvironmentRecord, HoldKind, ProjectRecord } from '../model/record.ts';
import type { Core } from '../reconcile/core.ts';
import { applyWish } from '../reconcile/project.ts';
import { registerProject } from '../reconcile/register.ts';
import { liftHolds } from './holds.ts';
import { findEnvironment, findProject } from './resolve.ts';

/** What people ask becomes rows first; passes then act on the rows. So nothing asked is lost by a crash. */
export const up = async (core: Core, request: UpRequest): Promise<ActionResult> => {
  const { deps } = core;
  const { store, clock } = deps;
  const read = await deps.specs.read(request.path);
  if (read.kind === 'invalid') {
    throw new ApiError('invalid-spec', `${request.path}/mlenv.yaml has faults`, read.diagnostics);
  }
  if (read.kind === 'unreadable') throw new ApiError('prerequisite', read.message);
  if (read.kind !== 'valid') {
    throw new ApiError('usage', `there is no mlenv.yaml in ${request.path}; mlenv init writes one`);
  }
  const project = await registerProject(deps, read.folder, read.wish.name);
  applyWish(deps, project, read.folder, read.wish);

  const named = targets(core, project, request.environment);
  const now = clock.now();
  store.transaction(() => {
    liftHolds(store, project.id, request.environment);
    for (const row of named) {
      store.environments.update(environmentKey(row), {
        nextAttemptAt: null,
        removeVolumes: false,
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
    note(core, { project, action: 'up', by: request.by, environment: request.environment });
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
    suspended.map(
      ({ environment }) => `${environment} is suspended; mlenv resume ${environment} lets it go on`,
    ),
    needsLook(core),
  );
};

export const down = (core: Core, request: TargetRequest): ActionResult =>
  hold(core, request, 'down', {});

export const remove = (
  core: Core,
  request: TargetRequest & { readonly volumes: boolean },
): ActionResult => hold(core, request, 'rm', { removeVolumes: request.volumes });

export const restart = (core: Core, { ref, by }: EnvironmentRequest): ActionResult => {
  const { store, clock } = core.deps;
  const { project, record } = findEnvironment(store, ref);
  const held = store.holds.of(environmentKey(record)).map(({ kind }) => kind);
  if (held.length > 0) {
    throw new ApiError(
      'refused',
      `${record.environment} is held (${held.join(', ')}); ${held.includes('suspend') ? 'mlenv resume' : 'mlenv up'} lifts that`,
    );
  }
  store.transaction(() => {
    store.environments.update(environmentKey(record), {
      restartRequestedAt: clock.now(),
      restarts: 0,
      nextAttemptAt: null,
    });
    note(core, { project, action: 'restart', by, environment: record.environment });
  });
  return result(core, [record], []);
};

export const approve = (core: Core, { ref, by }: EnvironmentRequest): ActionResult => {
  const { store, clock } = core.deps;
  const { project, record } = findEnvironment(store, ref);
  store.transaction(() => {
    store.environments.update(environmentKey(record), {
      approval: {
        generation: record.generation,
        containerId: record.containerId,
        by,
        at: clock.now(),
      },
    });
    note(core, { project, action: 'approve', by, environment: record.environment });
  });
  return result(
    core,
    [record],
    record.reason === 'UpdatePending' || record.reason === 'PruneScheduled'
      ? [record.message]
      : [`nothing waits for approval in ${record.environment}`],
  );
};

export const suspend = (core: Core, { ref, by }: EnvironmentRequest): ActionResult => {
  const { store, clock } = core.deps;
  const { project, record } = findEnvironment(store, ref);
  store.transaction(() => {
    store.holds.add({
      projectId: project.id,
      environment: record.environment,
      kind: 'suspend',
      by,
      at: clock.now(),
    });
    note(core, { project, action: 'suspend', by, environment: record.environment });
  });
  return result(core, [record], []);
};

export const resume = (core: Core, { ref, by }: EnvironmentRequest): ActionResult => {
  const { store } = core.deps;
  const { project, record } = findEnvironment(store, ref);
  store.transaction(() => {
    store.holds.lift({ projectId: project.id, environment: record.environment, kind: 'suspend' });
    note(core, { project, action: 'resume', by, environment: record.environment });
  });
  return result(core, [record], []);
};

export const confirm = (core: Core, { by }: { readonly by: string }): ActionResult => {
  const { store, clock } = core.deps;
  const vanished = store.environments.all().filter(({ vanishedAt }) => vanishedAt !== null);
  const rewound = store.sources.all().filter(({ waiting }) => waiting !== null);
  store.transaction(() => {
    store.meta.set('mass-removal-confirmed-at', String(clock.now()));
    // What waits is the line that later commits follow.
    for (const { name, waiting } of rewound) {
      store.sources.update(name, { newest: waiting, waiting: null });
    }
    note(core, { project: null, action: 'confirm', by, environment: null });
  });
  for (const { name } of rewound) core.sources.enqueue(name);
  const said = [
    ...(vanished.length === 0 ? [] : [`${vanished.length} may be removed`]),
    ...rewound.map(({ name, waiting }) => `${name} goes on from ${(waiting ?? '').slice(0, 10)}`),
  ];
  return result(core, vanished, said.length === 0 ? ['nothing waits for it'] : said);
};

const hold = (
  core: Core,
  request: TargetRequest,
  kind: Extract<HoldKind, 'down' | 'rm'>,
  patch: Partial<EnvironmentRecord>,
): ActionResult => {
  const { store, clock } = core.deps;
  const project = findProject(store, request.path);
  const rows = targets(core, project, request.environment);
  store.transaction(() => {
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
    note(core, { project, action: kind, by: request.by, environment: request.environment });
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

const result = (
  core: Core,
  rows: readonly EnvironmentRecord[],
  messages: readonly string[],
  looksAt: (row: EnvironmentRecord) => boolean = () => true,
): ActionResult => {
  for (const row of rows) {
    core.admitToScope(row.projectId);
    if (!looksAt(row)) continue;
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
    row.generation !== row.observedGeneration ||
    !(row.phase === 'running.healthy' || row.phase === 'completed');

const note = (
  { deps }: Core,
  what: {
    readonly project: ProjectRecord | null;
    readonly environment: string | null;
    readonly action: string;
    readonly by: string;
  },
): void =>
  deps.store.audit.add({
    at: deps.clock.now(),
    uid: null,
    action: what.action,
    resourceType: what.environment === null ? 'project' : 'environment',
    resourceId: [what.project?.path ?? '*', what.environment ?? '*'].join(' '),
    details: JSON.stringify({ by: what.by }),
  });
