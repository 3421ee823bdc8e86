import { beforeEach, describe, expect, it } from 'vitest';
import { ApiError } from '../../controller/model/api.ts';
import { fakeWorld, gpuHolder, gpuItem, gpuReport } from '../support/api-fake.ts';
import type { FakeWorld } from '../support/api-fake.ts';
import { fakeCli, run } from '../support/cli-fake.ts';
import type { FakeCli } from '../support/cli-fake.ts';

let world: FakeWorld;
let cli: FakeCli;

beforeEach(() => {
  world = fakeWorld();
  cli = fakeCli(world);
});

const held = gpuItem({ state: 'held', holders: [gpuHolder()] });
const foreign = gpuItem({
  index: 1,
  uuid: 'GPU-b',
  state: 'foreign',
  why: 'used by process 4711 (python) of bob',
  memoryUsedBytes: 2 ** 30,
  utilization: 0,
});
const sliced = gpuItem({
  index: 2,
  state: 'mig',
  utilization: null,
  memoryUsedBytes: null,
  slices: [
    { uuid: 'MIG-1', profile: '1g.10gb', holders: [gpuHolder()] },
    { uuid: 'MIG-2', profile: '1g.10gb', holders: [] },
  ],
});

describe('mlenv gpu', () => {
  it('shows who holds each card, since when, and how full it is', async () => {
    world.gpus = { ...gpuReport(held, foreign, sliced), warnings: ['no [N/A]\nhere'] };
    const { out, code } = await run(cli, 'gpu');
    expect(code).toBe(0);
    expect(out).toMatchInlineSnapshot(`
      "Driver 570.133.20, CUDA 12.8

      GPU   MODEL                   STATE     HOLDER         OWNER   SINCE   USE    MEMORY     HEALTH
      0     NVIDIA H100 80GB HBM3   held      vision/train   ada     5h      97 %   40/80 GB   ok
      1     NVIDIA H100 80GB HBM3   foreign   -              -       -       0 %    1/80 GB    ok
      2     NVIDIA H100 80GB HBM3   mig       -              -       -       -      ?/80 GB    ok
              1g.10gb               held      vision/train   ada     5h
              1g.10gb               free      -              -       -

      GPU  MEMORY                      USE                     HOLDER
        0  █████████░░░░░░░░ 40/80 GB  ████████████████░ 97 %  vision/train
        1  █░░░░░░░░░░░░░░░░  1/80 GB  ░░░░░░░░░░░░░░░░░  0 %  foreign
        2  ·················  ?/80 GB  ·················  ? %  mig
           └ 1g.10gb     vision/train
           └ 1g.10gb     free

      GPU 1: used by process 4711 (python) of bob
      warning: no [N/A] here
      "
    `);
  });

  it('leaves the picture out where there is one card, unless it is asked for', async () => {
    world.gpus = gpuReport(held);
    expect((await run(cli, 'gpu')).out).not.toContain('█');
    expect((await run(cli, 'gpu', '-o', 'picture')).out).toMatchInlineSnapshot(`
      "GPU  MEMORY                      USE                     HOLDER
        0  █████████░░░░░░░░ 40/80 GB  ████████████████░ 97 %  vision/train
      "
    `);
  });

  it.each([200, 100, 80, 60, 50, 40, 24])(
    'draws nothing wider than a terminal of %d',
    async (columns) => {
      cli.tty = true;
      cli.env = { NO_COLOR: '1' };
      cli.size = { columns, rows: 24 };
      const long = gpuHolder({ environment: 'a-very-long-name-of-an-environment-of-somebody' });
      const both = gpuItem({ index: 11, state: 'shared', holders: [long, long], slots: 4 });
      world.gpus = gpuReport(held, both, sliced);
      const { out } = await run(cli, 'gpu', '-o', 'picture');
      const lines = out.trimEnd().split('\n');
      expect(lines).toHaveLength(6);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
      expect(out).toContain('40/80 GB');
    },
  );

  it('paints a bar by the state of its card, on a terminal only', async () => {
    world.gpus = gpuReport(gpuItem({ state: 'lost', why: 'Xid 79' }));
    expect((await run(cli, 'gpu', '-o', 'picture')).out).not.toContain('\u001B[');
    cli.tty = true;
    expect((await run(cli, 'gpu', '-o', 'picture')).out).toContain('\u001B[31m█');
  });

  it('shows every one of those who share a card', async () => {
    const others = ['a', 'b'].map((environment) => gpuHolder({ environment, owner: null }));
    world.gpus = gpuReport(gpuItem({ state: 'shared', slots: 4, holders: others }));
    const { out } = await run(cli, 'gpu');
    expect(out).toMatch(/^0 .* shared +vision\/a +- +5h +97 %/m);
    expect(out).toMatch(/^ +vision\/b +- +5h$/m);
  });

  it('names the container of a row that a person wrote', async () => {
    const row = gpuHolder({ project: null, environment: null, containerName: 'by-hand' });
    world.gpus = gpuReport(gpuItem({ state: 'held', holders: [row] }));
    expect((await run(cli, 'gpu')).out).toMatch(/held +by-hand +ada/);
  });

  it.each(['table', 'picture'])(
    'does not take what a program calls itself for orders to the terminal (%s)',
    async (format) => {
      const bad = gpuHolder({
        project: null,
        containerName: 'x\u001B[2J',
        owner: '\u001B]0;x\u0007',
      });
      world.gpus = {
        ...gpuReport(gpuItem({ model: '\u001B[2J', why: '\u001B[2Jx', holders: [bad] })),
        warnings: ['\u001B[2J'],
      };
      expect((await run(cli, 'gpu', '-o', format)).out).not.toContain('\u001B');
    },
  );

  it.each(['table', 'picture'])(
    'says why there is nothing to show, and what to do (%s)',
    async (format) => {
      world.gpus = { ...gpuReport(), state: 'unknown', why: 'driver mismatch', todo: 'reboot' };
      expect((await run(cli, 'gpu', '-o', format)).out).toBe(
        'The GPUs cannot be read: driver mismatch\n  reboot\n',
      );
      world.gpus = { ...gpuReport(), state: 'unknown', why: 'nvidia-smi hangs' };
      expect((await run(cli, 'gpu', '-o', format)).out).toMatch(/^The GPUs.*hangs\n {2}.*doctor/);
      world.gpus = { ...gpuReport(), state: 'none', why: 'no nvidia-smi' };
      expect((await run(cli, 'gpu', '-o', format)).out).toMatch(
        /^No GPU: no nvidia-smi\n {2}.*install its driver/,
      );
    },
  );

  it('prints what the instance said as JSON', async () => {
    world.gpus = gpuReport(held);
    const { out } = await run(cli, 'gpu', '-o', 'json');
    expect(JSON.parse(out)).toEqual({ apiVersion: 'mlenv/v1', ...world.gpus });
  });

  it('needs no right to change anything', async () => {
    await run(cli, 'gpu');
    expect(cli.connections).toMatchObject([{ write: false }]);
    expect(cli.open).toBe(0);
  });
});

