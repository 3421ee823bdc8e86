import type { Database } from 'better-sqlite3';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseKey, type EnvironmentKey } from '../../controller/model/key.ts';
import { quotaFields, type QuotaField } from '../../controller/model/quota.ts';
import type { ProjectUsage } from '../../controller/model/record.ts';
import { type Store } from '../../controller/model/store.ts';
import { GpuTaken } from '../../controller/model/store-gpu.ts';
import { container, environment, noon, openTestStore, project } from './support.ts';

const gb = 2 ** 30;
const path = '/home/ada/vision';
const uuids = ['GPU-a', 'GPU-b', 'GPU-c', 'GPU-d'] as const;
const cards = uuids.map((uuid, index) => ({ uuid, index, model: 'L40S', memoryBytes: 48 * gb }));

const granted = (cpus: number | null, memoryGb: number | null) => ({
  grantedAt: noon,
  grantedGeneration: 1,
  grantedCpus: cpus,
  grantedMemoryBytes: memoryGb === null ? null : memoryGb * gb,
});

const setUp = () => {
  const opened = openTestStore();
  const { store } = opened;
  store.projects.insert(project());
  store.environments.insert(environment());
  store.gpus.observe(cards, [], noon);
  /** Containers, cores, GB, cards: as the row says, which a recount never finds wrong. */
  const figures = () => {
    expect(store.quotas.wrong()).toEqual([]);
    const quota = store.quotas.get(path);
    return [
      quota?.currentContainers,
      quota?.currentCpuCores,
      quota?.currentMemoryGb,
      quota?.currentGpus,
    ];
  };
  return { ...opened, figures };
};

test('an environment counts from its grant on, once, and never less than its container', () => {
  const { store, figures } = setUp();
  const at = 'p1/notebook';
  expect(figures()).toEqual([0, 0, 0, 0]);
  store.environments.update(at, granted(4, 16));
  expect(figures()).toEqual([1, 4, 16, 0]);
  store.gpus.grant(at, 'n', [{ gpuUuid: 'GPU-a', migUuid: null, sharing: 'exclusive' }], noon);
  expect(figures()).toEqual([1, 4, 16, 1]);
  store.containers.observe(container({ cpuLimit: 8, memoryLimitBytes: 8 * gb }));
  expect(figures()).toEqual([1, 8, 16, 2]);
  store.containers.observe(container({ status: 'stopped' }));
  expect(figures()).toEqual([1, 4, 16, 1]);
  store.containers.deleted('c1', noon);
  expect(figures()).toEqual([1, 4, 16, 1]);
  store.environments.update(at, { grantedAt: null });
  expect(figures()).toEqual([0, 0, 0, 1]);
  store.gpus.keep(at, [], noon);
  expect(figures()).toEqual([0, 0, 0, 0]);
});

test('a grant without limits counts as a container alone', () => {
  const { store, figures } = setUp();
  store.environments.update('p1/notebook', granted(null, null));
  expect(figures()).toEqual([1, 0, 0, 0]);
});

test('a grant follows its project to another path, and ends with it', () => {
  const { store } = setUp();
  store.environments.update('p1/notebook', granted(4, 16));
  store.projects.update('p1', { path: '/moved' });
  expect(store.quotas.get('/moved')).toMatchObject({ currentContainers: 1, currentCpuCores: 4 });
  store.projects.remove('p1');
  expect(store.quotas.get('/moved')).toMatchObject({ currentContainers: 0, currentCpuCores: 0 });
  expect(store.quotas.wrong()).toEqual([]);
});

test('usage answers the same figures by path, in bytes', () => {
  const { store } = setUp();
  store.environments.update('p1/notebook', { ...granted(0.5, 0), grantedMemoryBytes: 512_000_001 });
  expect(store.quotas.usage()).toEqual(
    new Map([[path, { containers: 1, cpus: 0.5, memoryBytes: 512_000_001, gpus: 0 }]]),
  );
});

