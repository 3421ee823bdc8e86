import { expect, test } from 'vitest';
import { defaultHostConfig } from '../../controller/model/config.ts';
import { upkeepSteps } from '../../controller/reconcile/retention.ts';
import { seriesReport, stepOf } from '../../controller/service/series.ts';
import { container, environment, openTestStore, project } from '../store/support.ts';
import { createMemoryRunLogs } from '../support/memory-run-logs.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

const minute = 60_000;
const hour = 60 * minute;
const mib = 2 ** 20;
const start = Date.UTC(2030, 0, 1);
const ref = { path: null, project: 'vision', environment: 'notebook' };
const config = { current: () => defaultHostConfig };

/** A sample each minute of so many hours: 100 % and 1 GiB, one card at 40 % and one that is not told, 1 MiB a minute in. */
const given = (hours: number, at = start) => {
  const { store, hand } = openTestStore();
  const clock = createSimulatedClock(start);
  store.projects.insert(project());
  store.environments.insert(environment());
  store.containers.observe(container({ createdAt: at - hour, startedAt: at - hour }));
  store.transaction(() => {
    for (let n = 0; n < hours * 60; n += 1) {
      store.metrics.record({
        at: at + n * minute,
        host: null,
        samples: [
          {
            containerId: 'c1',
            cpuPercent: 100,
            memoryBytes: 1024 * mib,
            memoryPercent: 10,
            gpus: [
              { uuid: 'GPU-a', index: 0, utilization: 40, memoryBytes: 512 * mib },
              { uuid: 'GPU-b', index: 1, utilization: null, memoryBytes: 256 * mib },
            ],
            diskReadBytes: null,
            diskWriteBytes: 0,
            networkRxBytes: n * mib,
            networkTxBytes: 0,
          },
        ],
      });
    }
  });
  const report = (from: number, until: number, everyMs: number | null = null) =>
    seriesReport(
      { deps: { store, config } },
      {
        ref,
        since: new Date(at + from).toISOString(),
        until: new Date(at + until).toISOString(),
        everyMs,
      },
    );
  const rollUp = (now: number): void => {
    clock.setNow(now);
    for (const _ of upkeepSteps({ store, clock, config, runLogs: createMemoryRunLogs() })) continue;
  };
  return { store, hand, report, rollUp };
};

test('samples become means and bytes over each span; what is not known is null', () => {
  const { report } = given(1);
  const { points, ...told } = report(0, 15 * minute, 5 * minute);
  expect(told).toEqual({
    project: 'vision',
    environment: 'notebook',
    since: '2030-01-01T00:00:00.000Z',
    until: '2030-01-01T00:15:00.000Z',
    everyMs: 5 * minute,
    resolution: 'samples',
  });
  const point = {
    cpuPercent: 100,
    memoryBytes: 1024 * mib,
    gpuUtilization: 40,
    gpuMemoryBytes: 768 * mib,
    networkRxBytes: 5 * mib,
    networkTxBytes: 0,
    diskReadBytes: null,
    diskWriteBytes: 0,
  };
  expect(points).toEqual([
    // Of the first sample nobody knows since when it had what it had.
    { ...point, at: '2030-01-01T00:00:00.000Z', networkRxBytes: 4 * mib },
    { ...point, at: '2030-01-01T00:05:00.000Z' },
    { ...point, at: '2030-01-01T00:10:00.000Z' },
  ]);
});

test('a span without a sample has no point, and nothing measured is no fault', () => {
  const { report } = given(1);
  expect(report(50 * minute, 90 * minute, 20 * minute).points.map(({ at }) => at)).toEqual([
    '2030-01-01T00:40:00.000Z',
  ]);
  expect(report(-hour, 0).points).toEqual([]);
});

test('what is older than all samples comes from hours, and what no hour counts yet behind them', () => {
  const { report, rollUp, store } = given(4);
  rollUp(start + 3 * hour + 2 * minute);
  store.upkeep.prune('metrics', { before: start + 2 * hour, atMost: 10_000 });
  const { points, resolution, everyMs } = report(0, 4 * hour);
  expect({ resolution, everyMs }).toEqual({ resolution: 'hours', everyMs: hour });
  expect(points.map(({ at }) => at)).toEqual(
    [0, 1, 2, 3].map((n) => new Date(start + n * hour).toISOString()),
  );
  expect(points[1]).toEqual({
    at: '2030-01-01T01:00:00.000Z',
    cpuPercent: 100,
    memoryBytes: 1024 * mib,
    gpuUtilization: expect.closeTo(40, 3) as number,
    gpuMemoryBytes: null,
    networkRxBytes: 60 * mib,
    networkTxBytes: 0,
    diskReadBytes: 0,
    diskWriteBytes: 0,
  });
  expect(report(2 * hour, 4 * hour)).toMatchObject({ resolution: 'samples' });
});

test('hours are told of no finer than they are', () => {
  const { report, rollUp, store } = given(2);
  rollUp(start + 2 * hour + 2 * minute);
  store.upkeep.prune('metrics', { before: start + 2 * hour, atMost: 10_000 });
  expect(() => report(0, 2 * hour, 5 * minute)).toThrow(/only hours are kept.*ask for every 1h/);
  expect(report(0, 2 * hour, 2 * hour).points).toHaveLength(1);
});

test('what cannot be asked is refused', () => {
  const { report } = given(1);
  expect(() => report(hour, 0)).toThrow(/not after/);
  expect(() => report(-1000 * hour, hour, 1000)).toThrow(/more than 20000 points/);
});

test.each([
  [hour, 30_000, minute],
  [24 * hour, 30_000, 30 * minute],
  [60 * 1000, 10_000, 10_000],
  [400 * 24 * hour, hour, 7 * 24 * hour],
])('of %d ms with one each %d ms, about sixty points are told', (spanMs, leastMs, step) => {
  expect(stepOf({ askedMs: null, spanMs, leastMs, resolution: 'samples' })).toBe(step);
});
