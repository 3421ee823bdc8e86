import { describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../controller/loop/clock.ts';
import { systemRandom } from '../../controller/loop/random.ts';

describe('the system clock', () => {
  it('runs a timer once, and not at all when it was cancelled', async () => {
    const clock = systemClock();
    const cancelled = vi.fn<() => void>();
    clock.setTimer(1, cancelled)();
    await new Promise<void>((resolve) => clock.setTimer(5, resolve));
    expect(cancelled).not.toHaveBeenCalled();
  });

  it('does not turn a delay of more than 24.8 days into none', async () => {
    vi.useFakeTimers();
    try {
      const run = vi.fn<() => void>();
      const month = 31 * 24 * 3_600_000;
      systemClock().setTimer(month, run);
      await vi.advanceTimersByTimeAsync(month - 1);
      expect(run).not.toHaveBeenCalled();
      await vi.advanceTimersByTimeAsync(1);
      expect(run).toHaveBeenCalledOnce();
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('the system chance', () => {
  it('gives fractions below one and as many digits as asked for', () => {
    const random = systemRandom();
    const fractions = Array.from({ length: 100 }, () => random.fraction());
    expect(Math.min(...fractions)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...fractions)).toBeLessThan(1);
    expect(new Set(fractions).size).toBeGreaterThan(90);
    expect(random.hex(7)).toMatch(/^[0-9a-f]{7}$/);
    expect(random.hex(32)).not.toBe(random.hex(32));
  });
});
