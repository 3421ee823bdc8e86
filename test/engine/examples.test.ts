import { cpSync, readFileSync, rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sharedEngine } from '../support/shared-engine.ts';
import { packageFolder } from '../../schema/files.ts';
import { type DockerHand, dockerHand, fetchInside } from '../support/docker-hand.ts';
import { committed } from '../support/generated.ts';
import { buildStandIn } from '../support/images.ts';
import { createSite, type Site } from '../support/mlenv.ts';
import { createProject, type Project } from '../support/mlenv-project.ts';
import { until } from '../support/until.ts';

/** What a new user clones: every example on a real engine, with small images under the names that it gives. */

let docker: DockerHand;
let site: Site;

const examples = {
  minimal: { web: 'Healthy' },
  'pytorch-notebook': { notebook: 'Healthy' },
  tensorboard: { train: 'Completed', board: 'Healthy' },
  'cpu-training': { train: 'Running' },
  'batch-job': { 'count-words': 'Completed' },
} as const;

const page = (path: string, port: number): string =>
  `mkdir -p /tmp/www; echo stand-in >/tmp/www/${path}; exec httpd -f -p ${port} -h /tmp/www`;

beforeAll(async () => {
  const host = sharedEngine().host;
  docker = dockerHand(host);
  await docker.sweep();
  site = createSite({ host });
});
afterAll(async () => {
  await site.cleanup();
  await docker.sweep();
});

/** As a person has it who copied it. */
const copyOf = (name: string): Project => {
  const folder = join(site.root, name);
  cpSync(join(packageFolder(), 'examples', name), folder, { recursive: true });
  return createProject(site, folder, null);
};

describe('on an engine without an image, each prints its plan', () => {
  test.each(Object.keys(examples))('%s', async (name) => {
    const project = copyOf(name);
    const said = (await project.ok('plan')).replaceAll(project.folder, `/home/you/${name}`);
    expect(said).not.toContain(site.root);
    expect(committed(`examples/${name}/plan.txt`, said)).toBe(said);
    rmSync(project.folder, { recursive: true });
  });
});

describe('brought up', () => {
  beforeAll(async () => {
    const { host } = site;
    await Promise.all([
      buildStandIn({ host, refs: ['busybox:1.36'] }),
      buildStandIn({
        host,
        refs: ['python:3.12-slim'],
        scripts: { '/usr/bin/python': 'exec sleep 1000000' },
      }),
      buildStandIn({
        host,
        refs: ['nvcr.io/nvidia/pytorch:24.05-py3'],
        scripts: {
          '/usr/bin/python': 'mkdir -p runs; echo curve >runs/curve',
          '/usr/bin/jupyter': page('api', 8888),
          '/usr/bin/tensorboard': page('index.html', 6006),
        },
      }),
    ]);
    await site.controller();
  });

  test.concurrent.each(Object.entries(examples))(
    '%s reaches %o, has nothing to do then, and leaves nothing',
    async (name, reasons) => {
      const project = copyOf(name);
      // An engine refuses more cores than it has, and a machine for tests may have few.
      const spec = readFileSync(join(project.folder, 'mlenv.yaml'), 'utf8');
      project.save(
        spec.replace(/cpus: (\d+)/, (_, wish) => `cpus: ${Math.min(Number(wish), cpus().length)}`),
      );
      await project.ok('up');
      const items = await project.status();
      expect(Object.fromEntries(items.map((item) => [item.environment, item.reason]))).toEqual(
        reasons,
      );
      expect(items.every(({ ready }) => ready)).toBe(true);
      for (const { ports } of items) {
        for (const { host } of ports) {
          const url = `http://127.0.0.1:${host}/${host === 8888 ? 'api' : ''}`;
          expect(await fetchInside(sharedEngine().namespace, url)).toMatch(/stand-in|Hello/);
        }
      }
      if (name === 'batch-job') {
        expect(readFileSync(join(project.folder, 'output.txt'), 'utf8')).toBe('8\n');
      }
      expect((await project.mlenv('plan', '--exit-code')).code).toBe(0);
      const projectId = items[0]?.projectId;
      await project.ok('rm', '--volumes');
      const left = (await docker.containers()).filter(
        ({ labels }) => labels['mlenv.project-id'] === projectId,
      );
      expect(left).toEqual([]);
    },
  );

  test('afterwards there is no container, network or volume of MLEnv', async () => {
    await until('the last one has gone', async () => (await docker.networks()).length === 0);
    expect(await docker.containers()).toEqual([]);
    expect((await docker.volumes()).filter((name) => name.startsWith('mlenv'))).toEqual([]);
  });
});
