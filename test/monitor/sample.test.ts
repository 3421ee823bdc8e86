import { describe, expect, test } from 'vitest';
import { sampleOf } from '../../controller/monitor/sample.ts';
import { reading } from './readings.ts';

const gb = 2 ** 30;
const between = (
  before: Parameters<typeof reading>[0] | null,
  now: Parameters<typeof reading>[0] | null,
) =>
  sampleOf({
    before: before === null ? null : reading(before),
    now: now === null ? null : reading(now),
    hostMemoryBytes: 16 * gb,
  });

describe('CPU is a rate between two readings', () => {
  test.each([
    ['one core and a half', { atMs: 1000, cpuNs: 0 }, { atMs: 31_000, cpuNs: 45e9 }, 150],
    ['nothing used', { cpuNs: 7, atMs: 0 }, { cpuNs: 7, atMs: 30_000 }, 0],
    ['counters that went back', { atMs: 0, cpuNs: 9e9 }, { atMs: 30_000, cpuNs: 1e9 }, null],
    ['another start', { atMs: 0, cpuNs: 1 }, { atMs: 30_000, cpuNs: 9e9, run: 'b' }, null],
    ['no time in between', { atMs: 5, cpuNs: 1 }, { atMs: 5, cpuNs: 2 }, null],
    ['a clock that went back', { atMs: 9, cpuNs: 1 }, { atMs: 5, cpuNs: 2 }, null],
    ['an unknown counter', { atMs: 0, cpuNs: null }, { atMs: 30_000, cpuNs: 2 }, null],
    ['no reading before', null, { atMs: 30_000, cpuNs: 2 }, null],
  ])('%s', (_, before, now, percent) => {
    expect(between(before, now).cpuPercent).toBe(percent);
  });
});

test('memory is of the limit, and of the host where there is none or a larger one', () => {
  const percent = (memoryLimitBytes: number | null) =>
    between(null, { memoryBytes: 4 * gb, memoryLimitBytes }).memoryPercent;
  expect([percent(8 * gb), percent(null), percent(1000 * gb)]).toEqual([50, 25, 25]);
  const unknown = { before: null, hostMemoryBytes: null };
  expect(sampleOf({ ...unknown, now: reading({ memoryBytes: gb }) }).memoryPercent).toBeNull();
});

test('totals need no reading before, and what could not be read is nothing', () => {
  const totals = { diskReadBytes: 1, diskWriteBytes: 0, networkRxBytes: 3, networkTxBytes: null };
  expect(between(null, totals)).toMatchObject(totals);
  expect(new Set(Object.values(between({ cpuNs: 1 }, null)))).toEqual(new Set([null]));
});
