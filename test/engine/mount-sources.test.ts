import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DockerHand, dockerHand } from '../support/docker-hand.ts';
import { type PrivateDockerd, startDockerd } from '../support/dockerd.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { buildStandIn } from '../support/images.ts';
import { createSite, type Site } from '../support/mlenv.ts';
import type { Project } from '../support/mlenv-project.ts';
import { until } from '../support/until.ts';

/** What is mounted is compared with what was looked at: no project that is as it was is taken for another one. */

let dockerd: PrivateDockerd;
let docker: DockerHand;
let proxy: FaultProxy;
let site: Site;
const image = 'mlenv.test/mount-sources:1';
const root = realpathSync(mkdtempSync(join(tmpdir(), 'mlenv-mount-root-')));
const shared = join(root, 'data sets ä');

beforeAll(async () => {
  dockerd = await startDockerd({ name: 'mlenv-mount-sources', liveRestore: true });
  docker = dockerHand(dockerd.host);
  await buildStandIn({ host: dockerd.host, refs: [image] });
  proxy = await startFaultProxy(dockerd.socket);
  site = createSite({ host: proxy.host, namespace: dockerd.namespace });
  mkdirSync(join(shared, 'sub'), { recursive: true });
  appendFileSync(site.configFile, `mountRoots: [{ path: ${JSON.stringify(shared)} }]\n`);
  await site.controller();
});
afterAll(async () => {
  await site?.cleanup();
  await proxy?.close();
  await dockerd?.cleanup();
  rmSync(root, { recursive: true, force: true });
});

const given = async (
  name: string,
  environment: object,
  prepare: (folder: string) => void,
): Promise<Project> => {
  const project = site.project(name, '{}');
  prepare(project.folder);
  project.save(
    JSON.stringify({
      apiVersion: 'mlenv/v1',
      defaults: { image, stopGrace: '1s' },
      environments: { web: environment },
    }),
  );
  await project.ok('up', '--no-wait');
  return project;
};
const startOf = async (name: string): Promise<string> =>
  (await docker.inspect(name)).State.StartedAt;

test('every kind of mount, a path of spaces and letters, and starts of all sorts: no false word', async () => {
  const project = await given(
    'ünï cöde',
    {
      mounts: [
        { source: './data dir', target: '/data' },
        { source: './one file.txt', target: '/one.txt', readOnly: true },
        { source: shared, target: '/root set', readOnly: true },
        { source: join(shared, 'sub'), target: '/data/sub' },
        { volume: 'cache', target: '/cache' },
        { tmpfs: true, target: '/scratch' },
      ],
    },
    (folder) => {
      mkdirSync(join(folder, 'data dir'));
      writeFileSync(join(folder, 'one file.txt'), 'one');
    },
  );
  const first = await project.reaches('web', ({ ready }) => ready);
  let before = await startOf(first.containerName);
  const startsAgain = async (): Promise<void> => {
    await until(
      'it has started again',
      async () => (await startOf(first.containerName)) !== before,
    );
    await project.reaches('web', ({ ready }) => ready);
    before = await startOf(first.containerName);
  };
  await project.ok('restart', 'web');
  await startsAgain();
  await docker.kill(first.containerName);
  await startsAgain();
  // As git does it for another commit: the folder and the file are new ones.
  rmSync(join(project.folder, 'data dir'), { recursive: true });
  mkdirSync(join(project.folder, 'data dir'));
  writeFileSync(join(project.folder, 'one file.new'), 'two');
  renameSync(join(project.folder, 'one file.new'), join(project.folder, 'one file.txt'));
  await docker.kill(first.containerName);
  await startsAgain();
  // It lives on through this one.
  await dockerd.restart();
  await project.reaches('web', ({ ready }) => ready);
  expect(await startOf(first.containerName)).toBe(before);
  // Through a link to its folder.
  symlinkSync(site.root, join(root, 'home'));
  const status = await site.mlenv(['status'], { cwd: join(root, 'home', project.name) });
  expect(status.stdout).toContain('Running');
  expect(await project.ok('events')).not.toContain('MountSourceChanged');
  expect((await project.item('web')).containerId).toBe(first.containerId);
  await project.ok('rm', '--volumes');
});

test('a folder that is swapped before a later start: stopped, told, waited for, and no end of its job', async () => {
  const project = await given(
    'swapped',
    { restart: 'never', mounts: [{ source: './box', target: '/box' }] },
    (folder) => mkdirSync(join(folder, 'box')),
  );
  const { containerName } = await project.reaches('web', ({ ready }) => ready);
  await project.ok('down');
  const box = join(project.folder, 'box');
  // After the last look, and before the engine mounts: once.
  proxy.setFault((method, path) => {
    if (method === 'POST' && path.includes('/start')) {
      proxy.setFault(() => 'none');
      renameSync(box, `${box}.kept`);
      mkdirSync(box);
    }
    return 'none';
  });
  await project.ok('up', '--no-wait');
  const waiting = await project.reaches('web', ({ reason }) => reason === 'BackOff');
  expect(waiting).toMatchObject({ phase: 'BackingOff', restarts: 1 });
  expect(waiting.message).toContain(`${box} is mounted as another folder`);
  expect((await docker.inspect(containerName)).State.Status).toBe('exited');
  expect(await project.ok('events', 'web')).toMatch(/Warning +MountSourceChanged/);
  expect(await project.ok('runs', 'web')).toContain('mount-changed');
  // What lies there now is what is looked at the next time.
  await project.reaches('web', ({ ready }) => ready);
  await project.ok('rm');
});
