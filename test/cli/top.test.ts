import { describe, expect, it } from 'vitest';
import { fakeWorld } from '../support/api-fake.ts';
import { fakeCli, run } from '../support/cli-fake.ts';
import { topItem, topReport } from '../support/usage-builders.ts';

const gib = 2 ** 30;
const items = [
  topItem(),
  topItem({
    environment: 'notebook',
    cpuPercent: 300,
    cpuLimit: null,
    memoryBytes: gib,
    memoryLimitBytes: null,
    gpus: [],
    networkRxBytesPerSecond: 10 ** 6,
    diskReadBytesPerSecond: 512,
    diskWriteBytesPerSecond: 0,
    recentCpu: [0, null, 300],
    recentGpu: [],
  }),
  topItem({
    project: 'speech',
    environment: 'new\u001B[2J',
    owner: null,
    sampledAt: null,
    cpuPercent: null,
    memoryBytes: null,
    gpus: null,
    networkRxBytesPerSecond: null,
    networkTxBytesPerSecond: null,
    recentCpu: [],
    recentGpu: [],
  }),
];
const names = (out: string): readonly string[] =>
  out.split('\n').flatMap((line) => /^(?:vision|speech)\/(\w+)/.exec(line)?.[1] ?? []);

describe('mlenv top', () => {
  it('prints one table where the output is no terminal', async () => {
    const cli = fakeCli(fakeWorld({ top: topReport(items) }));
    expect((await run(cli, 'top')).out).toMatchInlineSnapshot(`
      "gpu1   load 1.20 0.80 -   CPU 12 % of 16 cores   memory 31 GB of 64 GB
      GPUs 3 of 8 held   sampled 4s ago

      NAME              OWNER   CPU     MEMORY           GPUS           RECENT GPU, CPU   NET IN, OUT /s      DISK READ, WRITE /s
      vision/notebook   ada     300 %   1 GB             -              ▁ █               976.6 kB, 0 bytes   512 bytes, 0 bytes
      vision/train      ada     150 %   12 GB of 32 GB   0: 97 % 8 GB   ▁█                2 kB, 0 bytes       -
      speech/new        -       -       - of 32 GB       -                                -                   -
      "
    `);
    expect(cli.world.asked).toHaveLength(1);
  });

  it.each([
    ['cpu', ['notebook', 'train', 'new']],
    ['memory', ['train', 'notebook', 'new']],
    ['gpu', ['train', 'new', 'notebook']],
    ['net', ['notebook', 'train', 'new']],
    ['disk', ['notebook', 'new', 'train']],
    ['name', ['new', 'notebook', 'train']],
  ])('sorts by %s, with what is not known last', async (by, sorted) => {
    const cli = fakeCli(fakeWorld({ top: topReport(items) }));
    expect(names((await run(cli, 'top', '--sort', by)).out)).toEqual(sorted);
  });

  it('prints the first so many, and how many are left', async () => {
    const cli = fakeCli(fakeWorld({ top: topReport(items) }));
    const { out } = await run(cli, 'top', '-n', '1');
    expect(names(out)).toEqual(['notebook']);
    expect(out).toContain('\nand 2 more\n');
    const json = await run(cli, 'top', '-n', '1', '-o', 'json', '--sort', 'memory');
    expect(JSON.parse(json.out)).toEqual({
      apiVersion: 'mlenv/v1',
      ...topReport([topItem()]),
    });
  });

  it('draws again and again on a terminal, no more than fits, until q', async () => {
    const cli = fakeCli(fakeWorld({ top: topReport(items) }), {
      tty: true,
      input: ['x'],
      inputStaysOpen: true,
      size: { columns: 120, rows: 8 },
      env: { NO_COLOR: '1' },
    });
    cli.onTick = (tick) => {
      cli.world.top = topReport([topItem({ environment: `after${tick}` })]);
      if (tick === 3) cli.stop.abort();
    };
    const { code, out } = await run(cli, 'top', '--interval', '5s');
    expect(code).toBe(0);
    expect(cli.rawModes).toEqual([true, false]);
    expect(names(out)).toEqual(['notebook', 'train', 'after1', 'after2']);
    // It is drawn over what was there.
    expect(out).toContain('\u001B[7A\r\u001B[J');
  });

  it.each(['q', '\u0003'])('ends at %j, as in raw mode Ctrl-C is a key', async (key) => {
    const cli = fakeCli(fakeWorld({ top: topReport(items) }), { tty: true, input: [key] });
    expect((await run(cli, 'top')).code).toBe(0);
    expect(cli.rawModes).toEqual([true, false]);
  });

  it('ends after one table on a terminal too where that is asked', async () => {
    const cli = fakeCli(fakeWorld({ top: topReport(items) }), { tty: true });
    expect((await run(cli, 'top', '--once')).out).not.toContain('\u001B[J');
    expect(cli.rawModes).toEqual([]);
  });

  it('says that no controller runs, and how old the newest sample is', async () => {
    const off = { watched: false, host: null } as const;
    const cli = fakeCli(fakeWorld({ top: topReport([], off) }));
    expect((await run(cli, 'top')).out).toMatchInlineSnapshot(`
      "No controller runs, so nothing is measured now; the newest sample is 4s old.
      Next: start one with mlenv controller; what was is told by mlenv metrics ENV
      and mlenv report.
      "
    `);
    cli.world.top = topReport([], { ...off, sampledAt: null });
    expect((await run(cli, 'top')).out).toContain('no sample was ever taken');
  });

  it('says how old a late sample is, and that none are taken', async () => {
    const late = { sampledAt: '2024-12-31T23:58:00.000Z' };
    const cli = fakeCli(fakeWorld({ top: topReport([], late) }));
    expect((await run(cli, 'top')).out).toContain('sampled 3m ago; late: one is due every 30s\n');
    cli.world.top = topReport([], { everyMs: null });
    expect((await run(cli, 'top')).out).toContain('metrics.interval is off: nothing is sampled\n');
  });

  it.each([
    [['-n', '0'], '-n 0 is not a number of environments, from 1'],
    [['--interval', 'often'], '--interval often is not a duration such as 2s'],
    [['--interval', '5ms'], '--interval 5ms is shorter than 100ms'],
  ])('refuses %j', async (words, message) => {
    const cli = fakeCli(fakeWorld());
    expect(await run(cli, 'top', ...words)).toEqual({
      code: 2,
      out: '',
      err: `mlenv: ${message}\n`,
    });
  });
});
