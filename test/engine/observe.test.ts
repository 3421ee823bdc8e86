import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DockerHand, dockerHand } from '../support/docker-hand.ts';
import { type PrivateDockerd, startDockerd } from '../support/dockerd.ts';
import { fakeNvidiaSmi } from '../support/fake-nvidia-smi.ts';
import { buildStandIn } from '../support/images.ts';
import { createSite, type Site } from '../support/mlenv.ts';
import { until } from '../support/until.ts';

/**
 * A lab's Monday: a real engine on which somebody trains already, a recording of eight GPUs, and an MLEnv
 * that only observes. What the engine itself tells of is the judge.
 */

let dockerd: PrivateDockerd;
let docker: DockerHand;
let site: Site;
const image = 'mlenv.test/observe:1';
const smi = mkdtempSync(join(tmpdir(), 'mlenv-smi-'));
const theirs = 'GPU-00000000-2222-3333-4444-555555555550';

beforeAll(async () => {
  dockerd = await startDockerd({ name: 'mlenv-observe', liveRestore: true });
  docker = dockerHand(dockerd.host);
  const scripts = { '/usr/bin/nvidia-smi': 'echo "GPU 0: H100 (UUID: $NVIDIA_VISIBLE_DEVICES)"' };
  await buildStandIn({ host: dockerd.host, refs: [image], scripts });
  site = createSite({
    host: dockerd.host,
    env: { MLENV_NVIDIA_SMI: fakeNvidiaSmi(smi, 'eight') },
  });
  appendFileSync(site.configFile, 'health: { gpuInterval: 1s }\n');
});
afterAll(async () => {
  await site.cleanup();
  await dockerd.cleanup();
  rmSync(smi, { recursive: true, force: true });
});

/** The engine keeps its events by the time of its own clock, which is ours. */
const quietSince = async (since: number): Promise<void> => {
  expect(await docker.events(since)).toEqual([]);
};
const spec = JSON.stringify({
  apiVersion: 'mlenv/v1',
  defaults: { image, stopGrace: '1s' },
  environments: {
    train: { gpus: { count: 1, model: 'H100' }, restart: 'always' },
    web: { mounts: [{ volume: 'data', target: '/data' }] },
  },
});

test('it shows who holds what and what it would do, and does it at one word', async () => {
  const foreign = await docker.run({ name: 'bobs-training', image, gpus: [theirs] });
  // An event of that second is none of ours.
  await sleep(1100);
  const since = Date.now();
  const first = await site.controller({ flags: ['--observe'] });
  const vision = site.project('vision', spec);
  const train = await vision.reaches('train', ({ message }) => message.includes('on GPU'));
  expect(train).toMatchObject({ reason: 'Observing', phase: 'Pending', containerId: null });
  expect(train.message).toMatch(
    /^MLEnv would create it from mlenv\.test\/observe:1 on GPU [1345]$/,
  );
  await vision.reaches('web', ({ message }) => message.startsWith('MLEnv would create it from'));

  const shown = await site.mlenv(['observe']);
  expect(shown.code).toBe(0);
  expect(shown.stdout).toMatch(/^Observing: MLEnv only observes this host .* mlenv observe off/);
  expect(shown.stdout).toContain('GPU 0: used by container bobs-training');
  expect(shown.stdout).toContain('GPU 2: /opt/tools/train,v2 (pid 10291');
  expect(shown.stdout).toMatch(/vision\/train +Pending +Observing: MLEnv would create it/);
  expect(shown.stdout).toContain('GPU 0: taken (used by container bobs-training');
  expect((await site.mlenv(['doctor'])).stdout).toMatch(/WARN {2}observing: MLEnv only observes/);
  expect((await vision.mlenv('status')).stdout).toContain('Observing: MLEnv only observes');
  const up = await vision.mlenv('up');
  expect([up.code, up.stdout]).toEqual([4, expect.stringContaining('create it from')]);
  expect(up.stderr).toContain('mlenv observe off');

  // It outlives the controller, also where the next one is not told so.
  await first.stop();
  await site.controller();
  await vision.reaches('train', ({ message }) => message.includes('on GPU'));
  await sleep(3000);
  await quietSince(since);
  expect(await docker.networks()).toEqual([]);
  expect(await docker.volumes()).toEqual([]);
  expect((await docker.containers()).map(({ id }) => id)).toEqual([foreign]);

  expect((await site.mlenv(['observe', 'off'])).stdout).toContain('MLEnv acts from now on');
  const runs = await vision.reaches('train', ({ ready }) => ready);
  await vision.reaches('web', ({ ready }) => ready);
  const given = (await docker.inspect(runs.containerName)).HostConfig.DeviceRequests;
  expect(given?.[0]?.DeviceIDs).toHaveLength(1);
  expect(given?.[0]?.DeviceIDs).not.toContain(theirs);
  expect((await docker.inspect(foreign)).State.Status).toBe('running');
});

test('it goes back at one word, and then not even a kill is repaired and no command runs inside', async () => {
  const vision = site.project('vision', spec);
  expect((await site.mlenv(['observe', 'on'])).stdout).toContain('only observes from now on');
  const { containerName } = await vision.item('web');
  // What was begun before has ended.
  await sleep(2000);
  await docker.kill(containerName);
  await sleep(1100);
  const since = Date.now();
  await vision.reaches('web', ({ message }) => message.startsWith('MLEnv would start it: '));
  const exec = await vision.mlenv('exec', 'train', '--', 'true');
  expect([exec.code, exec.stderr]).toEqual([125, expect.stringContaining('only observes')]);
  await sleep(4000);
  await quietSince(since);
  await site.mlenv(['observe', 'off']);
  await vision.reaches('web', ({ ready }) => ready);
  await until('the engine tells of the start', async () =>
    (await docker.events(since)).includes(`container start ${containerName}`),
  );
});
