import {
  ApiError,
  type Api,
  type EnvironmentRef,
  type EventItem,
  type EventQuery,
  type VersionInfo,
} from '../model/api.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { environmentKey } from '../model/key.ts';
import type { Core } from '../reconcile/core.ts';
import * as actions from './actions.ts';
import { describe, eventItem } from './describe.ts';
import { cordon, gpuReport, uncordon } from './gpus.ts';
import { queueReport } from './queue.ts';
import { planProject } from './plan.ts';
import { lookAt } from './look.ts';
import { findEnvironment, findProjects } from './resolve.ts';
import { configNotices, ownerNotices, statusOf } from './status.ts';

export interface ServiceOptions {
  readonly core: Core;
  readonly version: () => Promise<VersionInfo>;
  /** Faults of a host configuration that an earlier one stands in for. */
  readonly configFaults?: () => readonly Diagnostic[];
  /** false: no pass runs in this process, so status has to look for itself. */
  readonly reconciles: boolean;
}

/** How often a follower looks for new events. They are rows, so none is lost between two looks. */
const followEveryMs = 500;

/** The instance's answers to everything that the command line may ask. */
export const createService = ({
  core,
  version,
  reconciles,
  configFaults = () => [],
}: ServiceOptions): Api => {
  const { deps } = core;
  const { store } = deps;
  return {
    version,
    status: async (scope) => {
      const projects = findProjects(store, scope);
      const seen = reconciles ? undefined : await lookAt(core, projects);
      const list = statusOf(deps, projects, seen);
      const ofOwners = await ownerNotices(deps);
      return {
        ...list,
        notices: [...list.notices, ...configNotices(configFaults()), ...ofOwners],
      };
    },
    describe: (ref) => describe(core, ref),
    plan: (path) => planProject(core, path),
    up: (request) => actions.up(core, request),
    down: (request) => answer(() => actions.down(core, request)),
    remove: (request) => answer(() => actions.remove(core, request)),
    restart: (request) => answer(() => actions.restart(core, request)),
    approve: (request) => answer(() => actions.approve(core, request)),
    suspend: (request) => answer(() => actions.suspend(core, request)),
    resume: (request) => answer(() => actions.resume(core, request)),
    confirm: (request) => answer(() => actions.confirm(core, request)),
    reconcile: async (ref) => {
      if (ref === null) {
        await core.resync();
        const keys = store.environments.all().map(environmentKey);
        for (const { id } of store.projects.list()) {
          core.admitToScope(id);
          deps.ring.project(id);
        }
        for (const key of keys) deps.ring.environment(key);
        return { keys, messages: [] };
      }
      const { project, record } = findEnvironment(store, ref);
      core.admitToScope(project.id);
      deps.ring.project(project.id);
      deps.ring.environment(environmentKey(record));
      return { keys: [environmentKey(record)], messages: [] };
    },
    gpus: () => gpuReport(core),
    cordon: (request) => cordon(core, request),
    uncordon: (request) => uncordon(core, request),
    queue: () => answer(() => queueReport(core)),
    events: (query, signal) => follow(core, query, signal),
    logs: (ref, options, signal) => deps.reader.logs(containerOf(core, ref), options, signal),
    exec: async (ref, options) => {
      const session = await deps.writer.exec(containerOf(core, ref), options);
      if (!session.ok) throw ApiError.ofEngine(session.failure);
      return session.value;
    },
  };
};

const containerOf = ({ deps }: Core, ref: EnvironmentRef): string => {
  const { record } = findEnvironment(deps.store, ref);
  if (record.containerId === null) {
    throw new ApiError(
      'refused',
      `${record.environment} has no container now (${record.reason}: ${record.message})`,
    );
  }
  return record.containerId;
};

const follow = async function* (
  { deps }: Core,
  query: EventQuery,
  signal: AbortSignal,
): AsyncGenerator<EventItem> {
  const { store, clock } = deps;
  const place = query.ref === null ? null : findEnvironment(store, query.ref);
  const scope =
    place === null ? {} : { projectId: place.project.id, environment: place.record.environment };
  let last = 0;
  // The newest first of all; then whatever comes after them.
  let events = store.events.list({ ...scope, limit: query.limit });
  for (;;) {
    for (const event of events) {
      last = Math.max(last, event.id);
      yield eventItem(store, event);
    }
    if (!query.follow || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = clock.setTimer(followEveryMs, end);
      signal.addEventListener('abort', end);
    });
    if (signal.aborted) return;
    events = store.events.list({ ...scope, afterId: last, limit: 1000 });
  }
};

/** A throw becomes a rejection, as with the methods that wait. */
const answer = <T>(run: () => T): Promise<T> => Promise.resolve().then(run);
