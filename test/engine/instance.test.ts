import Database from 'better-sqlite3';
import { existsSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { sharedEngine } from '../support/shared-engine.ts';
import { databaseFile } from '../../controller/store/location.ts';
import { documentSamples } from '../store/document.ts';
import { type DockerHand, dockerHand } from '../support/docker-hand.ts';
import { buildStandIn } from '../support/images.ts';
import { createSite, type Site } from '../support/mlenv.ts';

/** One MLEnv for one engine: who holds it, what is missing, and what its record tells others. */

let docker: DockerHand;
const image = 'mlenv.test/instance:1';
const sites: Site[] = [];

beforeAll(async () => {
  docker = dockerHand(sharedEngine().host);
  await docker.sweep();
  await buildStandIn({ host: sharedEngine().host, refs: [image] });
});
afterEach(async () => {
  for (const site of sites.splice(0)) await site.cleanup();
  await docker.sweep();
});

const given = (host = sharedEngine().host): Site => {
  const site = createSite({ host });
  sites.push(site);
  return site;
};
const spec = (environments: Readonly<Record<string, object>>): string =>
  JSON.stringify({ apiVersion: 'mlenv/v1', defaults: { image, stopGrace: '1s' }, environments });

test('a second MLEnv on the same engine is refused, and told who holds it', async () => {
  const [first, second] = [given(), given()];
  const { pid } = await first.controller();
  const project = second.project('late', spec({ one: {} }));
  const refused = [await second.mlenv(['controller']), await project.mlenv('up')];
  for (const { code, stderr } of refused) {
    expect(code).toBe(3);
    expect(stderr).toContain(`pid ${pid} `);
    expect(stderr).toContain(first.stateDir);
  }
  expect(await docker.containers()).toEqual([]);
  await first.end();
  await project.ok('up');
});

test('without an engine it says so, exits 3, and validate and init need none', async () => {
  const site = given('unix:///nowhere/docker.sock');
  const project = site.project('none', spec({ one: {} }));
  for (const args of [['up'], ['plan'], ['controller']]) {
    const { code, stderr } = await project.mlenv(...args);
    expect([args, code]).toEqual([args, 3]);
    expect(stderr).toContain('/nowhere/docker.sock');
  }
  expect((await project.mlenv('validate')).code).toBe(0);
  const doctor = await project.mlenv('doctor');
  expect(doctor.code).toBe(3);
  expect(doctor.stdout).toContain('/nowhere/docker.sock');
});

test('a command that names nothing exits 2', async () => {
  const site = given();
  const empty = join(site.root, 'empty');
  mkdirSync(empty);
  for (const args of [['up'], ['status', '-o', 'nonsense'], ['nonsense'], ['logs', 'no/such']]) {
    expect([args, (await site.mlenv(args, { cwd: empty })).code]).toEqual([args, 2]);
  }
});

test('asked to stop in the midst of an up it ends within ten seconds, and containers stay', async () => {
  const site = given();
  const controller = await site.controller();
  const project = site.project('stopped', spec({ one: {}, two: {}, slow: { stopGrace: '5m' } }));
  await project.ok('up');
  const before = await docker.containers();
  project.save(spec({ one: { env: { A: '1' } }, two: {}, slow: {} }));
  const { code, tookMs } = await controller.stop();
  expect(code).toBe(0);
  expect(tookMs).toBeLessThan(10_000);
  const states = (await docker.containers()).filter(({ state }) => state === 'running');
  expect(states.length).toBeGreaterThanOrEqual(2);
  const two = before.find(({ labels }) => labels['mlenv.environment'] === 'two');
  expect(states.map(({ id }) => id)).toContain(two?.id);
  await site.controller();
  await project.reaches('one', (item) => item.ready && item.observedGeneration === 2);
});

test('a container of another instance is never touched', async () => {
  const site = given();
  const labels = {
    'mlenv.instance': 'somebody-else',
    'mlenv.project': 'mine',
    'mlenv.project-id': '0123456789abcdef',
    'mlenv.project-path': join(site.root, 'mine'),
    'mlenv.environment': 'one',
  };
  const theirs = await docker.run({ name: 'mlenv-mine-one-01234567', image, labels });
  const before = await docker.inspect(theirs);
  await site.controller();
  const project = site.project('mine', spec({ one: {} }));
  await project.ok('up');
  await project.ok('rm', '--volumes');
  expect(await docker.inspect(theirs)).toEqual(before);
});

test('the record is its owner’s alone, and answers the document’s questions during a run', async () => {
  const site = given();
  await site.controller();
  const project = site.project(
    'asked',
    spec({
      train: { cpus: 1, memory: '64MB', ports: [{ container: 80, host: 'auto' }] },
      done: { command: ['true'] },
    }),
  );
  await project.ok('up');
  // An instance of one's own has no limits but those that are set.
  await project.ok('quota', 'set', '--project', project.folder, '--containers', '5');
  const items = await project.status();
  const train = items.find(({ environment }) => environment === 'train');
  const done = items.find(({ environment }) => environment === 'done');
  expect(statSync(site.stateDir).mode & 0o777).toBe(0o700);
  expect(statSync(databaseFile(site.stateDir)).mode & 0o777).toBe(0o600);

  const record = new Database(databaseFile(site.stateDir), { readonly: true });
  const sample = (part: string): string => {
    const found = documentSamples({}).find(({ title }) => title.includes(part));
    if (found === undefined) throw new Error(`the document has no ${part}`);
    return found.sql.replaceAll(/\/home\/user\/(my-)?project/g, project.folder);
  };
  expect(record.prepare(sample('List running containers')).all()).toMatchObject([
    { container_name: train?.containerName },
  ]);
  const found = record.prepare<[], { readonly status: string }>(
    sample('Find containers for project'),
  );
  const live = found.all().filter(({ status }) => status !== 'deleted');
  expect(live).toHaveLength(2);
  expect(record.prepare(sample('Check if project can create container')).all()).toEqual([
    { can_create: 1, available_slots: 3 },
  ]);
  const rows = 'SELECT * FROM container_instances WHERE container_id = ?';
  expect(record.prepare(rows).get(train?.containerId)).toMatchObject({
    container_name: train?.containerName,
    project_path: realpathSync(project.folder),
    image_name: image,
    status: 'running',
    cpu_limit: 1,
    memory_limit_gb: 64 / 1024,
    gpu_devices: '[]',
    port_mappings: JSON.stringify({ 80: String(train?.ports[0]?.host) }),
    started_at: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
    stopped_at: null,
  });
  expect(record.prepare(rows).get(done?.containerId)).toMatchObject({
    status: 'stopped',
    stopped_at: expect.stringMatching(/^\d{4}-\d\d-\d\d /),
  });
  expect(record.prepare('SELECT * FROM project_quotas').all()).toMatchObject([
    { project_path: project.folder, max_containers: 5, current_containers: 2, max_gpus: null },
  ]);
  await project.ok('rm');
  expect(record.prepare(rows).get(train?.containerId)).toMatchObject({ status: 'deleted' });
  expect(record.prepare('SELECT current_containers FROM project_quotas').pluck().get()).toBe(0);
  record.close();
  expect(existsSync(join(site.stateDir, 'digest.key'))).toBe(true);
});