test('wrong names a row that a hand wrote, and leaves it', () => {
  const { store, hand } = setUp();
  hand.exec('UPDATE project_quotas SET current_gpus = 7');
  expect(store.quotas.wrong()).toEqual([path]);
  expect(store.quotas.wrong()).toEqual([path]);
  expect(store.quotas.recompute()).toEqual([path]);
  expect(store.quotas.wrong()).toEqual([]);
});

test('an environment that is written with its grant counts at once', () => {
  const { store, figures } = setUp();
  store.environments.insert(environment({ environment: 'train', ...granted(2, 8) }));
  expect(figures()).toEqual([1, 2, 8, 0]);
});

test('a lease that a hand gives to another project counts there', () => {
  const { store, hand, figures } = setUp();
  store.projects.insert(project({ id: 'p2', path: '/b' }));
  store.gpus.grant(
    'p1/notebook',
    'n',
    [{ gpuUuid: 'GPU-a', migUuid: null, sharing: 'exclusive' }],
    noon,
  );
  hand.exec("UPDATE gpu_allocations SET project_id = 'p2'");
  expect(figures()).toEqual([0, 0, 0, 0]);
  expect(store.quotas.get('/b')).toMatchObject({ currentGpus: 1 });
});

test('a lease that is older than the row of its project counts when that comes', () => {
  const { store, hand, figures } = setUp();
  store.gpus.grant(
    'p1/notebook',
    'n',
    [{ gpuUuid: 'GPU-a', migUuid: null, sharing: 'exclusive' }],
    noon,
  );
  store.projects.remove('p1');
  expect(figures()).toEqual([0, 0, 0, 0]);
  store.projects.insert(project());
  expect(figures()).toEqual([0, 0, 0, 1]);
  expect(hand.prepare('SELECT count(*) FROM project_quotas').pluck().get()).toBe(1);
});

test('a project whose path a hand changed counts at the new one alone', () => {
  const { store, hand, figures } = setUp();
  store.environments.update('p1/notebook', granted(4, 16));
  hand.exec("INSERT INTO project_quotas (project_path) VALUES ('/moved')");
  hand.exec("UPDATE projects SET path = '/moved'");
  expect(figures()).toEqual([0, 0, 0, 0]);
  expect(store.quotas.get('/moved')).toMatchObject({ currentContainers: 1, currentCpuCores: 4 });
});

test('a pass that writes the same grant again leaves the quota row alone', () => {
  const { store, hand } = setUp();
  store.environments.update('p1/notebook', granted(4, 16));
  hand.exec('UPDATE project_quotas SET current_cpu_cores = 99');
  store.environments.update('p1/notebook', { message: 'another', grantedAt: noon + 1 });
  expect(store.quotas.get(path)).toMatchObject({ currentCpuCores: 99 });
});

