import { performance } from 'node:perf_hooks';

export async function timed(run: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await run();
  return performance.now() - began;
}

/** The p-th percentile, 0 to 1, of at least one value. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = Math.min(sorted.length - 1, Math.floor(sorted.length * p));
  return sorted[at] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/**
 * The power of the size that the cost grows with: the slope of the least squares through the
 * logarithms. 1 is linear. At least two sizes.
 */
export function exponent(
  points: readonly { readonly size: number; readonly cost: number }[],
): number {
  const logs = points.map(({ size, cost }) => ({ x: Math.log(size), y: Math.log(cost) }));
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(logs.map((point) => point.x));
  const y = mean(logs.map((point) => point.y));
  const over = logs.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0);
  const under = logs.reduce((sum, point) => sum + (point.x - x) ** 2, 0);
  return over / under;
}

/** Ratios of what was measured in the same round, so that a machine that slows down harms both alike. */
export function ratios(ours: readonly number[], floor: readonly number[]): readonly number[] {
  const paired = ours.length === floor.length;
  return ours.map((value, round) => value / ((paired ? floor[round] : undefined) ?? median(floor)));
}

export const ms = (value: number): string =>
  value >= 10_000 ? `${(value / 1000).toFixed(1)} s` : `${value.toFixed(value < 100 ? 1 : 0)} ms`;

export const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
