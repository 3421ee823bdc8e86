import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type DockerHand, dockerHand } from '../support/docker-hand.ts';
import { type PrivateDockerd, startDockerd } from '../support/dockerd.ts';
import { fakeNvidiaSmi } from '../support/fake-nvidia-smi.ts';
import { buildStandIn } from '../support/images.ts';
import { createSite, outcomeOf, type Site } from '../support/mlenv.ts';
import { createSharedMachine } from '../support/shared-machine.ts';
import { until } from '../support/until.ts';

/** What an adopter tries on a machine of theirs: a real engine, a recording of eight GPUs, and people around. */

let dockerd: PrivateDockerd;
let docker: DockerHand;
let before: readonly string[];
const image = 'mlenv.test/drill:1';
/** Its nvidia-smi shows every container the same GPU, as one that was started with --privileged. */
const leaky = 'mlenv.test/leaky:1';
const smi = mkdtempSync(join(tmpdir(), 'mlenv-smi-'));
const sites: Site[] = [];

beforeAll(async () => {
  dockerd = await startDockerd({ name: 'mlenv-drill', liveRestore: true });
  docker = dockerHand(dockerd.host);
  const printing = (uuid: string) => ({
    '/usr/bin/nvidia-smi': `[ "$NVIDIA_VISIBLE_DEVICES" = void ] && { echo 'No devices were found'; exit 6; }
    echo "GPU 0: NVIDIA H100 80GB HBM3 (UUID: ${uuid})"`,
  });
  const { host } = dockerd;
  await buildStandIn({ host, refs: [image], scripts: printing('$NVIDIA_VISIBLE_DEVICES') });
  const same = 'GPU-00000000-2222-3333-4444-555555555550';
  await buildStandIn({ host, refs: [leaky], scripts: printing(same) });
  await docker.run({ name: 'somebody-elses', image });
  before = await pictured();
});
afterEach(async () => {
  for (const site of sites.splice(0)) await site.cleanup();
});
afterAll(async () => {
  await dockerd.cleanup();
  rmSync(smi, { recursive: true, force: true });
});

const given = (nvidiaSmi = 'none'): Site => {
  const site = createSite({ host: dockerd.host, env: { MLENV_NVIDIA_SMI: nvidiaSmi } });
  sites.push(site);
  appendFileSync(site.configFile, 'metrics: { interval: off }\n');
  return site;
};
const pictured = async (): Promise<readonly string[]> =>
  [
    ...(await docker.containers()).map(({ name, state }) => `${name} ${state}`),
    ...(await docker.networks()),
    ...(await docker.volumes()),
  ].toSorted();

/** Nothing on the engine, no folder, and no row that status still shows. */
const isClean = async (site: Site): Promise<void> => {
  expect(await pictured()).toEqual(before);
  expect(readdirSync(site.root).filter((name) => name.startsWith('mlenv-drill'))).toEqual([]);
  expect(JSON.parse((await site.mlenv(['status', '--all', '-o', 'json'])).stdout)).toMatchObject({
    items: [],
  });
};
const drill = (site: Site, ...more: readonly string[]) =>
  site.mlenv(['drill', '--in', site.root, ...more]);
const resultsOf = (stdout: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (JSON.parse(stdout) as { checks: { check: string; result: string }[] }).checks.map(
      ({ check, result }) => [check, result],
    ),
  );

test('with a controller and GPUs, every check is well and nothing stays', async () => {
  const site = given(fakeNvidiaSmi(smi, 'eight'));
  await site.controller();
  const { code, stdout, stderr } = await drill(site, '--image', image);
  expect([code, stderr]).toEqual([0, expect.stringContaining(image)]);
  expect(stdout.split('\n').map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
    ['CHECK', 'RESULT'],
    ['brings a project up', 'ok'],
    ['repairs what is killed', 'ok'],
    ['goes on after a restart', 'ok'],
    ['restores its database', 'ok'],
    ['keeps GPUs apart', 'ok'],
    ['cleans up', 'ok'],
    [''],
  ]);
  expect(stdout).toMatch(/gpu-1 sees GPU-\S+, gpu-2 sees GPU-\S+, main none/);
  expect(stdout).toContain('killed outside MLEnv');
  await isClean(site);
});

