import { appendFileSync, cpSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sharedEngine } from '../support/shared-engine.ts';
import { type DockerHand, dockerHand } from '../support/docker-hand.ts';
import { buildStandIn } from '../support/images.ts';
import { type ControllerProcess, createSite, type Site } from '../support/mlenv.ts';
import { createProject, type Project } from '../support/mlenv-project.ts';
import { until } from '../support/until.ts';

/** The record is lost, folders move and are copied: each test goes on where the last one ended. */

let docker: DockerHand;
let site: Site;
let project: Project;
let controller: ControllerProcess;
const image = 'mlenv.test/record:1';

const spec = `apiVersion: mlenv/v1
environments:
  dev:
    image: ${image}
    stopGrace: 1s
  web:
    image: ${image}
    command: [httpd, -f, -p, '8080', -h, /workspace]
    ports: [{ container: 8080, host: auto }]
    health: { http: 8080, interval: 1s }
    stopGrace: 1s
`;

beforeAll(async () => {
  const host = sharedEngine().host;
  docker = dockerHand(host);
  await docker.sweep();
  await buildStandIn({ host, refs: [image] });
  site = createSite({ host });
  project = site.project('first', spec);
  project.write('index.html', 'Hello from the workspace.');
  controller = await site.controller();
  await project.ok('up');
});
afterAll(async () => {
  await site.cleanup();
  await docker.sweep();
});

/** One that failed leaves nothing for the next one to go on from. */
let failed = '';
beforeEach(({ task, onTestFailed }) => {
  if (failed !== '') throw new Error(`the story ended at: ${failed}`);
  onTestFailed(() => void (failed = task.name));
});

const ours = async (of: Project = project): Promise<readonly string[]> =>
  (await docker.containers())
    .filter(({ labels }) => labels['mlenv.project-path'] === of.folder)
    .map(({ name }) => name)
    .sort();
const startOf = async (id: string | null): Promise<string> =>
  (await docker.inspect(id ?? '')).State.StartedAt;
const ready = (of: { readonly ready: boolean }): boolean => of.ready;

const database = (): string => join(site.stateDir, 'mlenv.db');

describe('the record is lost', () => {
  test.each([
    [
      'deleted',
      () => {
        for (const end of ['', '-wal', '-shm']) rmSync(`${database()}${end}`, { force: true });
      },
    ],
    [
      'corrupt',
      () => {
        for (const end of ['-wal', '-shm']) rmSync(`${database()}${end}`, { force: true });
        rmSync(database());
        appendFileSync(database(), Buffer.alloc(8192, 'garbage'));
      },
    ],
  ])(
    '%s: rebuilt from files and labels; what ran runs on, what did not waits for up',
    async (how, lose) => {
      const { containerId: devId } = await project.item('dev');
      const web = await project.item('web');
      const started = await startOf(devId);
      await controller.stop();
      await docker.kill(web.containerName);
      lose();
      controller = await site.controller();
      const dev = await project.reaches('dev', ready);
      expect([dev.containerId, await startOf(dev.containerId)]).toEqual([devId, started]);
      expect(dev.projectId).toBe(web.projectId);
      await project.reaches('web', ({ reason }) => reason === 'Rebuilt');
      await project.ok('reconcile');
      expect((await docker.inspect(web.containerName)).State.Status).toBe('exited');
      expect(readdirSync(site.stateDir).some((name) => name.includes('corrupt'))).toBe(
        how === 'corrupt',
      );
      await project.ok('up');
      const again = await project.item('web');
      expect(again.ready).toBe(true);
      expect(again.ports).toEqual(web.ports);
      expect(await startOf(devId)).toBe(started);
      expect(await ours()).toHaveLength(2);
    },
  );
});

describe('folders', () => {
  test('renamed it is the same project, whose containers are made anew for the new path', async () => {
    const before = await project.item('dev');
    const to = join(site.root, 'renamed');
    renameSync(project.folder, to);
    const moved = createProject(site, to, null);
    const dev = await moved.reaches(
      'dev',
      (item) => item.ready && item.projectPath === to && item.containerId !== before.containerId,
    );
    expect(dev.projectId).toBe(before.projectId);
    await moved.reaches('web', (item) => item.ready);
    expect(await ours()).toEqual([]);
    expect(await ours(moved)).toHaveLength(2);
    project = moved;
  });

  test('cloned twice it is two more projects, which never touch each other', async () => {
    const before = await project.status();
    const clones = ['one', 'two'].map((name) => {
      cpSync(project.folder, join(site.root, name, 'vision'), { recursive: true });
      return createProject(site, join(site.root, name, 'vision'), null);
    });
    await Promise.all(clones.map((clone) => clone.ok('up')));
    const ids = await Promise.all(clones.map(async (clone) => (await clone.item('dev')).projectId));
    expect(new Set([...ids, before[0]?.projectId]).size).toBe(3);
    const ambiguous = await site.mlenv(['logs', 'vision/dev']);
    expect(ambiguous.code).toBe(2);
    for (const { folder } of clones) expect(ambiguous.stderr).toContain(folder);
    await clones[0]?.ok('rm', '--volumes');
    expect(await Promise.all(clones.map((clone) => ours(clone)))).toMatchObject([
      [],
      { length: 2 },
    ]);
    await clones[1]?.ok('rm', '--volumes');
    expect(await project.status()).toEqual(before);
  });

  test('rm leaves nothing, and up brings it back', async () => {
    await project.ok('rm');
    expect(await ours()).toEqual([]);
    expect((await project.item('dev')).reason).toMatch(/^(HeldRemoved|Deleted)$/);
    await project.ok('up');
    expect(await ours()).toHaveLength(2);
    await project.ok('rm', '--volumes');
    expect(await ours()).toEqual([]);
    await until('the network has gone too', async () => (await docker.networks()).length === 0);
    expect((await docker.volumes()).filter((name) => name.startsWith('mlenv'))).toEqual([]);
    expect(existsSync(join(project.folder, 'mlenv.yaml'))).toBe(true);
  });
});
