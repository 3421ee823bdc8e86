import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, type ExpectStatic, test } from 'vitest';
import type { StatusItem } from '../../controller/model/api.ts';
import { type DockerHand, dockerHand } from '../support/docker-hand.ts';
import { type PrivateDockerd, startDockerd } from '../support/dockerd.ts';
import { fakeNvidiaSmi } from '../support/fake-nvidia-smi.ts';
import { buildStandIn } from '../support/images.ts';
import { createSite, type Site } from '../support/mlenv.ts';
import type { Project } from '../support/mlenv-project.ts';
import { until } from '../support/until.ts';

/**
 * `docs/start-faults.md` on a real engine, as far as one can show it: what it says when a part of a container is gone,
 * what becomes of the container then, and that things come right once the cause is gone.
 */

let dockerd: PrivateDockerd;
let docker: DockerHand;
let site: Site;
const image = 'mlenv.test/start-faults:1';
/** Its USER is in none of its files. */
const strangers = 'mlenv.test/start-faults-of-a-stranger:1';
const smi = mkdtempSync(join(tmpdir(), 'mlenv-smi-'));

const sleeps = { restart: 'on-failure' };
const spec = (environments: Readonly<Record<string, object>>): string =>
  JSON.stringify({ apiVersion: 'mlenv/v1', defaults: { image, stopGrace: '1s' }, environments });
const given = async (
  name: string,
  environments: Record<string, object>,
  prepare: (folder: string) => void = () => {},
): Promise<Project> => {
  const project = site.project(name, spec({}));
  prepare(project.folder);
  project.save(spec(environments));
  await project.ok('up', '--no-wait');
  return project;
};
/** Its container is there and does not run, as nobody asks for it. */
const stopped = async (project: Project, environment: string): Promise<StatusItem> => {
  const running = await project.reaches(environment, ({ ready }) => ready);
  await project.ok('down');
  await until('it is stopped', async () => (await stateOf(running.containerName)) === 'exited');
  return running;
};
/** Its next try may come at any moment, so that the words are part of what is waited for. */
const waitsWith =
  (words: RegExp) =>
  ({ reason, message }: StatusItem): boolean =>
    reason === 'BackOff' && words.test(message);
const stateOf = async (name: string): Promise<string> => (await docker.inspect(name)).State.Status;
const eventsOf = async (project: Project, environment: string): Promise<string> =>
  project.ok('events', environment);
/** `docker network rm` and `docker volume rm`. */
const removed = (path: string): void => {
  execFileSync('curl', [
    '-fsS',
    '-X',
    'DELETE',
    '--unix-socket',
    dockerd.socket,
    `http://d${path}`,
  ]);
};
const networkOf = (name: string): string =>
  Object.keys(
    (
      JSON.parse(
        execFileSync(
          'curl',
          ['-fsS', '--unix-socket', dockerd.socket, `http://d/containers/${name}/json`],
          { encoding: 'utf8' },
        ),
      ) as { NetworkSettings: { Networks: Record<string, unknown> } }
    ).NetworkSettings.Networks,
  )[0] ?? '';
const inNamespace = (...argv: readonly string[]): void => {
  execFileSync('ip', ['netns', 'exec', dockerd.namespace, ...argv]);
};

/** What had a container of NVIDIA's runtime when the engine still knew that. */
let runtime: { readonly project: Project; readonly before: StatusItem };

beforeAll(async () => {
  dockerd = await startDockerd({ name: 'mlenv-start-faults', nvidiaRuntime: true });
  docker = dockerHand(dockerd.host);
  await buildStandIn({ host: dockerd.host, refs: [image] });
  await buildStandIn({ host: dockerd.host, refs: [strangers], user: 'nobody1' });
  site = createSite({
    host: dockerd.host,
    namespace: dockerd.namespace,
    env: { MLENV_NVIDIA_SMI: fakeNvidiaSmi(smi, 'eight') },
  });
  const rule = {
    rule: 'MLE-SEC-027',
    project: join(site.root, 'address'),
    until: '2999-12-31',
    reason: 'an address that the host may lose',
  };
  appendFileSync(site.configFile, `policy: ${JSON.stringify({ exceptions: [rule] })}\n`);
  await site.controller();
  const project = await given('runtime', { train: { ...sleeps, gpus: { model: 'H100' } } });
  runtime = { project, before: await stopped(project, 'train') };
  const config = join(dockerd.folder, 'daemon.json');
  const { runtimes: _, ...rest } = JSON.parse(readFileSync(config, 'utf8')) as { runtimes: object };
  writeFileSync(config, JSON.stringify(rest));
  await dockerd.restart();
});
afterAll(async () => {
  await site?.cleanup();
  await dockerd?.cleanup();
  rmSync(smi, { recursive: true, force: true });
});

