import { ApiError, type Api, type VersionInfo } from '../model/api.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { environmentKey } from '../model/key.ts';
import type { ProjectRecord } from '../model/record.ts';
import type { Core } from '../reconcile/core.ts';
import * as actions from './actions.ts';
import type { Acting } from './acting.ts';
import { approve } from './approve.ts';
import { auditReport } from './audit.ts';
import { confirm } from './confirm.ts';
import { describe } from './describe.ts';
import { follow } from './events.ts';
import { freeze, mustBeThawed, observe, thaw } from './freeze.ts';
import { cordon, gpuReport, uncordon } from './gpus.ts';
import { keep, noteUse } from './keep.ts';
import { historyReport } from './history.ts';
import { queueReport } from './queue.ts';
import { checkQuotas, quotaReport } from './quotas.ts';
import { setQuota } from './quota-set.ts';
import { prune } from './images-prune.ts';
import { lockImages } from './lock-images.ts';
import { exportImages, imagesReport, importImages, syncImages } from './images.ts';
import { imageDetails, versionsReport } from './versions.ts';
import { noticeReport, testNotice } from './outbox.ts';
import { planProject } from './plan.ts';
import { lookAt } from './look.ts';
import { rollback } from './rollback.ts';
import { containerOf, logsOf, runsReport } from './runs.ts';
import { findEnvironment, findProjects } from './resolve.ts';
import {
  configNotices,
  hostNotices,
  listenerNotices,
  freezeNotices,
  ownerNotices,
} from './notices.ts';
import { seriesReport } from './series.ts';
import { statusOf } from './status.ts';
import { topReport } from './top.ts';
import { usageReport } from './usage-report.ts';

export interface ServiceOptions {
  readonly core: Core;
  readonly version: () => Promise<VersionInfo>;
  /** In the text format of Prometheus. */
  readonly scrape: () => string;
  /** Faults of a host configuration that an earlier one stands in for. */
  readonly configFaults?: () => readonly Diagnostic[];
  /** What keeps webhooks from being heard. */
  readonly listenerFaults?: () => readonly string[];
  /** false: no pass runs in this process, so status has to look for itself. */
  readonly reconciles: boolean;
  /** This controller was started with `--observe`. */
  readonly startsObserving?: boolean;
  /** Who asks. Left out: not known, and nothing is refused. */
  readonly uid?: number;
  readonly mayUse?: Acting['mayUse'];
  /** Whose waiting changes they may let through. Left out: everybody's. */
  readonly mayApprove?: (project: ProjectRecord) => boolean;
  /** false: what concerns the host is kept from them, and they confirm removals of their own alone. */
  readonly isAdministrator?: boolean;
}

/** The instance's answers to everything that the command line may ask. */
export const createService = ({
  core,
  version,
  scrape,
  reconciles,
  startsObserving = false,
  configFaults = () => [],
  listenerFaults = () => [],
  uid,
  mayUse = () => undefined,
  mayApprove = () => true,
  isAdministrator = true,
}: ServiceOptions): Api => {
  const { deps } = core;
  const { store } = deps;
  const acting: Acting = { ...core, uid: uid ?? null, mayUse };
  const change = <T>(run: () => T | Promise<T>): Promise<T> =>
    answer(() => {
      mustBeThawed(acting);
      return run();
    });
  return {
    version,
    status: async (scope) => {
      const projects = findProjects(store, scope);
      const seen = reconciles ? undefined : await lookAt(core, projects);
      const list = statusOf(deps, projects, seen);
      // The host's configuration is its administrators', and so are its faults.
      const ofHost = isAdministrator
        ? [
            ...configNotices(configFaults()),
            ...listenerNotices(listenerFaults()),
            ...hostNotices(deps),
            ...(await ownerNotices(deps)),
          ]
        : [];
      return { ...list, notices: [...freezeNotices(deps), ...list.notices, ...ofHost] };
    },
    describe: (ref) => describe(core, ref),
    plan: (path) => planProject(acting, path),
    up: (request) => actions.up(acting, request),
    down: (request) => change(() => actions.down(acting, request)),
    remove: (request) => change(() => actions.remove(acting, request)),
    restart: (request) => change(() => actions.restart(acting, request)),
    keep: (request) => answer(() => keep(acting, request)),
    approve: (request) => change(() => approve(acting, { ...request, of: mayApprove })),
    suspend: (request) => answer(() => actions.suspend(acting, request)),
    resume: (request) => change(() => actions.resume(acting, request)),
    confirm: (request) => change(() => confirm(acting, { ...request, own: !isAdministrator })),
    freeze: (request) => answer(() => freeze(acting, request)),
    thaw: (request) => answer(() => thaw(acting, request)),
    observe: (request) => answer(() => observe(acting, request, startsObserving)),
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
    cordon: (request) => cordon(acting, request),
    uncordon: (request) => uncordon(acting, request),
    scrape: () => answer(scrape),
    queue: () => answer(() => queueReport(core)),
    quotas: (query) => quotaReport(core, query),
    setQuota: (request) => setQuota(acting, request),
    checkQuotas: (request) => answer(() => checkQuotas(acting, request)),
    audit: (query) => answer(() => auditReport(core, query, null)),
    history: ({ scope, limit }) =>
      answer(() => historyReport(store, findProjects(store, scope), limit)),
    top: () => answer(() => topReport(core, { reconciles })),
    series: (query) => answer(() => seriesReport(core, query)),
    report: (query) => answer(() => usageReport(core, query)),
    rollback: (request) => change(() => rollback(acting, request)),
    notices: (query) => answer(() => noticeReport(core, query)),
    testNotice: (request) => testNotice(core, request),
    images: (query) => answer(() => imagesReport(core, query)),
    imageVersions: (query) => versionsReport(core, query, reconciles),
    showImage: (reference) => imageDetails(core, reference, reconciles),
    lockImages: (request) => lockImages(acting, request),
    syncImages: (request) => answer(() => syncImages(acting, request)),
    exportImages: (after) => answer(() => exportImages(core, after)),
    importImages: (request) => answer(() => importImages(acting, request)),
    pruneImages: (request) =>
      request.remove === null
        ? prune(acting, request, reconciles)
        : change(() => prune(acting, request, reconciles)),
    events: (query, signal) => follow(core, query, { signal }),
    runs: ({ ref, limit }) => answer(() => runsReport(store, ref, limit)),
    logs: (ref, options, signal) => logsOf(core, ref, options, signal),
    exec: async (ref, options) => {
      const session = await deps.writer.exec(containerOf(core, ref), options);
      if (!session.ok) {
        const { kind, message } = session.failure;
        if (kind === 'frozen') throw new ApiError('refused', message);
        throw ApiError.ofEngine(session.failure);
      }
      // A process that only looks writes nothing; where a controller judges, it is the one that is asked.
      if (reconciles) noteUse(core, ref);
      return session.value;
    },
  };
};

/** A throw becomes a rejection, as with the methods that wait. */
const answer = <T>(run: () => T | Promise<T>): Promise<T> => Promise.resolve().then(run);
