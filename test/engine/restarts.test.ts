import { afterAll, beforeAll, describe, test } from 'vitest';
import type { Description } from '../../controller/model/api.ts';
import { sharedEngine } from '../support/shared-engine.ts';
import { type DockerHand, dockerHand } from '../support/docker-hand.ts';
import { buildStandIn } from '../support/images.ts';
import { createSite, type Site } from '../support/mlenv.ts';
import { type Project } from '../support/mlenv-project.ts';
import { until } from '../support/until.ts';

/** One controller and many projects at once: what becomes of an environment, and why. */

let docker: DockerHand;
let site: Site;
const image = 'mlenv.test/restarts:1';

beforeAll(async () => {
  const host = sharedEngine().host;
  docker = dockerHand(host);
  await docker.sweep();
  await buildStandIn({ host, refs: [image] });
  site = createSite({ host, namespace: sharedEngine().namespace });
  await site.controller();
});
afterAll(async () => {
  await site.cleanup();
  await docker.sweep();
});

const spec = (environments: Readonly<Record<string, object>>): string =>
  JSON.stringify({
    apiVersion: 'mlenv/v1',
    defaults: { image, stopGrace: '1s' },
    environments,
  });
const sh = (script: string): readonly string[] => ['sh', '-c', script];
const given = async (name: string, environments: Record<string, object>): Promise<Project> => {
  const project = site.project(name, spec(environments));
  await project.ok('up', '--no-wait');
  return project;
};
const startOf = async (project: Project, environment: string): Promise<string> =>
  (await docker.inspect((await project.item(environment)).containerName)).State.StartedAt;

describe.concurrent('restart', () => {
  test('always runs again what ended well', async ({ expect }) => {
    const project = await given('always', { one: { command: sh('sleep 1'), restart: 'always' } });
    const { containerId } = await project.reaches('one', ({ restarts }) => restarts >= 1);
    expect(containerId).not.toBeNull();
    await project.ok('rm');
  });

  test('on-failure is done at exit 0, and waits longer and longer otherwise', async ({
    expect,
  }) => {
    const project = await given('on-failure', {
      good: { command: sh('exit 0') },
      bad: { command: sh('exit 3') },
    });
    const good = await project.reaches('good', ({ phase }) => phase === 'Completed');
    expect(good).toMatchObject({ ready: true, restarts: 0 });
    const bad = await project.reaches('bad', ({ reason }) => reason === 'BackOff');
    expect(bad.restarts).toBeGreaterThanOrEqual(1);
    expect(bad.message).toMatch(/^next in \d+ s: .*exit code 3/);
    expect(await project.ok('status')).toContain('BackingOff');
    await project.ok('restart', 'good');
    await until('it has run twice', async () =>
      (await project.ok('events', 'good')).includes('x2'),
    );
    await project.reaches('good', ({ phase }) => phase === 'Completed');
  });

  test('never says with which code it ended, and is run again only when asked', async ({
    expect,
  }) => {
    const project = await given('never', { job: { command: sh('exit 4'), restart: 'never' } });
    const job = await project.reaches('job', ({ phase }) => phase === 'Failed');
    expect(job).toMatchObject({ reason: 'Failed', ready: false, restarts: 0 });
    expect(job.message).toContain('exit code 4');
    expect((await project.mlenv('up')).code).toBe(1);
    const before = await startOf(project, 'job');
    await project.ok('reconcile', 'job');
    expect(await startOf(project, 'job')).toBe(before);
    await project.ok('restart', 'job');
    await until('it has run again', async () => (await startOf(project, 'job')) !== before);
  });

  test('a limit of restarts and a time limit end it, until restart', async ({ expect }) => {
    const project = await given('limits', {
      fails: { command: sh('exit 3'), restart: { when: 'on-failure', limit: 1 } },
      // Obeys with exit code 0, which is no success.
      hangs: {
        command: sh("trap 'exit 0' TERM; while :; do sleep 0.1; done"),
        restart: 'never',
        timeout: '2s',
        stopGrace: '5s',
      },
    });
    const fails = await project.reaches('fails', ({ reason }) => reason === 'Failed');
    expect(fails.message).toBe(
      'it ended with exit code 3; failed 2 times; limit 1; mlenv restart fails runs it again',
    );
    const hangs = await project.reaches('hangs', ({ reason }) => reason === 'TimedOut');
    expect(hangs).toMatchObject({ phase: 'Failed', ready: false });
    expect(hangs.message).toBe('it was stopped, as it took longer than its timeout of 2 s');
    expect((await docker.inspect(hangs.containerName)).State.ExitCode).toBe(0);
    expect((await project.mlenv('up')).code).toBe(1);
    const before = await startOf(project, 'hangs');
    await project.ok('restart', 'hangs');
    await until('it has run again', async () => (await startOf(project, 'hangs')) !== before);
    await project.reaches('hangs', ({ reason }) => reason === 'TimedOut');
    await project.ok('rm');
  });

  test('never: a docker stop is its end', async ({ expect }) => {
    const project = await given('hand', {
      job: { command: sh('sleep 1000000'), restart: 'never' },
    });
    const { containerName } = await project.reaches('job', ({ ready }) => ready);
    await docker.stop(containerName);
    const job = await project.reaches('job', ({ phase }) => phase === 'Failed');
    expect((await docker.inspect(containerName)).State.Status).toBe('exited');
    expect(job.reason).toBe('Failed');
  });

  test('out of memory is said as such', async ({ expect }) => {
    const project = await given('oom', {
      job: {
        command: sh('x=aaaaaaaa; while :; do x=$x$x; done'),
        restart: 'never',
        memory: '16MB',
        init: false,
      },
    });
    const job = await project.reaches('job', ({ phase }) => phase === 'Failed');
    expect(job.reason).toBe('OutOfMemory');
    expect(job.message).toMatch(/^out of memory, limit 16 MB/);
  });

  test('out of memory in one of its processes is told, and what runs goes on', async ({
    expect,
  }) => {
    const project = await given('oom-child', {
      job: {
        command: sh('(x=aaaaaaaa; while :; do x=$x$x; done); exec sleep 1000000'),
        restart: 'never',
        memory: '16MB',
      },
    });
    const job = await project.reaches('job', ({ conditions }) =>
      conditions.some(({ type }) => type === 'Memory'),
    );
    expect(job).toMatchObject({ ready: true, restarts: 0 });
    expect(job.conditions.find(({ type }) => type === 'Memory')).toMatchObject({
      status: 'False',
      reason: 'OutOfMemory',
      message: 'one of its processes was ended, out of memory, limit 16 MB; the container runs on',
    });
    await project.ok('rm');
  });

  test('a command that is not there fails to start, and says so', async ({ expect }) => {
    const job = { command: ['nonsense'], restart: 'never' };
    const project = await given('no-command', { job: { ...job, init: false }, under: job });
    const item = await project.reaches('job', ({ reason }) => reason === 'StartFailed');
    expect(item.message).toContain('nonsense');
    // The init that Docker puts first starts, and tells it as the shell does.
    const under = await project.reaches('under', ({ phase }) => phase === 'Failed');
    expect(under.message).toContain('exit code 127');
  });
});

