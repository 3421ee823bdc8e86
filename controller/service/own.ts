import { parseKey } from '../model/key.ts';
import type { GpuHolder, GpuReport, QueueReport } from '../model/pool-api.ts';
import type { QuotaCheck, QuotaReport } from '../model/quota-api.ts';
import type { ProjectRecord } from '../model/record.ts';
import type { Core } from '../reconcile/core.ts';
import type { ReportQuery, TopReport, UsageReport } from '../model/usage-api.ts';
import { ownerOf } from '../reconcile/people.ts';
import { usageReport } from './usage-report.ts';

type Owns = (project: ProjectRecord | null) => boolean;

/** Whose the cards are is left out where they are not one's own; that they are taken stays. */
export const ownGpus = ({ deps: { store } }: Core, report: GpuReport, owns: Owns): GpuReport => {
  const mine = new Set(
    store.gpus.leases().flatMap(({ key, containerName }) => {
      const project = key === null ? null : store.projects.get(parseKey(key).projectId);
      return owns(project) ? [containerName] : [];
    }),
  );
  const holders = (all: readonly GpuHolder[]): readonly GpuHolder[] =>
    all.map((holder) =>
      mine.has(holder.containerName)
        ? holder
        : { ...holder, project: null, environment: null, containerName: '', owner: null },
    );
  return {
    ...report,
    gpus: report.gpus.map((gpu) => ({
      ...gpu,
      holders: holders(gpu.holders),
      slices: gpu.slices.map((slice) => ({ ...slice, holders: holders(slice.holders) })),
      // By the GPUs that are one's own: others may have given their project the same name.
      processes: gpu.processes.filter(({ environment }) =>
        [...gpu.holders, ...gpu.slices.flatMap((slice) => slice.holders)].some(
          (holder) =>
            mine.has(holder.containerName) &&
            `${holder.project}/${holder.environment}` === environment,
        ),
      ),
    })),
  };
};

/** Places stay as they are, so that one's own tells how many stand before. */
export const ownQueue = (
  { deps: { store } }: Core,
  report: QueueReport,
  owns: Owns,
): QueueReport => ({
  ...report,
  items: report.items.filter(({ projectPath }) => owns(store.projects.byPath(projectPath))),
});

/** How busy the host is stays, and so do the cards' numbers. */
export const ownTop = ({ deps: { store } }: Core, report: TopReport, owns: Owns): TopReport => ({
  ...report,
  items: report.items.filter(({ projectPath }) => owns(store.projects.byPath(projectPath))),
});

/** Totals are of what is one's own alone. */
export const ownReport = (
  core: Core,
  query: ReportQuery,
  { uid, owns }: Reader,
): Promise<UsageReport> =>
  usageReport(core, query, ({ project, userId }) =>
    project === null ? userId === uid : owns(project) || ownerOf(core.deps.store, project) === uid,
  );

/** Who one is to quotas: also who answers for a project by the configuration. */
interface Reader {
  readonly uid: number;
  readonly owns: Owns;
}

/** Of groups nothing: one's own limits name the group that says so. */
export const ownQuotas = (
  { deps: { store } }: Core,
  report: QuotaReport,
  reader: Reader,
): QuotaReport => ({
  items: report.items.filter(({ kind, uid, path }) =>
    kind === 'project' ? isOwn(store, path ?? '', reader) : kind === 'user' && uid === reader.uid,
  ),
});

export const ownQuotaCheck = (
  { deps: { store } }: Core,
  found: QuotaCheck,
  reader: Reader,
): QuotaCheck => ({
  ...found,
  wrong: found.wrong.filter(({ path }) => isOwn(store, path, reader)),
});

const isOwn = (store: Core['deps']['store'], path: string, { uid, owns }: Reader): boolean => {
  const project = store.projects.byPath(path);
  return project !== null && (owns(project) || ownerOf(store, project) === uid);
};
