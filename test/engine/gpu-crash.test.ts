import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type DockerHand, dockerHand } from '../support/docker-hand.ts';
import { type PrivateDockerd, startDockerd } from '../support/dockerd.ts';
import { fakeNvidiaSmi } from '../support/fake-nvidia-smi.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { buildStandIn } from '../support/images.ts';
import { createSite, type Site } from '../support/mlenv.ts';
import type { Project } from '../support/mlenv-project.ts';
import { until } from '../support/until.ts';

/**
 * What is given out stands in the record before anything is asked of the engine. So whenever the controller
 * dies between the two, the next one goes on with the very cards that were given.
 */

let dockerd: PrivateDockerd;
let docker: DockerHand;
let proxy: FaultProxy;
let site: Site;
const image = 'mlenv.test/gpu-crash:1';
const smi = mkdtempSync(join(tmpdir(), 'mlenv-smi-'));

beforeAll(async () => {
  dockerd = await startDockerd({ name: 'mlenv-gpu-crash', liveRestore: true });
  docker = dockerHand(dockerd.host);
  await buildStandIn({ host: dockerd.host, refs: [image] });
  proxy = await startFaultProxy(dockerd.socket);
  site = createSite({ host: proxy.host, env: { MLENV_NVIDIA_SMI: fakeNvidiaSmi(smi, 'eight') } });
  appendFileSync(site.configFile, 'quotas: { project: { containers: 5 } }\n');
});
afterEach(() => proxy.setFault(() => 'none'));
afterAll(async () => {
  await site.cleanup();
  await proxy.close();
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
const withRecord = <T>(run: (db: Database.Database) => T): T => {
  const db = new Database(join(site.stateDir, 'mlenv.db'));
  try {
    return run(db);
  } finally {
    db.close();
  }
};
const leasesOf = (project: string): readonly string[] =>
  withRecord((db) =>
    db
      .prepare<[string], string>(
        "SELECT uuid FROM gpu_allocations WHERE kind = 'lease' AND container_name LIKE ? ORDER BY uuid",
      )
      .pluck()
      .all(`mlenv-${project}-%`),
  );
const idsOf = async (name: string): Promise<readonly string[]> =>
  ((await docker.inspect(name)).HostConfig.DeviceRequests?.[0]?.DeviceIDs ?? []).toSorted();

test.each([
  ['before the engine heard of it', 'withheld'],
  ['before it heard that the engine had made it', 'stall'],
] as const)('killed between lease and create, %s', async (_, fault) => {
  await site.controller();
  const name = `lease-${fault}`;
  proxy.setFault((method, path) =>
    method === 'POST' && path.startsWith('/containers/create') ? fault : 'none',
  );
  const project = await given(name, { train: { gpus: { count: 2, model: 'H100' } } });
  await until('the cards are given', () => Promise.resolve(leasesOf(name).length === 2));
  await until('the create is under way', () =>
    Promise.resolve(proxy.seen.some((line) => line.includes(`name=mlenv-${name}-train`))),
  );
  const before = leasesOf(name);
  await site.end();
  proxy.setFault(() => 'none');
  expect(leasesOf(name)).toEqual(before);

  await site.controller();
  const { containerName } = await project.reaches('train', ({ ready }) => ready);
  expect(await idsOf(containerName)).toEqual(before);
  expect(leasesOf(name)).toEqual(before);
  await project.ok('down');
  await until('the cards are back', () => Promise.resolve(leasesOf(name).length === 0));
  await site.end();
});

test('a quota that is lowered below use harms nothing that runs, and lets nothing more start', async () => {
  await site.controller();
  const project = await given('lowered', { train: { gpus: { count: 2, model: 'H100' } } });
  const { containerId } = await project.reaches('train', ({ ready }) => ready);
  withRecord((db) =>
    db.prepare('UPDATE project_quotas SET max_gpus = 1 WHERE project_path = ?').run(project.folder),
  );
  // The document's own question, on what is over its limit.
  expect(
    withRecord((db) =>
      db
        .prepare(
          `SELECT current_gpus, max_gpus, (current_containers < max_containers) AS can_create,
             (max_containers - current_containers) AS available_slots
           FROM project_quotas WHERE project_path = ?`,
        )
        .all(project.folder),
    ),
  ).toEqual([{ current_gpus: 2, max_gpus: 1, can_create: 1, available_slots: 4 }]);

  project.save(
    JSON.stringify({
      apiVersion: 'mlenv/v1',
      defaults: { image, stopGrace: '1s', restart: 'never' },
      environments: {
        train: { gpus: { count: 2, model: 'H100' } },
        more: { gpus: { count: 1, model: 'H100' } },
      },
    }),
  );
  const more = await project.reaches('more', ({ reason }) => reason === 'QuotaExceeded');
  expect(more.message).toContain('2 of 1 GPUs in use');
  expect(await project.item('train')).toMatchObject({ ready: true, containerId });
  // The document's own release: what it holds besides is its, and the row follows.
  await project.ok('down');
  await until('all is given back', () => Promise.resolve(leasesOf('lowered').length === 0));
  expect(
    withRecord((db) =>
      db
        .prepare('SELECT current_gpus FROM project_quotas WHERE project_path = ?')
        .pluck()
        .get(project.folder),
    ),
  ).toBe(0);
});
