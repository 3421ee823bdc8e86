import { describe, expect, test } from 'vitest';
import { defaultHostConfig } from '../../controller/model/config.ts';
import type { EnvironmentKey } from '../../controller/model/key.ts';
import type { ReportBy } from '../../controller/model/usage-api.ts';
import { upkeepSteps } from '../../controller/reconcile/retention.ts';
import { usageReport, type SeesUse } from '../../controller/service/usage-report.ts';
import { container, openTestStore, project } from '../store/support.ts';
import { createMemoryRunLogs } from '../support/memory-run-logs.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

const hour = 3_600_000;
const minute = 60_000;
const gib = 2 ** 30;
/** A whole hour. */
const start = Date.UTC(2030, 0, 1);
const names = new Map([
  [1000, 'ada'],
  [1001, 'bob'],
]);

/** A history by hand over the real record; `at` is hours since the start. */
const history = () => {
  const { store, hand } = openTestStore();
  const clock = createSimulatedClock(start);
  const deps = { store, clock, loginName: (uid: number) => names.get(uid) ?? null };
  const uuids = ['GPU-a', 'GPU-b', 'GPU-c'];
  store.gpus.observe(
    uuids.map((uuid, index) => ({ uuid, index, model: 'L40S', memoryBytes: 48 * gib })),
    [],
    start - 1000 * hour,
  );
  const lease = (key: EnvironmentKey, cards: readonly string[], at: number): void =>
    store.gpus.grant(
      key,
      `n-${key}`,
      cards.map((gpuUuid) => ({ gpuUuid, migUuid: null, sharing: 'exclusive' })),
      start + at * hour,
    );
  /** A sample a minute: from the first, which only begins the time, up to the last. */
  const samples = (...args: Parameters<typeof write>): void =>
    store.transaction(() => write(...args));
  const write = (
    id: string,
    [from, to]: readonly [number, number],
    use: {
      readonly cpu: number;
      readonly memoryGib: number;
      readonly gpus: readonly (number | null)[];
    },
  ): void => {
    for (let at = start + from * hour; at <= start + to * hour; at += minute) {
      store.metrics.record({
        at,
        host: null,
        samples: [
          {
            containerId: id,
            cpuPercent: use.cpu,
            memoryBytes: use.memoryGib * gib,
            memoryPercent: null,
            gpus: use.gpus.map((utilization, index) => ({
              uuid: uuids[index] ?? '',
              index,
              utilization,
              memoryBytes: null,
            })),
            diskReadBytes: null,
            diskWriteBytes: null,
            networkRxBytes: null,
            networkTxBytes: null,
          },
        ],
      });
    }
  };
  const run = (
    id: string,
    [projectId, environment]: readonly [string, string],
    over: { readonly gpuDevices: readonly string[]; readonly ownerUid: number },
  ): void =>
    store.containers.observe(
      container({
        containerId: id,
        containerName: `n-${id}`,
        projectId,
        environment,
        projectPath: `/srv/${projectId}`,
        createdAt: start - 1000 * hour,
        startedAt: start - 1000 * hour,
        ...over,
      }),
    );
  const own = (id: string, uid: number): void =>
    store.projects.insert(
      project({ id, name: `${id}-name`, path: `/srv/${id}`, owner: { uid, gid: uid } }),
    );
  return {
    store,
    hand,
    lease,
    samples,
    run,
    own,
    giveBack: (key: EnvironmentKey, at: number) => store.gpus.keep(key, [], start + at * hour),
    /** What the controller does once an hour. */
    rollUp: (at: number) => {
      clock.setNow(start + at * hour);
      const config = { current: () => defaultHostConfig };
      for (const _ of upkeepSteps({ store, clock, config, runLogs: createMemoryRunLogs() }))
        continue;
    },
    /** Of the last so many hours. */
    report: (
      at: number,
      { since, by }: { readonly since: number; readonly by: ReportBy },
      sees?: SeesUse,
    ) => {
      clock.setNow(start + at * hour);
      const from = new Date(start + (at - since) * hour).toISOString();
      return usageReport({ deps }, { since: from, by }, sees);
    },
  };
};

/** Two cards of ada's for 10 h, sampled in 6 of them, at 25 % and 75 %; one of bob's that nobody ever sampled. */
const given = () => {
  const all = history();
  all.own('p1', 1000);
  all.own('p2', 1000);
  all.own('p3', 1001);
  all.run('c1', ['p1', 'train'], { gpuDevices: ['GPU-a', 'GPU-b'], ownerUid: 1000 });
  all.run('c2', ['p2', 'notebook'], { gpuDevices: [], ownerUid: 1000 });
  all.lease('p1/train', ['GPU-a', 'GPU-b'], 0);
  all.lease('p3/idle', ['GPU-c'], 2);
  all.samples('c1', [0, 4], { cpu: 200, memoryGib: 8, gpus: [25, 75] });
  // The controller was down from 4 to 8.
  all.samples('c1', [8, 10], { cpu: 200, memoryGib: 8, gpus: [25, 75] });
  all.samples('c2', [0, 1], { cpu: 50, memoryGib: 2, gpus: [] });
  all.giveBack('p1/train', 10);
  return all;
};

