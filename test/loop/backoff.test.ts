import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ceilingMs, createBackoff, next, retryRule } from '../../controller/loop/backoff.ts';

describe('the back-off', () => {
  it('doubles its ceiling from one second to five minutes', () => {
    expect([1, 2, 3, 9, 10, 1000].map((attempts) => ceilingMs(retryRule, attempts))).toEqual([
      1000, 2000, 4000, 256_000, 300_000, 300_000,
    ]);
  });

  it('stays below the ceiling, whatever chance says', () => {
    fc.assert(
      fc.property(
        fc.nat(5000),
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        (n, fraction) => {
          const ms = next(retryRule, n, fraction);
          expect(ms).toBeGreaterThanOrEqual(0);
          expect(ms).toBeLessThan(ceilingMs(retryRule, n));
        },
      ),
    );
  });

  it('counts each key for itself and forgets', () => {
    const backoff = createBackoff({ random: { fraction: () => 0.5 } });
    expect(backoff.next('a')).toEqual({ attempts: 1, afterMs: 500 });
    expect(backoff.next('a')).toEqual({ attempts: 2, afterMs: 1000 });
    expect(backoff.next('b')).toEqual({ attempts: 1, afterMs: 500 });
    backoff.forget('a');
    expect(backoff.attempts('a')).toBe(0);
    expect(backoff.next('a')).toEqual({ attempts: 1, afterMs: 500 });
  });
});
