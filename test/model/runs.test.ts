import { expect, test } from 'vitest';
import { logWindow } from '../../controller/model/runs.ts';
import { noon, seconds } from '../support/plan-builders.ts';
import { runRecord } from '../support/run-builders.ts';

const at = (run: number, from: number, to: number | null) =>
  runRecord({
    run,
    startedAt: noon + from,
    endedAt: to === null ? null : noon + to,
    cause: to === null ? null : 'failed',
  });
const [one, two, three] = [at(1, 0, 10_000), at(2, 10_200, 20_000), at(3, 60_000, null)] as const;
const windowOf = (run: typeof one, of = [three, two, one]) => {
  const { since, until } = logWindow(run, of);
  return [since === null ? null : since - noon, until === null ? null : until - noon];
};

test('runs of one container part its log between an end and the next start', () => {
  expect(windowOf(one)).toEqual([-1000, 10_100]);
  expect(windowOf(two)).toEqual([10_100, 21_000]);
  expect(windowOf(three)).toEqual([59_000, null]);
  // Alone in it, a run has all that comes.
  expect(windowOf(one, [one])).toEqual([-1000, null]);
});

test('where nobody saw the end of a run it goes up to the next start', () => {
  const unseen = { ...one, endedAt: null, cause: 'unknown' };
  expect(windowOf(unseen, [two, unseen])).toEqual([-1000, 10_200]);
  expect(windowOf(two, [two, unseen])).toEqual([10_200, null]);
  expect(noon + seconds(10)).toBe(one.endedAt);
});
