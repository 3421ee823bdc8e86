import { beforeEach, describe, expect, it } from 'vitest';
import type { GpuItem, GpuReport } from '../../controller/model/pool-api.ts';
import { fakeWorld } from '../support/api-fake.ts';
import type { FakeWorld } from '../support/api-fake.ts';
import { fakeCli, run } from '../support/cli-fake.ts';
import type { FakeCli } from '../support/cli-fake.ts';

let world: FakeWorld;
let cli: FakeCli;

const gb = 2 ** 30;
const card = (over: Partial<GpuItem> = {}): GpuItem => ({
  index: 0,
  uuid: 'GPU-a',
  model: 'NVIDIA H100 80GB HBM3',
  state: 'free',
  why: '',
  holders: [],
  memoryTotalBytes: 80 * gb,
  memoryUsedBytes: 40 * gb,
  utilization: 97,
  temperatureC: 40,
  powerW: 300,
  powerLimitW: 700,
  processes: [],
  slices: [],
  slots: 1,
  ...over,
});
const holder = {
  project: 'vision',
  environment: 'train',
  containerName: 'mlenv-vision-train',
  owner: 'ada',
  since: new Date(Date.now() - 3_600_000 * 5).toISOString(),
};
const known = (...gpus: readonly GpuItem[]): GpuReport => ({
  state: 'known',
  why: '',
  todo: '',
  driver: '570.133.20',
  cuda: '12.8',
  readAt: '2026-03-01T12:00:00.000Z',
  gpus,
  links: [],
  warnings: [],
});

beforeEach(() => {
  world = fakeWorld();
  cli = fakeCli(world);
});

describe('mlenv gpu', () => {
  it('shows who holds each card, since when, and how full it is', async () => {
    world.gpus = known(
      card({ state: 'held', holders: [holder] }),
      card({
        index: 1,
        uuid: 'GPU-b',
        state: 'foreign',
        why: 'used by process 4711 (python) of bob',
      }),
    );
    const { out, code } = await run(cli, 'gpu');
    expect(code).toBe(0);
    expect(out).toMatch(
      /^0 +NVIDIA H100 80GB HBM3 +held +vision\/train +ada +5h +97 % +40\/80 GB +ok$/m,
    );
    expect(out).toMatch(/^ {2}0 \[█{15}░{15}\] vision\/train$/m);
    expect(out).toContain('GPU 1: used by process 4711 (python) of bob');
  });

  it('shows the slices of a card in MIG mode beneath it', async () => {
    world.gpus = known(
      card({
        state: 'mig',
        utilization: null,
        slices: [
          { uuid: 'MIG-1', profile: '1g.10gb', holders: [holder] },
          { uuid: 'MIG-2', profile: '1g.10gb', holders: [] },
        ],
      }),
    );
    const { out } = await run(cli, 'gpu');
    expect(out).toMatch(/^ +1g\.10gb +held +vision\/train +ada/m);
    expect(out).toMatch(/^ +1g\.10gb +free +-/m);
  });

  it('does not take what a program calls itself for orders to the terminal', async () => {
    world.gpus = known(card({ state: 'foreign', why: 'used by process 1 (\u001B[2Jx)' }));
    expect((await run(cli, 'gpu')).out).not.toContain('\u001B');
  });

  it('says why there is nothing to show, and what to do', async () => {
    world.gpus = { ...known(), state: 'unknown', why: 'driver mismatch', todo: 'reboot' };
    expect((await run(cli, 'gpu')).out).toBe(
      'The GPUs cannot be read: driver mismatch\n  reboot\n',
    );
    world.gpus = { ...known(), state: 'none', why: 'no nvidia-smi' };
    expect((await run(cli, 'gpu')).out).toBe('No GPU: no nvidia-smi\n');
  });

  it('prints what the instance said as JSON', async () => {
    world.gpus = known(card());
    expect(JSON.parse((await run(cli, 'gpu', '-o', 'json')).out)).toEqual(world.gpus);
  });

  it('cordons with a reason, and uncordons', async () => {
    await run(cli, 'gpu', 'cordon', '3', '--reason', 'fan');
    await run(cli, 'gpu', 'uncordon', 'GPU-a');
    expect(world.asked.filter(({ method }) => method.endsWith('cordon'))).toMatchObject([
      { method: 'cordon', args: [{ gpu: '3', why: 'fan' }] },
      { method: 'uncordon', args: [{ gpu: 'GPU-a' }] },
    ]);
  });
});

describe('mlenv queue', () => {
  it('says that nobody waits', async () => {
    expect((await run(cli, 'queue')).out).toBe('Nobody waits.\n');
  });

  it('shows who waits for what, in turn', async () => {
    world.queue = {
      order: 'strict',
      items: [
        {
          place: 1,
          project: 'speech',
          projectPath: '/srv/speech',
          environment: 'train',
          priority: -10,
          asks: '2 GPUs (H100)',
          since: new Date(Date.now() - 90_000).toISOString(),
          reason: 'GpuPoolFull',
          message: '4 of 6 GPUs held by vision/train since 09:12',
        },
      ],
    };
    const { out } = await run(cli, 'queue');
    expect(out).toMatch(
      /^1 +speech\/train +2 GPUs \(H100\) +-10 +90s +GpuPoolFull +4 of 6 GPUs held by vision\/train/m,
    );
    expect(JSON.parse((await run(cli, 'queue', '-o', 'json')).out)).toEqual(world.queue);
  });
});
