import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ContainerRow, Store } from '../../controller/model/store.ts';
import { container, openTestStore, project } from './support.ts';

const path = '/home/ada/vision';

test('first sight of a project writes its quota: five containers and no other limit', () => {
  const { store } = openTestStore();
  store.projects.insert(project());
  expect(store.quotas.all()).toEqual([
    {
      projectPath: path,
      maxContainers: 5,
      maxCpuCores: null,
      maxMemoryGb: null,
      maxGpus: null,
      currentContainers: 0,
      currentCpuCores: 0,
      currentMemoryGb: 0,
      currentGpus: 0,
      overrides: {},
      defaulted: { containers: 5 },
    },
  ]);
  expect(store.quotas.get('/elsewhere')).toBeNull();
});

test('limits set by hand before first sight, and after removal, stay', () => {
  const { store, hand } = openTestStore();
  hand.exec(`INSERT INTO project_quotas (project_path, max_gpus) VALUES ('${path}', 2)`);
  store.projects.insert(project());
  store.projects.remove('p1');
  store.projects.insert(project({ id: 'p2' }));
  expect(store.quotas.get(path)).toMatchObject({ maxGpus: 2, maxContainers: 5 });
});

test('a first sight after containers were found counts them', () => {
  const { store } = openTestStore();
  store.containers.observe(container());
  store.projects.insert(project());
  expect(store.quotas.get(path)).toMatchObject({
    currentContainers: 1,
    currentCpuCores: 8,
    currentMemoryGb: 32,
    currentGpus: 2,
  });
});

test('containers count until deleted; cores, memory and GPUs while created or running', () => {
  const { store } = openTestStore();
  store.projects.insert(project());
  const now = (status: ContainerRow['status']) => {
    store.containers.observe(container({ status }));
    const quota = store.quotas.get(path);
    return [quota?.currentContainers, quota?.currentCpuCores, quota?.currentGpus];
  };
  expect(now('created')).toEqual([1, 8, 2]);
  expect(now('running')).toEqual([1, 8, 2]);
  expect(now(null)).toEqual([1, 8, 2]);
  expect(now('stopped')).toEqual([1, 0, 0]);
  expect(now('error')).toEqual([1, 0, 0]);
  expect(now('deleted')).toEqual([0, 0, 0]);
});

test('a counter written by hand is corrected, and named, by the next recompute', () => {
  const { store, hand } = openTestStore();
  store.projects.insert(project());
  store.projects.insert(project({ id: 'p2', path: '/home/ada/other' }));
  store.containers.observe(container());
  expect(store.quotas.recompute()).toEqual([]);
  hand.exec(`UPDATE project_quotas
SET current_containers = current_containers + 1,
    current_memory_gb = current_memory_gb + 32
WHERE project_path = '${path}';`);
  expect(store.quotas.get(path)).toMatchObject({ currentContainers: 2, currentMemoryGb: 64 });
  expect(store.quotas.recompute()).toEqual([path]);
  expect(store.quotas.get(path)).toMatchObject({ currentContainers: 1, currentMemoryGb: 32 });
  hand.exec('UPDATE project_quotas SET current_gpus = NULL');
  expect(store.quotas.recompute()).toEqual(['/home/ada/other', path]);
});

test('REPLACE and DELETE by hand are counted as well', () => {
  const { store, hand } = openTestStore();
  hand.pragma('recursive_triggers = ON');
  store.projects.insert(project());
  store.projects.insert(project({ id: 'p2', path: '/b' }));
  store.containers.observe(container());
  hand.exec(`INSERT OR REPLACE INTO container_instances
    (container_id, container_name, image_name, project_path, status, cpu_limit)
    VALUES ('c1', 'other', 'i', '/b', 'running', 3)`);
  expect(store.quotas.get(path)).toMatchObject({ currentContainers: 0, currentGpus: 0 });
  expect(store.quotas.get('/b')).toMatchObject({ currentContainers: 1, currentCpuCores: 3 });
  hand.exec('DELETE FROM container_instances');
  expect(store.quotas.get('/b')).toMatchObject({ currentContainers: 0, currentCpuCores: 0 });
});

describe('under any history', () => {
  const paths = ['/a', '/b', '/c'] as const;
  const statuses = ['created', 'running', 'stopped', 'error', 'deleted', null] as const;
  const observation = fc.record({
    kind: fc.constant('observe' as const),
    id: fc.integer({ min: 1, max: 8 }),
    name: fc.integer({ min: 1, max: 6 }),
    place: fc.integer({ min: 0, max: 2 }),
    status: fc.constantFrom(...statuses),
    cpu: fc.option(fc.double({ min: 0.1, max: 64, noNaN: true })),
    memory: fc.option(fc.integer({ min: 0, max: 2 ** 38 })),
    gpus: fc.uniqueArray(fc.constantFrom('0', '1', '2', '3')),
  });
  const removal = fc.record({
    kind: fc.constant('remove' as const),
    id: fc.integer({ min: 1, max: 8 }),
  });
  const tampering = fc.record({
    kind: fc.constant('move' as const),
    place: fc.integer({ min: 0, max: 2 }),
    to: fc.integer({ min: 0, max: 5 }),
  });
  type Act =
    typeof observation extends fc.Arbitrary<infer O>
      ? O | { kind: 'remove'; id: number } | { kind: 'move'; place: number; to: number }
      : never;

  const apply = (store: Store, act: Act): void => {
    switch (act.kind) {
      case 'observe':
        store.containers.observe(
          container({
            containerId: `c${act.id}`,
            containerName: `n${act.name}`,
            projectId: `p${act.place}`,
            projectPath: store.projects.get(`p${act.place}`)?.path ?? '',
            status: act.status,
            cpuLimit: act.cpu,
            memoryLimitBytes: act.memory,
            gpuDevices: act.gpus,
          }),
        );
        break;
      case 'remove':
        store.containers.deleted(`c${act.id}`, 0);
        break;
      case 'move': {
        const path = `/moved${act.to}`;
        if (store.projects.byPath(path) === null) store.projects.update(`p${act.place}`, { path });
        break;
      }
      default:
        act satisfies never;
    }
  };

  test('current_* is the sum over the rows', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(observation, removal, tampering), { maxLength: 40 }),
        (acts) => {
          const { store, hand } = openTestStore();
          paths.forEach((at, index) => {
            store.projects.insert(project({ id: `p${index}`, path: at }));
          });
          for (const act of acts) {
            apply(store, act);
            const rows = hand
              .prepare<[], Record<string, unknown>>('SELECT * FROM container_instances')
              .all();
            for (const { path: at } of store.projects.list()) {
              const mine = rows.filter(
                (row) => row['project_path'] === at && row['status'] !== 'deleted',
              );
              const held = mine.filter(
                (row) => row['status'] === 'created' || row['status'] === 'running',
              );
              const sum = (of: (row: Record<string, unknown>) => number) =>
                held.reduce((total, row) => total + of(row), 0);
              const quota = store.quotas.get(at);
              expect(quota?.currentContainers).toBe(mine.length);
              expect(quota?.currentCpuCores).toBeCloseTo(
                sum((row) => Number(row['cpu_limit'])),
                4,
              );
              expect(quota?.currentMemoryGb).toBeCloseTo(
                sum((row) => Number(row['memory_limit_gb'])),
                4,
              );
              expect(quota?.currentGpus).toBe(
                sum((row) => (JSON.parse(String(row['gpu_devices'])) as string[]).length),
              );
            }
          }
          expect(store.quotas.recompute()).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });
});