describe.concurrent('what the host lacks', () => {
  test('a runtime that the engine does not know any more: made anew with what it has now', async ({
    expect,
  }) => {
    const { project, before } = runtime;
    await project.ok('up', '--no-wait');
    const after = await project.reaches('train', ({ ready }) => ready);
    expect(after.containerId).not.toBe(before.containerId);
    expect(await eventsOf(project, 'train')).toMatch(/StartFailed.*[Rr]untime/);
    expect((await docker.inspect(after.containerName)).HostConfig.DeviceRequests).toHaveLength(1);
    await project.ok('rm');
  });

  test('a network that was removed while nothing ran: made anew', async ({ expect }) => {
    const project = await given('network', { web: sleeps });
    const before = await stopped(project, 'web');
    removed(`/networks/${networkOf(before.containerName)}`);
    await project.ok('up', '--no-wait');
    const after = await project.reaches('web', ({ ready }) => ready);
    expect(after.containerId).not.toBe(before.containerId);
    expect(await eventsOf(project, 'web')).toMatch(/StartFailed.*network \S+ not found/);
    await project.ok('rm');
  });

  test('a volume without its folder waits, and goes on once the volume is removed', async () => {
    const project = await given('volume', {
      web: { ...sleeps, mounts: [{ volume: 'cache', target: '/cache' }] },
    });
    const before = await stopped(project, 'web');
    const { Mounts } = await docker.inspect(before.containerName);
    const { Name = '', Source = '' } = Mounts.find((each) => each.Destination === '/cache') ?? {};
    rmSync(join(Source, '..'), { recursive: true });
    await project.ok('up', '--no-wait');
    await project.reaches('web', waitsWith(new RegExp(Name)));
    await until('its container is gone', async () => {
      const all = await docker.containers();
      return all.every(({ name }) => name !== before.containerName);
    });
    removed(`/volumes/${Name}`);
    await project.reaches('web', ({ ready }) => ready);
    await project.ok('rm', '--volumes');
  });

  test('a folder that is not there: what ran is kept, and runs again when it is back', async ({
    expect,
  }) => {
    const project = await given(
      'folder',
      { web: { ...sleeps, mounts: [{ source: './data', target: '/data' }] } },
      (folder) => mkdirSync(join(folder, 'data')),
    );
    const before = await stopped(project, 'web');
    rmSync(join(project.folder, 'data'), { recursive: true });
    await project.mlenv('up', '--no-wait');
    const waiting = await project.reaches('web', ({ message }) =>
      message.includes('does not exist'),
    );
    expect(waiting.containerId).toBe(before.containerId);
    expect(await stateOf(before.containerName)).toBe('exited');
    mkdirSync(join(project.folder, 'data'));
    await project.ok('up', '--no-wait');
    const after = await project.reaches('web', ({ ready }) => ready);
    expect(after.containerId).toBe(before.containerId);
    await project.ok('rm');
  });

  test('an address that the host has not: what never ran is made anew until it has it', async ({
    expect,
  }) => {
    const project = await given('address', {
      job: { restart: 'never', ports: ['10.99.99.99:8099:80'] },
    });
    const waiting = await project.reaches('job', waitsWith(/cannot assign requested address/));
    expect(waiting.phase).not.toBe('Failed');
    inNamespace('ip', 'address', 'add', '10.99.99.99/32', 'dev', 'lo');
    await project.ok('up', '--no-wait');
    const after = await project.reaches('job', ({ ready }) => ready);
    expect(after.containerId).not.toBe(waiting.containerId);
    await project.ok('rm');
  });

  test("NVIDIA's hook fails: a job that never ran is not failed by it, and runs when it works", async ({
    expect,
  }) => {
    dockerd.failGpuHook(true);
    const project = await given('hook', { job: { restart: 'never', gpus: { model: 'L40S' } } });
    const waiting = await project.reaches('job', waitsWith(/the card does not answer/));
    expect(waiting.phase).not.toBe('Failed');
    await until('others may have its GPU meanwhile', async () => {
      const { gpus } = await (await site.api()).gpus();
      return gpus.every(({ holders }) => holders.every(({ project: of }) => of !== 'hook'));
    });
    dockerd.failGpuHook(false);
    await project.reaches('job', ({ ready }) => ready);
    await project.ok('rm');
  });
});

const mended = async (
  expect: ExpectStatic,
  {
    name,
    wrong,
    right,
    words,
    prepare,
  }: {
    readonly name: string;
    readonly wrong: object;
    readonly right: object;
    readonly words: RegExp;
    readonly prepare?: (folder: string) => void;
  },
): Promise<void> => {
  const project = await given(
    name,
    { job: { restart: 'never', ...wrong }, service: { ...sleeps, ...wrong } },
    prepare,
  );
  const job = await project.reaches('job', ({ phase }) => phase === 'Failed');
  expect(job.reason).toMatch(/^(StartFailed|CreateRefused)$/);
  expect(job.message).toMatch(words);
  await project.reaches('service', waitsWith(words));
  project.save(spec({ job: { restart: 'never', ...right }, service: { ...sleeps, ...right } }));
  await project.ok('up', '--no-wait');
  await project.reaches('job', ({ ready }) => ready);
  await project.reaches('service', ({ ready }) => ready);
  await project.ok('rm');
};

describe.concurrent(
  'what the spec has wrong: a job fails, all else is tried again, a new spec runs',
  () => {
    test('a command that is not in the image', async ({ expect }) => {
      await mended(expect, {
        name: 'command',
        wrong: { init: false, command: ['nonsense'] },
        right: { init: false, command: ['sleep', '1000'] },
        words: /"nonsense": executable file not found/,
      });
    });

    test('a user that is not in the image', async ({ expect }) => {
      await mended(expect, {
        name: 'user',
        wrong: { user: 'image', workspace: false, image: strangers },
        right: { user: 'image', workspace: false },
        words: /unable to find user nobody1/,
      });
    });

    test('a folder that is mounted on a file', async ({ expect }) => {
      await mended(expect, {
        name: 'kind',
        wrong: { user: 'image', mounts: [{ source: './data', target: '/etc/passwd' }] },
        right: { user: 'image', mounts: [{ source: './data', target: '/data' }] },
        words: /not a directory/,
        prepare: (folder) => mkdirSync(join(folder, 'data')),
      });
    });

    test('a file that is mounted on a folder', async ({ expect }) => {
      await mended(expect, {
        name: 'kind-of-file',
        wrong: { user: 'image', mounts: [{ source: './file', target: '/home' }] },
        right: { user: 'image', mounts: [{ source: './file', target: '/file' }] },
        words: /not a directory/,
        prepare: (folder) => writeFileSync(join(folder, 'file'), ''),
      });
    });
  },
);
