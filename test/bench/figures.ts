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

export const ms = (value: number): string =>
  value >= 10_000 ? `${(value / 1000).toFixed(1)} s` : `${value.toFixed(value < 100 ? 1 : 0)} ms`;

/** One line of the report: what was measured, against what, and the goal where there is one. */
export function row(name: string, figure: string, against = ''): void {
  console.log(`  ${name.padEnd(44)} ${figure.padStart(10)}   ${against}`.trimEnd());
}

export const ratio = (ours: number, floor: number, goal = ''): string =>
  `${(ours / floor).toFixed(2)} x${goal === '' ? '' : ` (goal ${goal})`}`;

export const heading = (text: string): void => console.log(`\n${text}`);
