import type { StatusCondition, StatusItem, StatusList } from '../model/api.ts';
import { writtenImage } from '../model/image-choice.ts';
import { deviceId } from '../model/gpu.ts';
import { environmentKey, type EnvironmentKey } from '../model/key.ts';
import { phaseTitle, isRunning } from '../model/phase.ts';
import { reasons } from '../model/reason.ts';
import type { EnvironmentRecord, ProjectRecord } from '../model/record.ts';
import { isReady } from '../plan/conditions.ts';
import { containerName } from '../plan/names.ts';
import { duration } from '../plan/words.ts';
import type { Deps } from '../reconcile/deps.ts';
import { noticesFor } from './notices.ts';
import { syncOf } from './sync.ts';

type StatusDeps = Pick<Deps, 'store' | 'clock' | 'config' | 'memory' | 'gpus'>;

/** Rows → what status shows. Reads the record alone: it answers when the engine does not. */
export const statusOf = (
  deps: StatusDeps,
  projects: readonly ProjectRecord[],
  seen: ReadonlyMap<EnvironmentKey, EnvironmentRecord> = new Map(),
): StatusList => {
  const live = liveContainers(deps);
  return {
    apiVersion: 'mlenv/v1',
    items: projects.flatMap((project) =>
      deps.store.environments
        .ofProject(project.id)
        .map((record) => itemOf(deps, project, seen.get(environmentKey(record)) ?? record, live)),
    ),
    notices: noticesFor(deps, projects),
  };
};

export const itemOf = (
  deps: StatusDeps,
  project: ProjectRecord,
  record: EnvironmentRecord,
  live: Live = liveContainers(deps),
): StatusItem => {
  const { store } = deps;
  const key = environmentKey(record);
  const container = record.containerId === null ? undefined : live.get(record.containerId);
  const startedAt = container?.startedAt ?? null;
  const stored = store.conditions.of(key);
  return {
    project: project.name,
    projectPath: project.path,
    environment: record.environment,
    phase: phaseTitle(record.phase),
    ready: isReady(record.phase) && !stored.some(isSick),
    reason: record.reason,
    message: volumesGoing(record)
      ? `${record.message}; its volumes are still to be removed`
      : withDeadline(deps, record),
    containerId: record.containerId,
    containerName: containerName(
      { project: project.name, projectId: project.id },
      record.environment,
    ),
    image: writtenImage(record.raw['image']),
    ports: store.ports.of(key).map(({ container, host }) => ({ container, host })),
    gpus: store.gpus.of(key).map(deviceId),
    generation: record.generation,
    observedGeneration: record.observedGeneration,
    revision: project.revision,
    branch: project.commit?.branch ?? null,
    commit: commitOf(project),
    source: project.source,
    workspaceRevision: container?.revision ?? '',
    sync: syncOf(
      project,
      record,
      stored.some(({ type, status }) => type === 'Synced' && status === 'True'),
    ),
    conditions: conditionsOf(stored, project, record),
    projectId: project.id,
    restarts: record.restarts,
    startedAt:
      startedAt === null || !isRunning(record.phase) ? null : new Date(startedAt).toISOString(),
    settled: isSettled(record) && !deps.memory.unseen.has(key),
  };
};

/** It runs, and a GPU of it is lost or unhealthy. */
const isSick = ({ type, status }: Pick<StatusCondition, 'type' | 'status'>): boolean =>
  type === 'GpuHealth' && status === 'False';

const commitOf = ({ commit }: ProjectRecord): StatusItem['commit'] =>
  commit === null
    ? null
    : {
        author: commit.author,
        subject: commit.subject,
        at: new Date(commit.at).toISOString(),
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
/** `rm --volumes`: the container is gone, and the volumes that were asked to go are not yet. */
const volumesGoing = ({ removeVolumes, containerId }: EnvironmentRecord): boolean =>
  removeVolumes && containerId === null;

const isSettled = (record: EnvironmentRecord): boolean => {
  const { phase, reason, generation, observedGeneration } = record;
  // Asked for by a person and not yet looked at.
  if (record.restartRequestedAt !== null || record.approval !== null) return false;
  if (volumesGoing(record)) return false;
  if (reason === 'DriftReported' && record.repairRequestedAt !== null) return false;
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
  'NotYetStarted',
  'Rebuilt',
  'Suspended',
  'Frozen',
  'Observing',
  'DriftReported',
  'OwnerChanged',
  'FolderUntrusted',
  'UpdatePending',
  // No card or core comes of itself.
  'GpuUnsuitable',
  'HostTooSmall',
  'SpecUnresolved',
  'ImageUnresolved',
  'PruneScheduled',
  'MassRemoval',
  'Bug',
]);

const liveContainers = ({ store }: Pick<Deps, 'store'>): Live =>
  new Map(store.containers.live().map((row) => [row.containerId, row]));

type Live = ReadonlyMap<string, { readonly startedAt: number | null; readonly revision: string }>;
