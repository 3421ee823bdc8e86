import { expect, it } from 'vitest';
import { createDurationCounter } from '../../controller/loop/durations.ts';

it('counts each duration once, in the first bucket that holds it', () => {
  const counter = createDurationCounter();
  for (const ms of [0, 5, 6, 100, 60_000, 60_001]) counter.add(ms);
  const { boundsSeconds, counts, sumMs } = counter.read();
  expect(Object.fromEntries(boundsSeconds.map((bound, index) => [bound, counts[index]]))).toEqual({
    0.005: 2,
    0.025: 1,
    0.1: 1,
    0.5: 0,
    2.5: 0,
    10: 0,
    60: 1,
  });
  expect(sumMs).toBe(120_112);
  counter.add(1);
  expect(counts[0]).toBe(2);
});
