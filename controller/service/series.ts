import { ApiError } from '../model/api.ts';
import type { PointSpan } from '../model/store-usage.ts';
import type { SampledEnvironment } from '../model/store-upkeep.ts';
import type { SeriesQuery, SeriesReport } from '../model/usage-api.ts';
import type { Core } from '../reconcile/core.ts';
import { rolledTo } from '../reconcile/retention.ts';
import { findEnvironment } from './resolve.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;
const wantedPoints = 60;
const mostPoints = 20_000;

/** What one environment used over time: of samples where these are still there, else of hours. */
export const seriesReport = (
  { deps }: { readonly deps: Deps & Pick<Core['deps'], 'config'> },
  query: SeriesQuery,
): SeriesReport => {
  const { store, config } = deps;
  const { project, record } = findEnvironment(store, query.ref);
  const of = { projectId: project.id, environment: record.environment };
  const [from, until] = [Date.parse(query.since), Date.parse(query.until)];
  if (from >= until) {
    throw new ApiError(
      'usage',
      `until ${query.until} is not after since ${query.since}: ask since a longer time ago`,
    );
  }
  const resolution = hoursReachFurther(deps, of, from) ? 'hours' : 'samples';
  const everyMs = stepOf({
    askedMs: query.everyMs,
    spanMs: until - from,
    leastMs: resolution === 'hours' ? hourMs : (config.current().metrics.everyMs ?? minuteMs),
    resolution,
  });
  const span = { from, to: until, everyMs };
  const points = resolution === 'samples' ? store.usage.samples(of, span) : byHours(deps, of, span);
  return {
    project: project.name,
    environment: record.environment,
    since: query.since,
    until: query.until,
    everyMs,
    resolution,
    points: points.map(({ at, ...point }) => ({ at: new Date(at).toISOString(), ...point })),
  };
};

type Deps = Pick<Core['deps'], 'store'>;

/** There is a counted hour in the span that is older than all samples. */
const hoursReachFurther = ({ store }: Deps, of: SampledEnvironment, from: number): boolean => {
  const hour = store.usage.oldestHour(of);
  if (hour === null) return false;
  const sample = store.upkeep.oldestSample(0);
  return sample === null || Math.max(startOf(from), hour) + hourMs <= sample;
};

/** Counted hours, and behind them those that are not counted yet. */
const byHours = ({ store }: Deps, of: SampledEnvironment, { from, to, everyMs }: PointSpan) => {
  const first = startOf(from);
  const counted = Math.max(first, Math.min(rolledTo({ store }), to));
  const before = store.usage.hours(of, { from: first, to: counted, everyMs });
  const after = store.usage.samples(of, { from: counted, to, everyMs });
  // One that both know is told by its counted part, which is the longer one.
  const known = new Set(before.map(({ at }) => at));
  return [...before, ...after.filter(({ at }) => !known.has(at))];
};

export const stepOf = ({
  askedMs,
  spanMs,
  leastMs,
  resolution,
}: {
  readonly askedMs: number | null;
  readonly spanMs: number;
  readonly leastMs: number;
  readonly resolution: SeriesReport['resolution'];
}): number => {
  if (askedMs === null) {
    const wanted = Math.max(leastMs, spanMs / wantedPoints);
    return niceSteps.find((step) => step >= wanted) ?? Math.ceil(wanted / dayMs) * dayMs;
  }
  if (askedMs < 1000) throw new ApiError('usage', 'every must be 1s at least');
  if (resolution === 'hours' && askedMs % hourMs !== 0) {
    throw new ApiError(
      'usage',
      'of a time this long ago only hours are kept (retention.metrics): ask for every 1h, or whole hours, or since a shorter time ago',
    );
  }
  if (spanMs / askedMs > mostPoints) {
    throw new ApiError(
      'usage',
      `that is more than ${mostPoints} points: ask for a longer every, or since a shorter time ago`,
    );
  }
  return askedMs;
};

const dayMs = 24 * hourMs;
const niceSteps: readonly number[] = [
  ...[1, 2, 5, 10, 30].map((seconds) => seconds * 1000),
  ...[1, 2, 5, 10, 30].map((minutes) => minutes * minuteMs),
  ...[1, 2, 6, 12, 24].map((hours) => hours * hourMs),
];

const startOf = (at: number): number => Math.floor(at / hourMs) * hourMs;
