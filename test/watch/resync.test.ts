import { describe, expect, it } from 'vitest';
import { createResync } from '../../controller/watch/resync.ts';
import { createSeededRandom } from '../support/random.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

describe('the resync', () => {
  it('rings every half a minute, give or take a tenth', async () => {
    const clock = createSimulatedClock();
    const times: number[] = [];
    const resync = createResync({
      clock,
      random: createSeededRandom(7),
      onResync: () => void times.push(clock.now()),
      onError: () => {},
    });
    let last = clock.now();
    resync.start();
    await clock.advance(20 * 33_000);
    await resync.stop();
    expect(times.length).toBeGreaterThanOrEqual(20);
    const waits = new Set<number>();
    for (const time of times) {
      expect(time - last).toBeGreaterThanOrEqual(27_000);
      expect(time - last).toBeLessThanOrEqual(33_000);
      waits.add(time - last);
      last = time;
    }
    expect(waits.size).toBeGreaterThan(1);
    const { length } = times;
    await clock.advance(100_000);
    expect(times).toHaveLength(length);
  });

  it('never overlaps, goes on after a failure, and waits for a run under way at stop', async () => {
    const clock = createSimulatedClock();
    const errors: unknown[] = [];
    let end: (error?: Error) => void = () => {};
    let runs = 0;
    const resync = createResync({
      clock,
      random: { fraction: () => 0.5 },
      onResync: () => {
        runs += 1;
        return new Promise((resolve, reject) => {
          end = (error) => (error === undefined ? resolve() : reject(error));
        });
      },
      onError: (error) => errors.push(error),
    });
    resync.start();
    await clock.advance(300_000);
    expect(runs).toBe(1);
    end(new Error('engine gone'));
    await clock.advance(30_000);
    expect([runs, errors]).toEqual([2, [new Error('engine gone')]]);
    let stopped = false;
    const stopping = resync.stop().then(() => (stopped = true));
    await clock.settle();
    expect(stopped).toBe(false);
    end();
    await stopping;
    expect(clock.timers).toBe(0);
  });
});
