import { setImmediate } from 'node:timers/promises';
import type { ProjectRecord } from '../model/record.ts';
import type { GpuHeld, Span, UsageSpent } from '../model/store-usage.ts';
import type { ReportBy, ReportQuery, UsageFigures, UsageReport } from '../model/usage-api.ts';
import type { Core } from '../reconcile/core.ts';
import { ownerOf } from '../reconcile/people.ts';
import { rolledTo } from '../reconcile/retention.ts';
import { sumUp, wholeOf, type UsageOf } from './usage-sum.ts';

const hourMs = 3_600_000;

/** Whose it is, to those who may see only some. A project that is gone belongs to whose it was last. */
export type SeesUse = (whose: {
  readonly project: ProjectRecord | null;
  readonly userId: number | null;
}) => boolean;

/** Who held what, how much of it was used, and what went to waste. */
export const usageReport = async (
  { deps }: { readonly deps: Deps },
  query: ReportQuery,
  sees: SeesUse = () => true,
): Promise<UsageReport> => {
  const now = deps.clock.now();
  const span = { from: Math.min(beginning(Date.parse(query.since), now), now), to: now };
  const all = (await usages(deps, span)).filter(sees);
  return {
    by: query.by,
    since: new Date(span.from).toISOString(),
    until: new Date(span.to).toISOString(),
    items: grouped(deps, all, query.by),
    total: sumUp(all.map(({ figures }) => figures)),
  };
};

/** Of more than a day only whole hours are told, as older samples are gone. */
const beginning = (since: number, now: number): number =>
  now - since > 24 * hourMs ? Math.floor(since / hourMs) * hourMs : since;

type Deps = Pick<Core['deps'], 'store' | 'loginName' | 'clock'>;

interface Usage {
  readonly projectId: string;
  readonly project: ProjectRecord | null;
  readonly projectName: string;
  readonly environment: string;
  readonly userId: number | null;
  readonly figures: UsageFigures;
}

const usages = async ({ store }: Deps, span: Span): Promise<readonly Usage[]> => {
  const parts = [
    ...(await spent(store, span)).map((of) => ({ of, kind: 'spent' as const })),
    ...store.usage.leased(span).map((of) => ({ of, kind: 'held' as const })),
  ];
  return groupsOf(parts, ({ of }) => `${of.projectId}/${of.environment}`).flatMap((rows) => {
    const last = rows.reduce((a, b) => (b.of.lastAt > a.of.lastAt ? b : a)).of;
    const { projectId, environment } = last;
    const project = store.projects.get(projectId);
    const of: UsageOf = {
      spent: rows.flatMap((row) => (row.kind === 'spent' ? [row.of] : [])),
      leasedHours: rows.reduce((sum, row) => sum + (row.kind === 'held' ? row.of.gpuHours : 0), 0),
    };
    return [
      {
        projectId,
        project,
        projectName: project?.name ?? lastName(rows.map((row) => row.of)),
        environment,
        userId: project === null ? last.userId : ownerOf(store, project),
        figures: wholeOf(of),
      },
    ];
  });
};

/** Whole hours that are counted by their sums, the rest by samples. Others have their turns in between. */
const spent = async (store: Deps['store'], { from, to }: Span): Promise<readonly UsageSpent[]> => {
  const first = Math.min(Math.ceil(from / hourMs) * hourMs, to);
  const counted = Math.floor(Math.min(rolledTo({ store }), to) / hourMs) * hourMs;
  const last = Math.max(first, counted);
  const all: UsageSpent[] = [];
  for (const of of store.usage.spenders({ from, to })) {
    const parts = [
      from < first ? store.usage.spentBySamples(of, { from, to: first }) : null,
      first < last ? store.usage.spentByHours(of, { from: first, to: last }) : null,
      last < to ? store.usage.spentBySamples(of, { from: last, to }) : null,
    ];
    all.push(...parts.filter((part) => part !== null));
    await setImmediate();
  }
  return all;
};

/** Where nobody wrote the name of a project that is gone, its folder's. */
const lastName = (rows: readonly (UsageSpent | GpuHeld)[]): string => {
  const newest = rows.toSorted((a, b) => b.lastAt - a.lastAt);
  const name = newest.find(({ projectName }) => projectName !== null)?.projectName;
  const path = newest.find(({ projectPath }) => projectPath !== null)?.projectPath;
  return name ?? path?.split('/').at(-1) ?? newest[0]?.projectId ?? '';
};

const grouped = (
  { loginName }: Deps,
  all: readonly Usage[],
  by: ReportBy,
): UsageReport['items'] => {
  return groupsOf(all, (one) => keyOf(one, by))
    .flatMap((rows) => {
      const [one] = rows;
      if (one === undefined) return [];
      return [
        {
          user: one.userId === null ? null : (loginName(one.userId) ?? String(one.userId)),
          project: by === 'user' ? null : one.projectName,
          environment: by === 'environment' ? one.environment : null,
          ...sumUp(rows.map(({ figures }) => figures)),
        },
      ];
    })
    .toSorted(
      (a, b) =>
        b.gpuHoursWasted - a.gpuHoursWasted ||
        b.gpuHoursHeld - a.gpuHoursHeld ||
        b.cpuHours - a.cpuHours ||
        (nameOf(a) < nameOf(b) ? -1 : 1),
    );
};

const groupsOf = <T>(all: readonly T[], keyOf: (one: T) => string): readonly (readonly T[])[] => {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()];
};

const keyOf = ({ projectId, environment, userId }: Usage, by: ReportBy): string => {
  switch (by) {
    case 'user':
      return String(userId);
    case 'project':
      return projectId;
    case 'environment':
      return `${projectId}/${environment}`;
    default:
      return by satisfies never;
  }
};

const nameOf = ({ user, project, environment }: UsageReport['items'][number]): string =>
  [user, project, environment].join('/');