describe('mlenv gpu cordon', () => {
  it('cordons with a reason or without, and uncordons', async () => {
    world.result = { keys: [], messages: ['GPU 3 is given to nobody new'] };
    expect(await run(cli, 'gpu', 'cordon', '3', '--reason', 'fan')).toEqual({
      code: 0,
      out: 'GPU 3 is given to nobody new\n',
      err: '',
    });
    await run(cli, 'gpu', 'cordon', '4');
    await run(cli, 'gpu', 'uncordon', 'GPU-a');
    expect(world.asked).toEqual([
      { method: 'cordon', args: [{ gpu: '3', why: 'fan', by: 'ada' }] },
      { method: 'cordon', args: [{ gpu: '4', why: '', by: 'ada' }] },
      { method: 'uncordon', args: [{ gpu: 'GPU-a', by: 'ada' }] },
    ]);
    expect(cli.connections.every(({ write }) => write)).toBe(true);
  });

  it('exits as the instance says no', async () => {
    world.faults.cordon = new ApiError('not-found', 'no GPU 9; there is 0, 1');
    const { code, err } = await run(cli, 'gpu', 'cordon', '9');
    expect({ code, err }).toEqual({ code: 2, err: 'mlenv: no GPU 9; there is 0, 1\n' });
  });

  it.each([
    [['gpu', 'cordon'], /missing required argument 'GPU'/],
    [['gpu', 'nosuch'], /too many arguments/],
    [['gpu', 'cordon', '1', '-o', 'json'], /unknown option '-o'/],
    [['gpu', '-o', 'json', 'cordon', '1'], /unknown option '-o'/],
    [['gpu', 'cordon', '1', '2'], /too many arguments/],
  ])('%j is a fault of usage', async (argv, words) => {
    const { code, err } = await run(cli, ...argv);
    expect(code).toBe(2);
    expect(err).toMatch(words);
    expect(world.asked).toEqual([]);
  });

  it('shows no option in its help that it does not take', async () => {
    const { out } = await run(cli, 'gpu', 'cordon', '--help');
    expect(out).toContain('--reason');
    expect(out).toContain('--host');
    expect(out).not.toContain('--output');
  });
});
