import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GpuReport } from '../../controller/model/pool-api.ts';
import { type DockerHand, dockerHand } from '../support/docker-hand.ts';
import { type PrivateDockerd, startDockerd } from '../support/dockerd.ts';
import { fakeNvidiaSmi, setScenario } from '../support/fake-nvidia-smi.ts';
import { buildStandIn } from '../support/images.ts';
import { createSite, type Site } from '../support/mlenv.ts';
import type { Project } from '../support/mlenv-project.ts';
import { until } from '../support/until.ts';

/**
 * A real engine whose hook for cards is a stand-in, and a recording of eight cards: six H100 and two
 * L40S, one H100 of which a process of somebody else uses. Everything else is as on a machine that has them.
 */

let dockerd: PrivateDockerd;
let docker: DockerHand;
let site: Site;
const image = 'mlenv.test/gpus:1';
const smi = mkdtempSync(join(tmpdir(), 'mlenv-smi-'));

beforeAll(async () => {
  dockerd = await startDockerd({ name: 'mlenv-gpus', liveRestore: true });
  docker = dockerHand(dockerd.host);
  const scripts = {
    '/usr/bin/nvidia-smi': `if [ -e /tmp/lost ]; then
      echo 'Failed to initialize NVML: Unknown Error'; exit 255
    fi
    echo "GPU 0: NVIDIA H100 80GB HBM3 (UUID: $NVIDIA_VISIBLE_DEVICES)"`,
  };
  await buildStandIn({ host: dockerd.host, refs: [image], scripts });
  site = createSite({
    host: dockerd.host,
    env: { MLENV_NVIDIA_SMI: fakeNvidiaSmi(smi, 'eight') },
  });
  appendFileSync(site.configFile, 'health: { gpuInterval: 1s }\ngpu: { poll: 2s }\n');
  await site.controller();
});
afterAll(async () => {
  await site.cleanup();
  await dockerd.cleanup();
  rmSync(smi, { recursive: true, force: true });
});

const given = async (name: string, environments: Record<string, object>): Promise<Project> => {
  const project = site.project(
    name,
    JSON.stringify({
      apiVersion: 'mlenv/v1',
      defaults: { image, stopGrace: '1s', restart: 'never' },
      environments,
    }),
  );
  await project.ok('up', '--no-wait');
  return project;
};
const query = (sql: string): unknown[] => {
  const db = new Database(join(site.stateDir, 'mlenv.db'), { readonly: true });
  try {
    return db.prepare(sql).all();
  } finally {
    db.close();
  }
};
const idsOf = async (name: string): Promise<readonly string[]> =>
  (await docker.inspect(name)).HostConfig.DeviceRequests?.[0]?.DeviceIDs ?? [];
const report = async (): Promise<GpuReport> => (await site.api()).gpus();
const h100 = (count: number): object => ({ gpus: { count, model: 'H100' } });

test('two projects race for the cards: one has them, the other waits for it by name and follows it', async () => {
  const first = await given('first', { train: h100(5) });
  const { containerName } = await first.reaches('train', ({ ready }) => ready);
  expect(await idsOf(containerName)).toHaveLength(5);
  expect((await docker.inspect(containerName)).Config.Env).toContain(
    `NVIDIA_VISIBLE_DEVICES=${(await idsOf(containerName)).join(',')}`,
  );

  const second = await given('second', { train: h100(1), plain: {} });
  const waiting = await second.reaches('train', ({ reason }) => reason === 'GpuPoolFull');
  expect(waiting.message).toMatch(/^5 of 6 GPUs held by first\/train since .*; 1 used by process /);
  const plain = await second.reaches('plain', ({ ready }) => ready);
  expect((await docker.inspect(plain.containerName)).Config.Env).toContain(
    'NVIDIA_VISIBLE_DEVICES=void',
  );

  const queue = await site.mlenv(['queue']);
  expect(queue.stdout).toMatch(/1 +second\/train +1 GPU \(H100\)/);
  expect((await site.mlenv(['gpu'])).stdout).toMatch(/held +first\/train/);

  // The document's own questions, while it runs.
  const eight = Array.from({ length: 8 }, (_, id) => `SELECT ${id} AS gpu_id`).join(' UNION ');
  const free = query(
    `SELECT gpu_id FROM (${eight}) all_gpus WHERE gpu_id NOT IN (SELECT gpu_id FROM gpu_allocations)`,
  );
  expect(free).toHaveLength(2);
  expect(query('SELECT gpu_id FROM v_free_gpus')).toEqual(free);
  expect(
    query(`SELECT current_gpus FROM project_quotas WHERE project_path = '${first.folder}'`),
  ).toEqual([{ current_gpus: 5 }]);

  await first.ok('down');
  const next = await second.reaches('train', ({ ready }) => ready);
  expect(await idsOf(next.containerName)).toHaveLength(1);
  expect(query("SELECT container_name FROM gpu_allocations WHERE kind = 'lease'")).toEqual([
    { container_name: next.containerName },
  ]);
  await second.ok('down');
});