const keys = ['p0/a', 'p0/b', 'p1/a'] as const satisfies readonly EnvironmentKey[];
const key = fc.constantFrom(...keys);
const cores = fc.option(fc.constantFrom(0.5, 1, 2.25, 16));
const memory = fc.option(fc.constantFrom(gb / 2, gb, 24 * gb));
const acts = fc.oneof(
  fc.record({ kind: fc.constant('grant' as const), key, cpus: cores, memory }),
  fc.record({ kind: fc.constant('stop' as const), key }),
  fc.record({ kind: fc.constant('remove' as const), key }),
  fc.record({
    kind: fc.constant('lease' as const),
    key,
    devices: fc.subarray([...uuids]),
    shared: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('keep' as const), key, devices: fc.subarray([...uuids]) }),
  fc.record({
    kind: fc.constant('look' as const),
    order: fc.shuffledSubarray([0, 1, 2, 3], { minLength: 1 }),
    marked: fc.subarray([...uuids]),
  }),
  fc.record({
    kind: fc.constant('container' as const),
    key,
    id: fc.integer({ min: 1, max: 5 }),
    status: fc.constantFrom('created', 'running', 'stopped', 'error', 'deleted'),
    cpus: cores,
    memory,
    devices: fc.subarray(['0', '1', '2']),
  }),
  fc.record({
    kind: fc.constant('owner' as const),
    project: fc.constantFrom('p0', 'p1'),
    uid: fc.option(fc.constantFrom(7, 1000)),
  }),
  fc.record({
    kind: fc.constant('override' as const),
    project: fc.constantFrom('p0', 'p1'),
    fields: fc.subarray([...quotaFields]),
  }),
  fc.record({
    kind: fc.constant('hand' as const),
    sql: fc.constantFrom(
      "INSERT INTO gpu_allocations (gpu_id, container_name) VALUES (0, 'by-hand')",
      "INSERT INTO gpu_allocations (gpu_id, container_name) VALUES (3, 'by-hand')",
      "DELETE FROM gpu_allocations WHERE container_name = 'by-hand'",
      "DELETE FROM gpu_allocations WHERE container_name = 'p0/a'",
      "UPDATE gpu_allocations SET sharing = 'exclusive'",
      "UPDATE container_instances SET project_id = NULL, environment = NULL WHERE container_id = 'c1'",
      "INSERT OR REPLACE INTO container_instances (container_id, container_name, image_name, project_path, status, cpu_limit) VALUES ('c9', 'n9', 'i', '/p1', 'running', 3)",
    ),
  }),
);
type Act = typeof acts extends fc.Arbitrary<infer A> ? A : never;

const apply = ({ store, hand }: { store: Store; hand: Database }, act: Act): void => {
  switch (act.kind) {
    case 'grant':
      if (store.environments.get(act.key) === null)
        store.environments.insert(environment(parseKey(act.key)));
      store.environments.update(act.key, {
        grantedAt: noon,
        grantedCpus: act.cpus,
        grantedMemoryBytes: act.memory,
      });
      break;
    case 'stop':
      store.environments.update(act.key, { grantedAt: null });
      break;
    case 'remove':
      store.environments.remove(act.key);
      break;
    case 'lease': {
      const before = store.gpus.leases();
      const sharing = act.shared ? 'shared' : 'exclusive';
      const devices = act.devices.map((gpuUuid) => ({ gpuUuid, migUuid: null, sharing }) as const);
      try {
        store.gpus.grant(act.key, act.key, devices, noon);
      } catch (error) {
        expect(error).toBeInstanceOf(GpuTaken);
        expect(store.gpus.leases()).toEqual(before);
      }
      break;
    }
    case 'keep':
      store.gpus.keep(act.key, act.devices, noon);
      break;
    case 'look':
      store.gpus.observe(
        act.order.flatMap((card, index) => {
          const seen = cards[card];
          return seen === undefined ? [] : [{ ...seen, index }];
        }),
        act.marked.map((gpuUuid) => ({ gpuUuid, kind: 'foreign', text: 'process 4711' })),
        noon,
      );
      break;
    case 'container': {
      const place = parseKey(act.key);
      store.containers.observe(
        container({
          ...place,
          projectPath: `/${place.projectId}`,
          containerId: `c${act.id}`,
          containerName: `n${act.id}`,
          status: act.status,
          cpuLimit: act.cpus,
          memoryLimitBytes: act.memory,
          gpuDevices: act.devices,
        }),
      );
      break;
    }
    case 'owner':
      store.people.setOwner(act.project, act.uid);
      break;
    case 'override': {
      const row = store.quotas.get(`/${act.project}`);
      if (row === null) throw new Error('a quota row is never removed');
      const overrides = Object.fromEntries(act.fields.map((field) => [field, 'set' as const]));
      store.quotas.set({ ...row, overrides });
      break;
    }
    case 'hand':
      try {
        hand.exec(act.sql);
      } catch (error) {
        expect(String(error)).toMatch(/gpu taken|UNIQUE/);
      }
      break;
    default:
      act satisfies never;
  }
};

interface Row {
  readonly project_id: string | null;
  readonly environment: string | null;
  readonly project_path: string;
  readonly status: string;
  readonly cpu_limit: number | null;
  readonly memory_limit_gb: number | null;
  readonly gpu_devices: string | null;
}

