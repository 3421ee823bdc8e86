import type { Api, EnvironmentRef, StatusList } from '../model/api.ts';
import type { EnvironmentRecord, ProjectRecord } from '../model/record.ts';
import { auditReport } from './audit.ts';
import { openDesk, type Authority, type Desk, type Target } from './desk.ts';
import { follow } from './events.ts';
import { historyReport } from './history.ts';
import { ownGpus, ownQueue, ownQuotaCheck, ownQuotas, ownReport, ownTop } from './own.ts';
import { findAll, mayAskQuota, quotaTarget } from './quota-subject.ts';
import { oneProject } from './rollback.ts';
import { findEnvironment, findProject, findProjects } from './resolve.ts';
import { findRuns } from './runs.ts';
import { gpuTarget, projectTarget, receiverTarget } from './targets.ts';

/** What one asker may have of an instance's Api. Each refusal says whose it is and who may, and is written down. */
export const authorize = (authority: Authority): Api => {
  const { core } = authority;
  const { store } = core.deps;

  /** Runs one request as this asker; names are resolved once, so that what is judged is what is done. */
  const as = async <T>(
    method: keyof Api,
    target: Target | null,
    run: (desk: Desk) => T | Promise<T>,
  ): Promise<T> => {
    const desk = await openDesk(authority, { method, target });
    return desk.watching(() => run(desk));
  };
  const onEnvironment = <T>(
    method: keyof Api,
    ref: EnvironmentRef,
    run: (desk: Desk, ref: EnvironmentRef) => T | Promise<T>,
  ): Promise<T> =>
    as(method, ref, (desk) => {
      const found = desk.find((seen) => findEnvironment(seen, ref));
      desk.mustOwn(found.project);
      return run(desk, pinned(found));
    });
  const onProject = <T>(
    method: keyof Api,
    { path, environment }: { readonly path: string; readonly environment: string | null },
    run: (desk: Desk) => Promise<T>,
  ): Promise<T> =>
    as(method, { path, project: null, environment }, (desk) => {
      desk.mustOwn(desk.find((seen) => findProject(seen, path)));
      return run(desk);
    });
  const onHost = <T>(
    method: keyof Api,
    target: Target | null,
    run: (desk: Desk) => Promise<T>,
  ): Promise<T> =>
    as(method, target, (desk) => {
      desk.mustAdminister();
      return run(desk);
    });

  const guarded: { readonly [method in keyof Api]: Api[method] } = {
    version: () => as('version', null, ({ api }) => api.version()),
    status: (scope) =>
      as('status', null, async (desk) => {
        if (desk.seesAll) return desk.api.status(scope);
        const named = desk.find((seen) => findProjects(seen, scope));
        return together(
          await Promise.all(named.map(({ path }) => desk.api.status({ kind: 'path', path }))),
        );
      }),
    describe: (asked) => onEnvironment('describe', asked, ({ api }, ref) => api.describe(ref)),
    // The folder itself is judged when it has been read.
    plan: (path) =>
      as('plan', { path, project: null, environment: null }, ({ api }) => api.plan(path)),
    up: (request) =>
      as('up', { ...request, project: null }, ({ api, by }) => api.up({ ...request, by })),
    down: (request) => onProject('down', request, ({ api, by }) => api.down({ ...request, by })),
    remove: (request) =>
      onProject('remove', request, ({ api, by }) => api.remove({ ...request, by })),
    restart: (request) =>
      onEnvironment('restart', request.ref, ({ api, by }, ref) => api.restart({ ref, by })),
    keep: (request) =>
      onEnvironment('keep', request.ref, ({ api, by }, ref) =>
        api.keep({ ref, by, forMs: request.forMs }),
      ),
    approve: (request) =>
      request.ref === null
        ? as('approve', null, ({ api, by }) => api.approve({ ref: null, by }))
        : onEnvironment('approve', request.ref, ({ api, by }, ref) => api.approve({ ref, by })),
    suspend: (request) =>
      onEnvironment('suspend', request.ref, ({ api, by }, ref) => api.suspend({ ref, by })),
    resume: (request) =>
      onEnvironment('resume', request.ref, ({ api, by }, ref) => api.resume({ ref, by })),
    confirm: (request) =>
      request.user === null
        ? as('confirm', null, ({ api, by }) => api.confirm({ user: null, by }))
        : onHost('confirm', null, ({ api, by }) => api.confirm({ ...request, by })),
    freeze: (request) => onHost('freeze', null, ({ api, by }) => api.freeze({ ...request, by })),
    thaw: () => onHost('thaw', null, ({ api, by }) => api.thaw({ by })),
    observe: ({ on }) => onHost('observe', null, ({ api, by }) => api.observe({ on, by })),
    reconcile: (asked) =>
      asked === null
        ? onHost('reconcile', null, ({ api }) => api.reconcile(null))
        : onEnvironment('reconcile', asked, ({ api }, ref) => api.reconcile(ref)),
    gpus: () =>
      as('gpus', null, async (desk) => {
        const report = await desk.api.gpus();
        return desk.seesAll ? report : ownGpus(core, report, desk.owns);
      }),
    cordon: (request) =>
      onHost('cordon', gpuTarget(request), ({ api, by }) => api.cordon({ ...request, by })),
    uncordon: (request) =>
      onHost('uncordon', gpuTarget(request), ({ api, by }) => api.uncordon({ ...request, by })),
    scrape: () => onHost('scrape', null, ({ api }) => api.scrape()),
    queue: () =>
      as('queue', null, async (desk) => {
        const report = await desk.api.queue();
        return desk.seesAll ? report : ownQueue(core, report, desk.owns);
      }),
    quotas: (query) =>
      as('quotas', null, async (desk) => {
        if (desk.seesAll) return desk.api.quotas(query);
        const { subject } = query;
        if (subject?.kind === 'project') desk.find((seen) => findAll(seen, subject.project));
        else if (subject !== null) await mayAskQuota(core, subject, desk.uid);
        return ownQuotas(core, await desk.api.quotas(query), desk);
      }),
    setQuota: (request) =>
      onHost('setQuota', quotaTarget(request.subject), ({ api, by }) =>
        api.setQuota({ ...request, by }),
      ),
    checkQuotas: (request) =>
      request.repair
        ? onHost('checkQuotas', null, ({ api, by }) => api.checkQuotas({ ...request, by }))
        : as('checkQuotas', null, async (desk) => {
            const found = await desk.api.checkQuotas(request);
            return desk.seesAll ? found : ownQuotaCheck(core, found, desk);
          }),
    audit: (query) =>
      as('audit', null, (desk) => auditReport(core, query, desk.isAdministrator ? null : desk)),
    history: ({ scope, limit }) =>
      as('history', null, (desk) => {
        const shown = desk.find((seen) => findProjects(seen, scope));
        return historyReport(store, shown, limit);
      }),
    top: () =>
      as('top', null, async (desk) => {
        const report = await desk.api.top();
        return desk.seesAll ? report : ownTop(core, report, desk.owns);
      }),
    series: (query) =>
      as('series', query.ref, (desk) => {
        const found = desk.find((seen) => findEnvironment(seen, query.ref));
        return desk.api.series({ ...query, ref: pinned(found) });
      }),
    runs: (query) =>
      as('runs', query.ref, (desk) => {
        const { project, environment } = desk.find((seen) => findRuns(seen, query.ref));
        const ref = { path: project.path, project: null, environment };
        return desk.api.runs({ ...query, ref });
      }),
    report: (query) =>
      as('report', null, (desk) =>
        desk.seesAll ? desk.api.report(query) : ownReport(core, query, desk),
      ),
    rollback: (request) =>
      as('rollback', projectTarget(request.scope), (desk) => {
        const project = desk.find((seen) => oneProject(seen, request));
        desk.mustOwn(project);
        const scope = { kind: 'path', path: project.path } as const;
        return desk.api.rollback({ ...request, by: desk.by, scope });
      }),
    notices: (query) => onHost('notices', null, ({ api }) => api.notices(query)),
    testNotice: (request) =>
      onHost('testNotice', receiverTarget(request), async (desk) => {
        const report = await desk.api.testNotice({ ...request, by: desk.by });
        desk.note({ outcome: 'done', after: { taken: report.error === null } });
        return report;
      }),
    images: (query) => as('images', null, ({ api }) => api.images(query)),
    imageVersions: (query) => as('imageVersions', null, ({ api }) => api.imageVersions(query)),
    showImage: (reference) => as('showImage', null, ({ api }) => api.showImage(reference)),
    exportImages: (after) => as('exportImages', null, ({ api }) => api.exportImages(after)),
    lockImages: (request) =>
      as('lockImages', { path: request.path, project: null, environment: null }, ({ api }) =>
        api.lockImages(request),
      ),
    syncImages: (request) =>
      onHost('syncImages', null, ({ api, by }) => api.syncImages({ ...request, by })),
    importImages: (request) =>
      onHost('importImages', null, ({ api, by }) => api.importImages({ ...request, by })),
    pruneImages: (request) =>
      onHost('pruneImages', null, ({ api, by }) => api.pruneImages({ ...request, by })),
    events: async function* (query, signal) {
      const asked = await as('events', query.ref, (desk) => {
        const { ref } = query;
        const found = ref === null ? null : desk.find((seen) => findEnvironment(seen, ref));
        return {
          ref: found === null ? null : pinned(found),
          sees: (projectId: string | null): boolean =>
            desk.seesAll || desk.owns(projectId === null ? null : store.projects.get(projectId)),
        };
      });
      yield* follow(core, { ...query, ref: asked.ref }, { signal, sees: asked.sees });
    },
    logs: async function* (asked, options, signal) {
      yield* await as('logs', asked, (desk) => {
        const { project, environment } = desk.find((seen) => findRuns(seen, asked));
        desk.mustOwn(project);
        const ref = { path: project.path, project: null, environment };
        return desk.api.logs(ref, options, signal);
      });
    },
    exec: (asked, options) =>
      onEnvironment('exec', asked, async (desk, ref) => {
        const session = await desk.api.exec(ref, options);
        // Arguments may hold secrets: the program's name is enough.
        desk.note({ outcome: 'done', after: { program: options.argv[0] ?? '' } });
        return session;
      }),
  };
  return guarded;
};

const pinned = ({
  project,
  record,
}: {
  readonly project: ProjectRecord;
  readonly record: EnvironmentRecord;
}): EnvironmentRef => ({ path: project.path, project: null, environment: record.environment });

/** What stands above all projects is told once. */
const together = (lists: readonly StatusList[]): StatusList => ({
  apiVersion: 'mlenv/v1',
  items: lists.flatMap(({ items }) => items),
  notices: lists
    .flatMap(({ notices }) => notices)
    .filter(
      (notice, index, all) =>
        notice.project !== null ||
        all.findIndex(({ message }) => message === notice.message) === index,
    ),
});