test('a start that fails in the hook gives its card back and says why', async () => {
  dockerd.failGpuHook(true);
  const project = await given('hook', { train: h100(1) });
  // Not its own fault: a job that never ran is tried again, and others may have its card meanwhile.
  const failed = await project.reaches('train', ({ reason }) => reason === 'BackOff');
  expect(failed.message).toContain('the card does not answer');
  expect(query("SELECT * FROM gpu_allocations WHERE container_name LIKE 'mlenv-hook%'")).toEqual(
    [],
  );
  dockerd.failGpuHook(false);
  await project.ok('restart', 'train');
  await project.reaches('train', ({ ready }) => ready);
  await project.ok('down');
});

test('what is killed between grant and start, or restarted with its cards, has the same cards after', async () => {
  const project = await given('kept', { train: { ...h100(2), updates: 'auto' } });
  const { containerName, containerId } = await project.reaches('train', ({ ready }) => ready);
  const before = await idsOf(containerName);
  await site.end();
  await dockerd.restart();
  await site.controller();
  const after = await project.reaches('train', ({ ready }) => ready);
  expect(after.containerId).toBe(containerId);
  expect(await idsOf(containerName)).toEqual(before);
  const held = (await report()).gpus.filter(({ holders }) => holders.length > 0);
  expect(held.map(({ uuid }) => uuid).sort()).toEqual([...before].sort());
  await project.ok('down');
});

test('a container that lost its card is found, and made anew with the same card', async () => {
  const project = await given('lost', {
    train: { ...h100(1), restart: 'on-failure', updates: 'auto' },
    kept: { ...h100(1), restart: 'on-failure' },
  });
  const first = await project.reaches('train', ({ ready }) => ready);
  const kept = await project.reaches('kept', ({ ready }) => ready);
  const before = await idsOf(first.containerName);
  const access = (environment: string, status: string) => async (): Promise<boolean> =>
    (await project.item(environment)).conditions.some(
      (one) => one.type === 'GpuAccess' && one.status === status,
    );
  await until('it reaches its card', access('train', 'True'));
  await project.ok('exec', 'train', '--', 'touch', '/tmp/lost');
  await project.ok('exec', 'kept', '--', 'touch', '/tmp/lost');

  const second = await project.reaches(
    'train',
    ({ ready, containerId }) => ready && containerId !== first.containerId,
  );
  expect(await idsOf(second.containerName)).toEqual(before);
  await until('it reaches its card again', access('train', 'True'));
  expect(await project.ok('describe', 'train')).toMatch(
    /gpu +unhealthy +2 .*Failed to initialize NVML: Unknown Error/,
  );
  // A training is not ended for it, but told of.
  await until('the other one is told of', access('kept', 'False'));
  const told = await project.item('kept');
  expect(told).toMatchObject({ containerId: kept.containerId, reason: 'GpuLost' });
  await project.ok('down');
});

test('a card that somebody else uses, or that is cordoned, is left alone and told of', async () => {
  const [card] = (await report()).gpus.filter(({ model }) => model.includes('L40S'));
  const uuid = card?.uuid ?? '';
  const stranger = await docker.run({ name: 'jupyter-bob', image, gpus: [uuid] });
  await until('the stranger is seen', async () =>
    (await report()).gpus.some((gpu) => gpu.uuid === uuid && gpu.state === 'foreign'),
  );
  expect((await report()).gpus.find((gpu) => gpu.uuid === uuid)?.why).toBe(
    'used by container jupyter-bob',
  );
  const other = (await report()).gpus.find(
    ({ model, uuid: id }) => model.includes('L40S') && id !== uuid,
  );
  expect((await site.mlenv(['gpu', 'cordon', String(other?.index), '--reason', 'fan'])).code).toBe(
    0,
  );

  const project = await given('left', { train: { gpus: { model: 'L40S' } } });
  const waits = await project.reaches('train', ({ reason }) => reason === 'GpuPoolFull');
  expect(waits.message).toMatch(/used by container jupyter-bob/);
  expect(waits.message).toMatch(/cordoned by .*: fan/);

  await docker.remove(stranger);
  await project.reaches('train', ({ ready }) => ready);
  await project.ok('down');
  expect((await site.mlenv(['gpu', 'uncordon', String(other?.index)])).code).toBe(0);
});

test('while the cards cannot be read nothing new is given, and what runs goes on', async () => {
  const running = await given('runs', { train: h100(1) });
  const { containerId } = await running.reaches('train', ({ ready }) => ready);
  setScenario(smi, 'mismatch');
  await until('it shows', async () => (await report()).state === 'unknown');
  const project = await given('unknown', { train: h100(1) });
  await project.reaches('train', ({ reason }) => reason === 'GpuUnknown');
  expect(await running.item('train')).toMatchObject({ ready: true, containerId });
  setScenario(smi, 'eight');
  await project.reaches('train', ({ ready }) => ready);
  await project.ok('down');
  await running.ok('down');
});