/** By plain addition: what the quota row of a project has to say. */
const recount = (store: Store, hand: Database, projectId: string) => {
  const rows = hand
    .prepare<[string], Row>(
      "SELECT * FROM container_instances WHERE project_path = ? AND status <> 'deleted'",
    )
    .all(`/${projectId}`);
  const isOf = (row: Row, name: string) => row.project_id === projectId && row.environment === name;
  const used = (some: readonly Row[]) =>
    some
      .filter(({ status }) => status === 'created' || status === 'running')
      .reduce(
        (sum, row) => ({
          cpus: sum.cpus + (row.cpu_limit ?? 0),
          memoryBytes: sum.memoryBytes + (row.memory_limit_gb ?? 0) * gb,
          gpus: sum.gpus + (JSON.parse(row.gpu_devices ?? '[]') as string[]).length,
        }),
        { cpus: 0, memoryBytes: 0, gpus: 0 },
      );
  const total = { containers: rows.length, ...used(rows.filter((row) => row.project_id === null)) };
  for (const name of ['a', 'b']) {
    const mine = rows.filter((row) => isOf(row, name));
    const record = store.environments.get(`${projectId}/${name}`);
    const grant = record?.grantedAt == null ? null : record;
    const leases = store.gpus.of(`${projectId}/${name}`).length;
    const has = used(mine);
    if (grant !== null && mine.length === 0) total.containers += 1;
    total.cpus += Math.max(has.cpus, grant?.grantedCpus ?? 0);
    total.memoryBytes += Math.max(has.memoryBytes, grant?.grantedMemoryBytes ?? 0);
    total.gpus += Math.max(has.gpus, leases);
  }
  return total;
};

/** Each project's figures to its owner, but for what it has a budget of its own for. */
const recountPeople = (store: Store, hand: Database) => {
  const sums = new Map<number, ProjectUsage>();
  for (const id of ['p0', 'p1']) {
    const uid = store.people.ownerOf(id) ?? 1000;
    const used = recount(store, hand, id);
    const overrides = store.quotas.get(`/${id}`)?.overrides ?? {};
    const before = sums.get(uid) ?? { containers: 0, cpus: 0, memoryBytes: 0, gpus: 0 };
    const sum = (field: QuotaField) =>
      before[field] + (overrides[field] === undefined ? used[field] : 0);
    sums.set(uid, {
      containers: sum('containers'),
      cpus: sum('cpus'),
      memoryBytes: sum('memoryBytes'),
      gpus: sum('gpus'),
    });
  }
  return new Map([...sums].sort(([a], [b]) => a - b));
};

test('whatever is granted, stopped, seen and written by hand, current_* and what counts for people is a plain recount and no exclusive card has two leases', () => {
  fc.assert(
    fc.property(fc.array(acts, { maxLength: 30 }), (history) => {
      const { store, hand } = openTestStore();
      for (const id of ['p0', 'p1']) store.projects.insert(project({ id, path: `/${id}` }));
      store.gpus.observe(cards, [], noon);
      for (const act of history) {
        apply({ store, hand }, act);
        for (const id of ['p0', 'p1']) {
          const expected = recount(store, hand, id);
          expect(store.quotas.usage().get(`/${id}`)).toEqual(expected);
          expect(store.quotas.get(`/${id}`)).toMatchObject({
            currentContainers: expected.containers,
            currentCpuCores: expected.cpus,
            currentMemoryGb: expected.memoryBytes / gb,
            currentGpus: expected.gpus,
          });
        }
        expect(store.people.usage()).toEqual(recountPeople(store, hand));
        for (const uuid of uuids) {
          const hands = store.gpus.leases().filter(({ gpuUuid }) => gpuUuid === uuid);
          if (hands.some(({ sharing }) => sharing === 'exclusive')) expect(hands).toHaveLength(1);
        }
      }
    }),
    { numRuns: 60 },
  );
});
