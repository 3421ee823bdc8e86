import type { Notice, StatusCondition, StatusItem, StatusList } from '../model/api.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { deviceId } from '../model/gpu.ts';
import { environmentKey, type EnvironmentKey } from '../model/key.ts';
import { phaseTitle, isRunning } from '../model/phase.ts';
import { reasons } from '../model/reason.ts';
import type { EnvironmentRecord, ProjectRecord } from '../model/record.ts';
import { isReady } from '../plan/conditions.ts';
import { containerName } from '../plan/names.ts';
import { duration } from '../plan/words.ts';
import type { Deps } from '../reconcile/deps.ts';

type StatusDeps = Pick<Deps, 'store' | 'clock' | 'config' | 'memory'>;

/** Rows → what status shows. Reads the record alone: it answers when the engine does not. */
export const statusOf = (
  deps: StatusDeps,
  projects: readonly ProjectRecord[],
  seen: ReadonlyMap<EnvironmentKey, EnvironmentRecord> = new Map(),
): StatusList => {
  const started = startTimes(deps);
  return {
    apiVersion: 'mlenv/v1',
    items: projects.flatMap((project) =>
      deps.store.environments
        .ofProject(project.id)
        .map((record) =>
          itemOf(deps, project, seen.get(environmentKey(record)) ?? record, started),
        ),
    ),
    notices: [...projects.flatMap(noticesOf), ...removalNotices(deps)],
  };
};

export const itemOf = (
  deps: StatusDeps,
  project: ProjectRecord,
  record: EnvironmentRecord,
  started: ReadonlyMap<string, number> = startTimes(deps),
): StatusItem => {
  const { store } = deps;
  const key = environmentKey(record);
  const startedAt = record.containerId === null ? undefined : started.get(record.containerId);
  return {
    project: project.name,
    projectPath: project.path,
    environment: record.environment,
    phase: phaseTitle(record.phase),
    ready: isReady(record.phase),
    reason: record.reason,
    message: withDeadline(deps, record),
    containerId: record.containerId,
    containerName: containerName(
      { project: project.name, projectId: project.id },
      record.environment,
    ),
    image: typeof record.raw['image'] === 'string' ? record.raw['image'] : '',
    ports: store.ports.of(key).map(({ container, host }) => ({ container, host })),
    gpus: store.gpus.of(key).map(deviceId),
    generation: record.generation,
    observedGeneration: record.observedGeneration,
    revision: project.revision,
    conditions: conditionsOf(store.conditions.of(key), project, record),
    projectId: project.id,
    restarts: record.restarts,
    startedAt:
      startedAt === undefined || !isRunning(record.phase)
        ? null
        : new Date(startedAt).toISOString(),
    settled: isSettled(record) && !deps.memory.unseen.has(key),
  };
};

/** The last good configuration stays in force, and somebody should know. */
export const configNotices = (diagnostics: readonly Diagnostic[]): readonly Notice[] => {
  const [first] = diagnostics;
  if (first === undefined) return [];
  const message = `${first.file} has a fault; the configuration before it stays in force`;
  return [{ project: null, reason: 'ConfigInvalid', message, diagnostics }];
};

/** Names that nobody bears; a file can be read without the name service, so it is no fault of the file. */
export const ownerNotices = async ({
  config,
  people,
}: Pick<Deps, 'config' | 'people'>): Promise<readonly Notice[]> => {
  const { owners } = config.current();
  await people.look([], [...new Set(owners.values())]);
  return [...owners].flatMap(([folder, name]) =>
    people.uidOf(name) === null
      ? [
          {
            project: null,
            reason: 'OwnerUnknown',
            message: `owners: no user ${name} is known here, so ${folder} counts for whom it counted for before, or for its folder's owner`,
            diagnostics: [],
          },
        ]
      : [],
  );
};

/** A deadline is a column; how far off it is is worked out when somebody looks. */
const withDeadline = (
  { clock, config }: StatusDeps,
  { reason, message, nextAttemptAt, vanishedAt }: EnvironmentRecord,
): string => {
  const now = clock.now();
  if (reason === 'BackOff' && nextAttemptAt !== null) {
    return `next in ${duration(nextAttemptAt - now)}: ${message}`;
  }
  if (reason === 'PruneScheduled' && vanishedAt !== null) {
    return `${message}; due in ${duration(vanishedAt + config.current().settings.pruneGraceMs - now)}`;
  }
  return message;
};

const conditionsOf = (
  stored: readonly (Omit<StatusCondition, 'lastTransitionTime'> & {
    readonly lastTransitionAt: number;
  })[],
  project: ProjectRecord,
  record: EnvironmentRecord,
): readonly StatusCondition[] => [
  ...stored.map(({ lastTransitionAt, ...condition }) => ({
    ...condition,
    lastTransitionTime: new Date(lastTransitionAt).toISOString(),
  })),
  ...(project.specError === null
    ? []
    : [
        {
          type: 'SpecValid' as const,
          status: 'False' as const,
          reason: 'SpecInvalid' as const,
          message: 'the file has a fault; the last good generation keeps running',
          observedGeneration: record.generation,
          lastTransitionTime: new Date(project.firstSeenAt).toISOString(),
        },
      ]),
];

/** Nothing more happens by itself: it is well, or done, or held by something that only a person lifts. */
const isSettled = (record: EnvironmentRecord): boolean => {
  const { phase, reason, generation, observedGeneration } = record;
  // Asked for by a person and not yet looked at.
  if (record.restartRequestedAt !== null || record.approval !== null) return false;
  if (phase === 'running.healthy' || phase === 'completed' || phase === 'failed') {
    return generation === observedGeneration || reasons[reason].kind === 'wait';
  }
  return settledReasons.has(reason);
};

const settledReasons: ReadonlySet<string> = new Set([
  'Stopped',
  'Deleted',
  'HeldDown',
  'HeldRemoved',
  'Rebuilt',
  'Suspended',
  'OwnerChanged',
  'FolderUntrusted',
  'UpdatePending',
  // No card or core comes of itself.
  'GpuUnsuitable',
  'HostTooSmall',
  'SpecUnresolved',
  'PruneScheduled',
  'MassRemoval',
  'Bug',
]);

const noticesOf = (project: ProjectRecord): readonly Notice[] => {
  const notices: Notice[] = [];
  if (project.specError !== null) {
    notices.push({
      project: project.name,
      reason: 'SpecInvalid',
      message: `${project.path}: the last good generation keeps running`,
      diagnostics: JSON.parse(project.specError) as readonly Diagnostic[],
    });
  }
  if (project.vanishedAt !== null) {
    notices.push({
      project: project.name,
      reason: 'PruneScheduled',
      message: `${project.path}: the file is gone`,
      diagnostics: [],
    });
  }
  return notices;
};

const removalNotices = ({ store }: Pick<Deps, 'store'>): readonly Notice[] =>
  store.environments.all().some(({ reason }) => reason === 'MassRemoval')
    ? [
        {
          project: null,
          reason: 'MassRemoval',
          message: 'many environments vanished at once; mlenv confirm lets their removal go on',
          diagnostics: [],
        },
      ]
    : [];

const startTimes = ({ store }: Pick<Deps, 'store'>): ReadonlyMap<string, number> =>
  new Map(
    store.containers
      .live()
      .flatMap(({ containerId, startedAt }) =>
        startedAt === null ? [] : [[containerId, startedAt] as const],
      ),
  );
