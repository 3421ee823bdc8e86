import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPace, retryAfterMs, type Wait } from '../../controller/catalog/pace.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

const { signal } = new AbortController();

const setUp = (perMinute = 30) => {
  const clock = createSimulatedClock();
  const waits: Wait[] = [];
  const onWait = (wait: Wait): void => void waits.push(wait);
  return { clock, waits, pace: createPace({ clock, perMinute, patienceMs: 120_000, onWait }) };
};

describe('the pace', () => {
  it('never lets more than so many go in any 60 seconds, whoever asks and when', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 60 }),
        async (gaps) => {
          const { clock, pace } = setUp(5);
          const went: number[] = [];
          for (const gapMs of gaps) {
            void pace.turn('a', signal).then(() => went.push(clock.now()));
            await clock.advance(gapMs);
          }
          await clock.advance(gaps.length * 60_000);
          expect(went.length).toBe(gaps.length);
          for (const at of went) {
            expect(
              went.filter((other) => other >= at && other < at + 60_000).length,
            ).toBeLessThanOrEqual(5);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('is one for each host', async () => {
    const { clock, pace } = setUp(1);
    expect(await pace.turn('a', signal)).toEqual({ kind: 'go' });
    expect(await pace.turn('b', signal)).toEqual({ kind: 'go' });
    const second = pace.turn('a', signal);
    await clock.advance(59_999);
    expect(await Promise.race([second, Promise.resolve('waits')])).toBe('waits');
    await clock.advance(1);
    expect(await second).toEqual({ kind: 'go' });
  });

  it('holds for as long as the host asked, and tells a longer wait instead of waiting', async () => {
    const { clock, pace, waits } = setUp();
    pace.hold('a', 20_000);
    const turn = pace.turn('a', signal);
    await clock.advance(20_000);
    expect(await turn).toEqual({ kind: 'go' });
    expect(waits).toEqual([{ host: 'a', ms: 20_000, why: 'held' }]);
    pace.hold('a', 500_000);
    expect(await pace.turn('a', signal)).toEqual({ kind: 'held', leftMs: 500_000 });
    // A shorter one does not take a longer one back.
    pace.hold('a', 1);
    expect(await pace.turn('a', signal)).toMatchObject({ kind: 'held' });
  });

  it('ends with the signal and leaves no timer', async () => {
    const { clock, pace } = setUp(1);
    await pace.turn('a', signal);
    const abort = new AbortController();
    const turn = pace.turn('a', abort.signal);
    await clock.settle();
    expect(clock.timers).toBe(1);
    abort.abort();
    expect(await turn).toEqual({ kind: 'aborted' });
    expect(clock.timers).toBe(0);
  });

  it('does not hold for longer where the clock is set back', async () => {
    const { clock, pace } = setUp(1);
    await pace.turn('a', signal);
    clock.setNow(clock.now() - 86_400_000);
    expect(await pace.turn('a', signal)).toEqual({ kind: 'go' });
  });
});

describe('Retry-After', () => {
  const now = Date.UTC(2030, 0, 1, 12);
  it.each([
    ['120', 120_000],
    ['0', 0],
    ['Tue, 01 Jan 2030 12:01:00 GMT', 60_000],
    ['Tue, 01 Jan 2030 11:00:00 GMT', 0],
    ['soon', null],
    ['-1', null],
    ['1.5', null],
    ['', null],
    [null, null],
  ])('%s is %s', (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms);
  });
});
