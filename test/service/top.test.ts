import { expect, test } from 'vitest';
import type { StoredSample } from '../../controller/model/store-usage.ts';
import { topItem, topReport } from '../../controller/service/top.ts';
import { defaultHostConfig } from '../../controller/model/config.ts';
import { container, environment, noon, openTestStore, project } from '../store/support.ts';

const whose = { project: 'vision', projectPath: '/srv/vision', owner: 'ada' };
const sample = (over: Partial<StoredSample>): StoredSample => ({
  at: noon,
  cpuPercent: 50,
  memoryBytes: 1,
  gpus: [],
  diskReadBytes: 0,
  diskWriteBytes: null,
  networkRxBytes: 1000,
  networkTxBytes: 1000,
  ...over,
});
const item = (samples: readonly StoredSample[], nowMs = noon + 31_000) =>
  topItem(
    { environment: 'train', containerId: 'c1', cpuLimit: 2, memoryLimitBytes: 4, samples },
    { ...whose, nowMs },
  );

test('rates lie between the last two samples; a counter that began anew tells nothing yet', () => {
  expect(
    item([
      sample({}),
      sample({
        at: noon + 10_000,
        cpuPercent: 80,
        diskReadBytes: 5000,
        networkRxBytes: 21_000,
        networkTxBytes: 10,
      }),
    ]),
  ).toMatchObject({
    sampledAt: new Date(noon + 10_000).toISOString(),
    cpuPercent: 80,
    networkRxBytesPerSecond: 2000,
    networkTxBytesPerSecond: null,
    diskReadBytesPerSecond: 500,
    diskWriteBytesPerSecond: null,
    recentCpu: [50, 80],
    recentGpu: [],
  });
});

test('a sample of more than five minutes ago says nothing of now', () => {
  expect(item([sample({})], noon + 300_001)).toMatchObject({
    sampledAt: null,
    cpuPercent: null,
    memoryBytes: null,
    gpus: null,
    recentCpu: [],
  });
});

test('cards are shown one by one, and together over time', () => {
  const cards = (...utilization: readonly (number | null)[]) =>
    utilization.map((value, index) => ({ index, utilization: value, memoryBytes: null }));
  expect(
    item([
      sample({ gpus: null }),
      sample({ at: noon + 1000, gpus: cards(null, null) }),
      sample({ at: noon + 2000, gpus: cards(20, 80) }),
    ]),
  ).toMatchObject({ gpus: cards(20, 80), recentGpu: [null, null, 50] });
});

const given = () => {
  const { store } = openTestStore();
  const deps = {
    store,
    config: { current: () => defaultHostConfig },
    clock: { now: () => noon + 61_000, setTimer: () => () => undefined },
    loginName: () => 'ada',
  };
  return { store, deps };
};

test('it is read from the record: what runs, since its last start, and the host', () => {
  const { store, deps } = given();
  store.projects.insert(project());
  store.environments.insert(environment());
  store.gpus.observe(
    ['GPU-a', 'GPU-b'].map((uuid, index) => ({ uuid, index, model: 'L40S', memoryBytes: null })),
    [],
    noon,
  );
  store.gpus.grant(
    'p1/notebook',
    'n',
    [{ gpuUuid: 'GPU-b', migUuid: null, sharing: 'exclusive' }],
    noon,
  );
  store.containers.observe(container({ startedAt: noon + 30_000 }));
  store.containers.observe(container({ containerId: 'c2', containerName: 'b', status: 'stopped' }));
  for (const seconds of [0, 30, 60]) {
    store.metrics.record({
      at: noon + seconds * 1000,
      host: {
        cpuPercent: seconds,
        cores: 8,
        memoryTotalBytes: 4 * 2 ** 30,
        memoryAvailableBytes: 2 ** 30,
        load1: 1,
        load5: null,
        load15: 3,
        gpus: [],
      },
      samples: [
        {
          containerId: 'c1',
          cpuPercent: seconds,
          memoryBytes: 2 ** 30,
          memoryPercent: null,
          gpus: [{ uuid: 'GPU-b', index: 1, utilization: 7, memoryBytes: 2 ** 20 }],
          diskReadBytes: null,
          diskWriteBytes: null,
          networkRxBytes: seconds * 2 ** 20,
          networkTxBytes: null,
        },
      ],
    });
  }
  expect(topReport({ deps }, { reconciles: true })).toEqual({
    watched: true,
    sampledAt: new Date(noon + 60_000).toISOString(),
    everyMs: 30_000,
    host: {
      cpuPercent: 60,
      cores: 8,
      memoryUsedBytes: 3 * 2 ** 30,
      memoryTotalBytes: 4 * 2 ** 30,
      load1: 1,
      load5: null,
      load15: 3,
      gpus: 2,
      gpusHeld: 1,
    },
    items: [
      {
        project: 'vision',
        projectPath: '/home/ada/vision',
        environment: 'notebook',
        owner: 'ada',
        sampledAt: new Date(noon + 60_000).toISOString(),
        cpuPercent: 60,
        cpuLimit: 8,
        memoryBytes: 2 ** 30,
        memoryLimitBytes: 32 * 2 ** 30,
        gpus: [{ index: 1, utilization: 7, memoryBytes: 2 ** 20 }],
        networkRxBytesPerSecond: 2 ** 20,
        networkTxBytesPerSecond: null,
        diskReadBytesPerSecond: null,
        diskWriteBytesPerSecond: null,
        recentCpu: [30, 60],
        recentGpu: [7, 7],
      },
    ],
  });
  // Nobody samples any more: what ran then is not what runs.
  expect(topReport({ deps }, { reconciles: false })).toEqual({
    watched: false,
    sampledAt: new Date(noon + 60_000).toISOString(),
    everyMs: 30_000,
    host: null,
    items: [],
  });
});

test('an empty record has nothing to show', () => {
  const { deps } = given();
  expect(topReport({ deps }, { reconciles: true })).toMatchObject({
    sampledAt: null,
    host: null,
    items: [],
  });
});