describe.concurrent('health', () => {
  test('unhealthy is shown, and healthy again when it is', async ({ expect }) => {
    const project = await given('health', {
      web: {
        command: ['httpd', '-f', '-p', '8080', '-h', '/workspace'],
        health: { http: '8080/ok', interval: '1s', retries: 1 },
      },
    });
    const sick = await project.reaches('web', ({ reason }) => reason === 'Unhealthy');
    expect(sick.ready).toBe(false);
    project.write('ok', 'yes');
    const well = await project.reaches('web', ({ ready }) => ready);
    expect(well).toMatchObject({ reason: 'Healthy', startedAt: sick.startedAt });
  });

  test('what stays unhealthy is restarted, and what its check said is kept', async ({ expect }) => {
    const project = await given('sick', {
      web: {
        command: ['httpd', '-f', '-p', '8080', '-h', '/workspace'],
        health: { http: '8080/ok', interval: '1s', retries: 1, grace: '1s' },
      },
    });
    const sick = await project.reaches('web', ({ reason }) => reason === 'Unhealthy');
    await project.reaches('web', ({ restarts }) => restarts >= 1);
    project.write('ok', 'yes');
    const well = await project.reaches('web', ({ ready }) => ready);
    expect(well.containerId).toBe(sick.containerId);
    const { checks, events } = JSON.parse(
      await project.ok('describe', 'web', '-o', 'json'),
    ) as Description;
    expect(checks.find(({ status }) => status === 'unhealthy')).toMatchObject({
      type: 'docker',
      failures: 1,
      responseMs: expect.any(Number) as unknown,
      message: expect.stringContaining('404') as unknown,
    });
    expect(checks[0]?.status).toBe('healthy');
    expect(events.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^restarted, as its health check fails: .*404/),
    );
    await project.ok('rm');
  });

  test('an image that cannot ask inside is asked from outside', async ({ expect }) => {
    const project = site.project(
      'bare',
      spec({
        web: {
          // Its health check finds no shell, as in an image that has none.
          env: { PATH: '/nothing' },
          command: ['/bin/httpd', '-f', '-p', '8080', '-h', '/workspace'],
          health: { http: '8080/ok', interval: '1s', retries: 1, grace: '0s' },
        },
      }),
    );
    project.write('ok', 'yes');
    await project.ok('up', '--no-wait');
    const well = await project.reaches('web', ({ ready }) => ready);
    expect(well).toMatchObject({ reason: 'Healthy', restarts: 0 });
    const { checks } = JSON.parse(await project.ok('describe', 'web', '-o', 'json')) as Description;
    expect(checks.find(({ type }) => type === 'http')).toMatchObject({
      status: 'healthy',
      message: 'it answered 200',
    });
    await project.ok('rm');
  });

  test('dependsOn orders the start and the stop, and the name is an address', async ({
    expect,
  }) => {
    const project = await given('depends', {
      client: {
        command: sh('wget -q -O - http://db:5432/answer && sleep 1000000'),
        dependsOn: { db: 'healthy' },
      },
      db: {
        command: sh('sleep 2; exec httpd -f -p 5432 -h /workspace'),
        health: { http: '5432/answer', interval: '1s', retries: 100 },
      },
    });
    project.write('answer', '42\n');
    const waiting = await project.reaches(
      'client',
      ({ reason }) => reason === 'DependencyNotReady',
    );
    expect(waiting.message).toContain('db');
    await project.reaches('client', ({ ready }) => ready);
    await until('it has asked', async () => (await project.ok('logs', 'client')) === '42\n');
    await project.ok('down');
    await project.reaches('db', ({ phase }) => phase === 'Stopped');
    const ends = await Promise.all(
      ['client', 'db'].map(async (name) =>
        docker.inspect((await project.item(name)).containerName),
      ),
    );
    expect(ends.map(({ State }) => State.Status)).toEqual(['exited', 'exited']);
    const [client = '', db = ''] = ends.map(({ State }) => State.FinishedAt);
    expect(client < db).toBe(true);
    await project.ok('up');
    expect((await project.item('client')).ready).toBe(true);
  });
});
