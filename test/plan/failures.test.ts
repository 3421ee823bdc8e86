import { expect, test } from 'vitest';
import type { EndCause, LastRun } from '../../controller/model/run.ts';
import { isExhausted, withLimits } from '../../controller/plan/failures.ts';

/** Runs of one container, one after the other, and how each ended. */
const run = (at: number, cause: EndCause | null, over: Partial<LastRun> = {}): LastRun => ({
  containerId: 'c1',
  startedAt: at,
  digest: 'mle1:01',
  end: cause === null ? null : { cause, exitCode: 1, at: at + 10, watched: true },
  ...over,
});
const after = (...runs: readonly LastRun[]): LastRun | null =>
  runs.reduce<LastRun | null>((before, next) => withLimits(next, before, null), null);
const failures = (...runs: readonly LastRun[]): number => after(...runs)?.failures ?? 0;

test('every failure counts once, however often it is looked at', () => {
  expect(failures(run(1, null), run(1, 'failed'), run(1, 'failed'))).toBe(1);
  expect(failures(run(1, 'failed'), run(2, null))).toBe(1);
  expect(failures(run(1, 'failed'), run(2, 'out-of-memory'), run(3, 'timeout'))).toBe(3);
  expect(failures(run(1, 'failed'), run(2, 'unhealthy', { containerId: 'c2' }))).toBe(2);
});

test.each(['interrupted', 'stopped-outside', 'down', 'idle', 'restart', 'gpu-lost'] as const)(
  'an end as %s is no failure, and forgives none',
  (cause) => {
    expect(failures(run(1, 'failed'), run(2, cause), run(3, null))).toBe(1);
  },
);

test('an end that no controller saw is no failure', () => {
  const end = { cause: 'failed', exitCode: 1, at: 11, watched: false } as const;
  expect(failures(run(1, null, { end }))).toBe(0);
});

test('a crash that turns out to be an outage is taken back', () => {
  expect(failures(run(1, 'failed'), run(2, 'failed'), run(2, 'interrupted'))).toBe(1);
});

test('a success, another spec and a request begin from zero', () => {
  expect(failures(run(1, 'failed'), run(2, 'completed'), run(3, 'failed'))).toBe(1);
  expect(failures(run(1, 'failed'), run(2, 'failed', { digest: 'mle1:02' }))).toBe(1);
  const asked = { ...run(1, 'failed'), failures: 0 };
  expect(withLimits(run(1, 'failed'), asked, null)?.failures).toBeUndefined();
  expect(withLimits(run(2, 'failed'), asked, null)?.failures).toBe(1);
});

test('it is exhausted with the failure that passes its limit', () => {
  const [three, four] = [after(run(1, 'failed'), run(2, 'failed'), run(3, 'failed')), null];
  expect(isExhausted(3, three)).toBe(false);
  expect(isExhausted(2, three)).toBe(true);
  expect(isExhausted(null, three)).toBe(false);
  expect(isExhausted(1, four)).toBe(false);
  expect(isExhausted(0, run(1, null, { failures: 5 }))).toBe(false);
});

test('a run keeps the time limit that it began with', () => {
  const first = withLimits(run(1, null), null, 60_000);
  expect(first?.timeoutMs).toBe(60_000);
  expect(withLimits(run(1, null), first, 1000)?.timeoutMs).toBe(60_000);
  expect(withLimits(run(2, null), first, 1000)?.timeoutMs).toBe(1000);
  expect(withLimits(run(2, null), first, null)).not.toHaveProperty('timeoutMs');
});