test('without a controller it is the process itself, with an image that is here, and says that there are no GPUs', async () => {
  const site = given();
  const { code, stdout, stderr } = await drill(site, '-o', 'json');
  expect([code, stderr]).toEqual([0, expect.stringContaining('A drill with mlenv.test/')]);
  expect(resultsOf(stdout)).toEqual({
    'brings a project up': 'ok',
    'repairs what is killed': 'ok',
    'goes on after a restart': 'ok',
    'restores its database': 'ok',
    'keeps GPUs apart': 'skipped',
    'cleans up': 'ok',
  });
  expect(stdout).toContain('no GPUs here');
  await isClean(site);
});

test('who may not use the engine itself names an image and kills from within', async () => {
  const site = given();
  await site.controller();
  const withoutEngine = (...more: readonly string[]) =>
    site.mlenv(['--host', 'unix:///nowhere/docker.sock', 'drill', '--in', site.root, ...more]);
  const unnamed = await withoutEngine();
  expect([unnamed.code, unnamed.stderr]).toEqual([2, expect.stringContaining('--image')]);
  const { code, stdout } = await withoutEngine('--image', image);
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/repairs what is killed +ok .*killed from within/),
  ]);
  await isClean(site);
});

test('GPUs that are not kept apart are found, the exit code says so, and nothing stays', async () => {
  const site = given(fakeNvidiaSmi(smi, 'eight'));
  await site.controller();
  const { code, stdout } = await drill(site, '--image', leaky, '-o', 'json');
  expect(code).toBe(1);
  expect(resultsOf(stdout)).toMatchObject({ 'keeps GPUs apart': 'failed', 'cleans up': 'ok' });
  await isClean(site);
});

test('an image that cannot be had fails in words, and nothing stays', async () => {
  const site = given();
  await site.controller();
  const { code, stdout } = await drill(site, '--image', 'mlenv.test/nowhere:1', '-o', 'json');
  expect(code).toBe(1);
  expect(resultsOf(stdout)).toMatchObject({
    'brings a project up': 'failed',
    'keeps GPUs apart': 'skipped',
    'cleans up': 'ok',
  });
  await isClean(site);
});

test.each([[true], [false]])(
  'interrupted in the middle it cleans up first (with a controller: %s)',
  async (hasController) => {
    const site = given();
    if (hasController) await site.controller();
    const child = site.begin(['drill', '--in', site.root, '--image', image]);
    const ended = outcomeOf(child);
    await until('its container runs', async () =>
      (await docker.containers()).some(
        ({ name, state }) => name.startsWith('mlenv-mlenv-drill') && state === 'running',
      ),
    );
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect([code, stderr]).toEqual([130, expect.stringContaining('Interrupted: it cleans up')]);
    expect(stdout).toMatch(/cleans up +ok/);
    await isClean(site);
  },
);

test('where MLEnv only observes it is refused and nothing is begun', async () => {
  const site = given();
  await site.controller({ flags: ['--observe'] });
  const { code, stderr } = await drill(site, '--image', image);
  expect([code, stderr]).toEqual([4, expect.stringContaining('mlenv observe off')]);
  await isClean(site);
});

test('who shares a machine and is in no docker group drills through the system instance', async () => {
  const alice = { name: 'alice', uid: 54_001 };
  const machine = await createSharedMachine({
    people: [alice],
    config: (homes) => ({ apiVersion: 'mlenv/v1', watch: [homes] }),
  });
  const shared = await startDockerd({ name: 'mlenv-drill-shared', mounts: machine.mounts });
  try {
    await buildStandIn({ host: shared.host, refs: [image] });
    await machine.controller(shared.host);
    const { code, stdout, stderr } = await machine.mlenv('alice', ['drill', '--image', image]);
    expect([code, stderr]).toEqual([0, expect.stringContaining(machine.home('alice'))]);
    expect(stdout).toMatch(/repairs what is killed +ok .*killed from within/);
    expect(stdout).toMatch(/restores its database +skipped .*sudo mlenv drill/);
    expect(stdout).toMatch(/cleans up +ok/);
    expect(readdirSync(machine.home('alice')).filter((name) => name.includes('drill'))).toEqual([]);
    const hand = dockerHand(shared.host);
    expect([await hand.containers(), await hand.networks(), await hand.volumes()]).toEqual([
      [],
      [],
      [],
    ]);
    const left = await machine.mlenv('root', ['status', '--all', '-o', 'json']);
    expect(JSON.parse(left.stdout)).toMatchObject({ items: [] });
  } finally {
    await shared.cleanup();
    await machine.cleanup();
  }
});
