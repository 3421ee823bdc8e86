import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDelayQueue } from '../../controller/loop/delay-queue.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

const setUp = () => {
  const clock = createSimulatedClock();
  const due: string[] = [];
  const queue = createDelayQueue({ clock, onDue: (key) => due.push(key) });
  return { clock, due, queue };
};

describe('the delay queue', () => {
  it('gives keys out when they are due, with one timer for all', async () => {
    const { clock, due, queue } = setUp();
    queue.addAfter('late', 300);
    queue.addAfter('soon', 100);
    queue.addAfter('middle', 200);
    expect(clock.timers).toBe(1);
    expect(queue.nextInMs()).toBe(100);
    await clock.advance(199);
    expect(due).toEqual(['soon']);
    await clock.advance(101);
    expect(due).toEqual(['soon', 'middle', 'late']);
    expect([queue.size, queue.nextInMs(), clock.timers]).toEqual([0, null, 0]);
  });

  it('keeps the earlier time of a key', async () => {
    const { clock, due, queue } = setUp();
    queue.addAfter('a', 100);
    queue.addAfter('a', 500);
    queue.addAfter('b', 500);
    queue.addAfter('b', 50);
    await clock.advance(100);
    expect(due).toEqual(['b', 'a']);
    await clock.advance(1000);
    expect(due).toEqual(['b', 'a']);
  });

  it('forgets what was cancelled or cleared', async () => {
    const { clock, due, queue } = setUp();
    queue.addAfter('a', 10);
    queue.addAfter('b', 20);
    queue.cancel('a');
    expect(queue.nextInMs()).toBe(20);
    queue.clear();
    expect(clock.timers).toBe(0);
    await clock.advance(100);
    expect(due).toEqual([]);
  });

  it('is not delayed by a wall clock that is set back', async () => {
    const { clock, due, queue } = setUp();
    queue.addAfter('old', 1000);
    clock.setNow(clock.now() - 3_600_000);
    queue.addAfter('new', 2000);
    await clock.advance(1000);
    expect(due).toEqual(['old']);
    await clock.advance(1000);
    expect(due).toEqual(['old', 'new']);
  });

  it('gives every key out at its earliest time and in order of time', async () => {
    const add = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), ms: fc.nat(50) });
    await fc.assert(
      fc.asyncProperty(fc.array(add, { maxLength: 40 }), async (adds) => {
        const { clock, due, queue } = setUp();
        const earliest = new Map<string, number>();
        for (const { key, ms } of adds) {
          queue.addAfter(key, ms);
          earliest.set(key, Math.min(ms, earliest.get(key) ?? Infinity));
        }
        for (let now = 0; now <= 50; now += 1) {
          const expected = [...earliest].filter(([, ms]) => ms <= now).length;
          await clock.advance(now === 0 ? 0 : 1);
          expect(due.length).toBe(expected);
        }
        expect(due.map((key) => earliest.get(key))).toEqual(
          [...earliest.values()].toSorted(compare),
        );
      }),
      { numRuns: 50 },
    );
  });
});

const compare = (a: number, b: number): number => a - b;
