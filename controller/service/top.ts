import type { RunningUse, StoredSample } from '../model/store-usage.ts';
import type { TopItem, TopReport } from '../model/usage-api.ts';
import type { Core } from '../reconcile/core.ts';
import { ownerOf } from '../reconcile/people.ts';

/** For the sparkline. */
const recentSamples = 20;
/** What is older says nothing of now; a longer gap is none to make a rate of. */
const staleMs = 300_000;

/** What each running environment used at its last sample. */
export const topReport = (
  { deps }: { readonly deps: Pick<Core['deps'], 'store' | 'config' | 'clock' | 'loginName'> },
  { reconciles }: { readonly reconciles: boolean },
): TopReport => {
  const { store, config, clock, loginName } = deps;
  const host = store.usage.host();
  const told = {
    watched: reconciles,
    sampledAt: host === null ? null : new Date(host.at).toISOString(),
    everyMs: config.current().metrics.everyMs,
  };
  if (!reconciles) return { ...told, host: null, items: [] };
  const held = new Set(store.gpus.leases().map(({ gpuUuid }) => gpuUuid));
  const cards = store.gpus.cards();
  return {
    ...told,
    host:
      host === null
        ? null
        : {
            cpuPercent: host.cpuPercent,
            cores: host.cores,
            memoryUsedBytes: host.memoryUsedBytes,
            memoryTotalBytes: host.memoryTotalBytes,
            load1: host.load1,
            load5: host.load5,
            load15: host.load15,
            gpus: cards.length,
            gpusHeld: cards.filter(({ uuid }) => held.has(uuid)).length,
          },
    items: store.usage.running(recentSamples).flatMap((one) => {
      const project = store.projects.get(one.projectId);
      if (project === null) return [];
      const uid = ownerOf(store, project);
      return [
        topItem(one, {
          project: project.name,
          projectPath: project.path,
          owner: loginName(uid) ?? String(uid),
          nowMs: clock.now(),
        }),
      ];
    }),
  };
};

export const topItem = (
  { environment, cpuLimit, memoryLimitBytes, samples }: Omit<RunningUse, 'projectId'>,
  {
    nowMs,
    ...whose
  }: Pick<TopItem, 'project' | 'projectPath' | 'owner'> & { readonly nowMs: number },
): TopItem => {
  const young = samples.filter(({ at }) => nowMs - at <= staleMs);
  const [before, last] = [young.at(-2), young.at(-1)];
  const rate = (field: Counter): number | null => rateOf(field, before, last);
  const hasCards = (last?.gpus?.length ?? 0) > 0;
  return {
    ...whose,
    environment,
    sampledAt: last === undefined ? null : new Date(last.at).toISOString(),
    cpuPercent: last?.cpuPercent ?? null,
    cpuLimit,
    memoryBytes: last?.memoryBytes ?? null,
    memoryLimitBytes,
    gpus: last?.gpus ?? null,
    networkRxBytesPerSecond: rate('networkRxBytes'),
    networkTxBytesPerSecond: rate('networkTxBytes'),
    diskReadBytesPerSecond: rate('diskReadBytes'),
    diskWriteBytesPerSecond: rate('diskWriteBytes'),
    recentCpu: young.map(({ cpuPercent }) => cpuPercent),
    recentGpu: hasCards ? young.map(meanUtilization) : [],
  };
};

type Counter = 'networkRxBytes' | 'networkTxBytes' | 'diskReadBytes' | 'diskWriteBytes';

/** Between two samples whose counter did not begin anew. */
const rateOf = (
  field: Counter,
  before: StoredSample | undefined,
  last: StoredSample | undefined,
): number | null => {
  const [from, to] = [before?.[field] ?? null, last?.[field] ?? null];
  const spanMs = (last?.at ?? 0) - (before?.at ?? 0);
  if (from === null || to === null || to < from || spanMs <= 0) return null;
  return ((to - from) * 1000) / spanMs;
};

const meanUtilization = ({ gpus }: StoredSample): number | null => {
  const known = (gpus ?? []).flatMap(({ utilization }) =>
    utilization === null ? [] : [utilization],
  );
  return known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0) / known.length;
};
