import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sharedEngine } from '../support/shared-engine.ts';
import { type DockerHand, dockerHand } from '../support/docker-hand.ts';
import { buildStandIn } from '../support/images.ts';
import { createSite, type Site } from '../support/mlenv.ts';
import { type Project } from '../support/mlenv-project.ts';
import { until } from '../support/until.ts';

/** One controller and many projects at once: what waits, for what, and until when. */

let docker: DockerHand;
let site: Site;
const image = 'mlenv.test/waiting:1';

beforeAll(async () => {
  const host = sharedEngine().host;
  docker = dockerHand(host);
  await docker.sweep();
  await buildStandIn({ host, refs: [image] });
  site = createSite({ host });
  appendFileSync(site.configFile, 'quotas: { project: { containers: 5 } }\n');
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
const given = async (name: string, environments: Record<string, object>): Promise<Project> => {
  const project = site.project(name, spec(environments));
  await project.ok('up', '--no-wait');
  return project;
};

describe.concurrent('held', () => {
  test('down outlives a kill of the controller and an edit; up lifts it', async ({ expect }) => {
    const project = await given('down', { one: {} });
    await project.reaches('one', ({ ready }) => ready);
    await project.ok('down');
    const down = await project.item('one');
    expect(down).toMatchObject({ phase: 'Stopped', reason: 'HeldDown' });
    project.save(spec({ one: { env: { A: '1' } } }));
    await project.reaches('one', ({ generation }) => generation === 2);
    await project.ok('reconcile', 'one');
    expect((await project.item('one')).phase).toBe('Stopped');
    await project.ok('up');
    expect(await project.item('one')).toMatchObject({ ready: true, observedGeneration: 2 });
  });

  test('suspend keeps even drift as it is; resume mends it', async ({ expect }) => {
    const project = await given('suspend', { one: {} });
    const { containerName, containerId } = await project.reaches('one', ({ ready }) => ready);
    await project.ok('suspend', 'one');
    await docker.kill(containerName);
    await project.reaches('one', ({ ready, reason }) => !ready && reason === 'Suspended');
    await project.ok('reconcile', 'one');
    expect((await docker.inspect(containerName)).State.Status).toBe('exited');
    await project.ok('resume', 'one');
    expect((await project.reaches('one', ({ ready }) => ready)).containerId).toBe(containerId);
  });

  test('state: stopped is a wish of the file', async ({ expect }) => {
    const project = await given('stopped', { one: {} });
    await project.reaches('one', ({ ready }) => ready);
    project.save(spec({ one: { state: 'stopped' } }));
    const stopped = await project.reaches('one', ({ phase }) => phase === 'Stopped');
    expect(stopped.reason).toBe('Stopped');
    project.save(spec({ one: { state: 'running' } }));
    expect((await project.reaches('one', ({ ready }) => ready)).containerId).toBe(
      stopped.containerId,
    );
  });

  test('manual: a change waits until it is approved, and in-place ones do not', async ({
    expect,
  }) => {
    const wish = (more: object): string => spec({ one: { updates: 'manual', ...more } });
    const project = site.project('manual', wish({ memory: '64MB' }));
    await project.ok('up');
    const before = await project.item('one');
    await project.ok('exec', 'one', '--', 'touch', '/root-file');
    project.save(wish({ memory: '128MB' }));
    await until(
      'the limit is changed in place',
      async () => (await docker.inspect(before.containerName)).HostConfig.Memory === 128 * 2 ** 20,
    );
    project.save(wish({ memory: '128MB', env: { A: '1' } }));
    const waiting = await project.reaches('one', ({ reason }) => reason === 'UpdatePending');
    expect(waiting).toMatchObject({ containerId: before.containerId, startedAt: before.startedAt });
    const told = await project.ok('describe', 'one');
    expect(told).toContain('env.A');
    expect(told).toContain('/root-file');
    await project.ok('approve', 'one');
    const after = await project.reaches(
      'one',
      (item) => item.ready && item.observedGeneration === 3,
    );
    expect(after.containerId).not.toBe(before.containerId);
  });

  test('what vanished from the file runs on, and says until when', async ({ expect }) => {
    const project = await given('prune', { keep: {}, gone: {} });
    const before = await project.reaches('gone', ({ ready }) => ready);
    project.save(spec({ keep: {} }));
    const item = await project.reaches('gone', ({ reason }) => reason === 'PruneScheduled');
    expect(item.message).toMatch(/due in (9|10) min/);
    expect((await docker.inspect(before.containerName)).State.Status).toBe('running');
    project.save(spec({ keep: {}, gone: {} }));
    await project.reaches('gone', ({ ready, reason }) => ready && reason !== 'PruneScheduled');
    expect((await project.item('gone')).containerId).toBe(before.containerId);
  });
});

describe.concurrent('waiting', () => {
  test('the sixth environment waits for the quota that is configured: exit 4', async ({
    expect,
  }) => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const project = site.project(
      'quota',
      spec(Object.fromEntries(names.map((name) => [name, {}]))),
    );
    const up = await project.mlenv('up', '--timeout', '20s');
    expect(up.code).toBe(4);
    const items = await project.status();
    const waiting = items.filter(({ reason }) => reason === 'QuotaExceeded');
    expect(waiting).toHaveLength(1);
    expect(waiting[0]?.message).toContain('5');
    expect(items.filter(({ ready }) => ready)).toHaveLength(5);
    await project.ok('rm');
  });

  test('a container that is not ours and bears the name is never touched', async ({ expect }) => {
    const project = site.project('foreign', spec({ one: {} }));
    await project.ok('up');
    const { containerName } = await project.item('one');
    await project.ok('rm');
    const foreign = await docker.run({ name: containerName, image });
    await project.ok('up', '--no-wait');
    const item = await project.reaches('one', ({ reason }) => reason === 'NameConflict');
    expect(item.message).toContain(foreign.slice(0, 12));
    await project.ok('rm');
    expect((await docker.inspect(foreign)).State.Status).toBe('running');
    await docker.remove(foreign);
  });

  test('a host port that another project has', async ({ expect }) => {
    const wish = { one: { ports: ['18080:80'] } };
    const first = await given('port-one', wish);
    await first.reaches('one', ({ ready }) => ready);
    const second = await given('port-two', wish);
    const item = await second.reaches('one', ({ reason }) => reason === 'PortInUse');
    expect(item.message).toContain('18080');
    await first.ok('rm');
    await second.reaches('one', ({ ready }) => ready);
  });

  test('an image that is not there: pull never, and a pull that fails', async ({ expect }) => {
    const project = await given('pulls', {
      never: { image: 'mlenv.test/nowhere:1', pull: 'never' },
      missing: { image: '127.0.0.1:1/nowhere:1' },
    });
    await project.reaches('never', ({ reason }) => reason === 'ImageMissing');
    const item = await project.reaches('missing', ({ reason }) => reason === 'ImagePullBackOff');
    expect(item.message).toContain('127.0.0.1:1/nowhere:1');
    await buildStandIn({ host: site.host, refs: ['mlenv.test/nowhere:1'] });
    await project.ok('reconcile', 'never');
    await project.reaches('never', ({ ready }) => ready);
  });
});

test('what is not ours has never been touched', async () => {
  const all = await docker.containers();
  const instances = new Set(all.map(({ labels }) => labels['mlenv.instance'] ?? 'none'));
  expect([...instances].filter((id) => id !== 'none')).toHaveLength(1);
});