const train = {
  user: 'ada',
  gpuHoursHeld: 20,
  // 6 h, times 0.25 + 0.75 of a card
  gpuHoursUsed: 6,
  gpuHoursWasted: 6,
  wastePercent: 50,
  gpuHoursUnknown: 8,
  cpuHours: 12,
  memoryGibHours: 48,
  measuredHours: 6,
};
const notebook = {
  user: 'ada',
  gpuHoursHeld: 0,
  gpuHoursUsed: 0,
  gpuHoursWasted: 0,
  wastePercent: null,
  gpuHoursUnknown: 0,
  cpuHours: 0.5,
  memoryGibHours: 2,
  measuredHours: 1,
};
const idle = {
  user: 'bob',
  gpuHoursHeld: 10,
  gpuHoursUsed: 0,
  gpuHoursWasted: 0,
  wastePercent: null,
  gpuHoursUnknown: 10,
  cpuHours: 0,
  memoryGibHours: 0,
  measuredHours: 0,
};

describe.each([
  ['from samples alone', null],
  ['from hours and the samples behind them', 6],
  ['from hours', 11],
])('a history counted by hand, %s', (_, rolled) => {
  const whole = () => {
    const all = given();
    if (rolled !== null) all.rollUp(rolled + 0.05);
    return all;
  };

  test('two cards, a time that nobody measured, and a card that nobody ever sampled', async () => {
    const { report } = whole();
    const told = await report(12, { since: 12, by: 'environment' });
    expect(told.items).toEqual([
      { ...train, project: 'p1-name', environment: 'train' },
      { ...idle, project: 'p3-name', environment: 'idle' },
      { ...notebook, project: 'p2-name', environment: 'notebook' },
    ]);
    expect(told.total).toEqual({
      gpuHoursHeld: 30,
      gpuHoursUsed: 6,
      gpuHoursWasted: 6,
      wastePercent: 50,
      gpuHoursUnknown: 18,
      cpuHours: 12.5,
      memoryGibHours: 50,
      measuredHours: 7,
    });
  });

  test('a user with two projects is one line', async () => {
    const { report } = whole();
    expect((await report(12, { since: 12, by: 'user' })).items).toEqual([
      {
        ...train,
        project: null,
        environment: null,
        cpuHours: 12.5,
        memoryGibHours: 50,
        measuredHours: 7,
      },
      { ...idle, project: null, environment: null },
    ]);
  });

  test('the window cuts leases and samples, and one that goes on counts up to now', async () => {
    const { report } = whole();
    const [first, second] = (await report(9, { since: 6, by: 'project' })).items;
    // 3 to 9: measured from 3 to 4 and from 8 to 9.
    expect(first).toEqual({
      ...train,
      project: 'p1-name',
      environment: null,
      gpuHoursHeld: 12,
      gpuHoursUsed: 2,
      gpuHoursWasted: 2,
      gpuHoursUnknown: 8,
      cpuHours: 4,
      memoryGibHours: 16,
      measuredHours: 2,
    });
    expect(second).toMatchObject({ project: 'p3-name', gpuHoursHeld: 6, gpuHoursUnknown: 6 });
  });
});

test('what is gone still counts, under the name and for the person it had last', async () => {
  const all = given();
  all.rollUp(12.05);
  all.giveBack('p3/idle', 12);
  all.store.projects.remove('p1');
  all.store.projects.remove('p3');
  const { items } = await all.report(14, { since: 14, by: 'project' });
  expect(items.map(({ user, project: name, gpuHoursHeld }) => [user, name, gpuHoursHeld])).toEqual([
    ['ada', 'p1-name', 20],
    ['bob', 'p3-name', 10],
    ['ada', 'p2-name', 0],
  ]);
});

test('a project that is gone counts for who answered for it by the configuration', async () => {
  const all = given();
  all.store.people.setOwner('p2', 1001);
  all.rollUp(12.05);
  all.store.projects.remove('p2');
  const { items } = await all.report(14, { since: 14, by: 'environment' });
  expect(items.find(({ project: name }) => name === 'p2-name')).toMatchObject({
    ...notebook,
    user: 'bob',
  });
});

test('a project that was handed over counts for whose it is now', async () => {
  const all = given();
  all.store.people.setOwner('p1', 1001);
  const [first] = (await all.report(12, { since: 12, by: 'project' })).items;
  expect(first).toMatchObject({ user: 'bob', project: 'p1-name', gpuHoursHeld: 20 });
});

test('who may see some has totals of these alone', async () => {
  const all = given();
  const ofBob: SeesUse = ({ userId }) => userId === 1001;
  const told = await all.report(12, { since: 12, by: 'user' }, ofBob);
  expect(told.items).toHaveLength(1);
  expect(told.total.gpuHoursHeld).toBe(10);
});

test('a year is told from hours when all samples are gone, from a whole hour on', async () => {
  const all = given();
  all.rollUp(20);
  all.rollUp(24 * 30);
  expect(all.hand.prepare('SELECT count(*) FROM resource_metrics').pluck().get()).toBe(0);
  const told = await all.report(24 * 300 + 0.5, { since: 24 * 300 + 0.25, by: 'environment' });
  expect(told.since).toBe(new Date(start).toISOString());
  expect(told.items.find(({ environment }) => environment === 'train')).toEqual({
    ...train,
    project: 'p1-name',
    environment: 'train',
  });
});

test('a card of which the driver does not tell is neither used nor wasted', async () => {
  const all = history();
  all.own('p1', 1000);
  all.run('c1', ['p1', 'train'], { gpuDevices: ['GPU-a', 'GPU-b'], ownerUid: 1000 });
  all.lease('p1/train', ['GPU-a', 'GPU-b'], 0);
  all.samples('c1', [0, 1], { cpu: 0, memoryGib: 0, gpus: [100, null] });
  all.giveBack('p1/train', 1);
  expect((await all.report(2, { since: 2, by: 'project' })).total).toMatchObject({
    gpuHoursHeld: 2,
    gpuHoursUsed: 1,
    gpuHoursWasted: 0,
    gpuHoursUnknown: 1,
  });
});
