import { describe, expect, it } from 'vitest';
import { fakeWorld } from '../support/api-fake.ts';
import { fakeCli, run } from '../support/cli-fake.ts';
import { seriesPoint, seriesReport, usageItem, usageReport } from '../support/usage-builders.ts';

const series = seriesReport([
  seriesPoint({ networkRxBytes: null }),
  seriesPoint({ at: '2025-01-01T00:00:30.000Z', cpuPercent: 33.333, gpuUtilization: null }),
]);

describe('mlenv metrics', () => {
  it('prints a table, and which resolution it has', async () => {
    const cli = fakeCli(fakeWorld({ series }));
    expect((await run(cli, 'metrics', 'vision/train')).out).toMatchInlineSnapshot(`
      "TIME (UTC)            CPU      MEMORY   GPU    GPU MEMORY   NET IN   NET OUT   DISK READ   DISK WRITE
      2025-01-01 00:00:00   150 %    12 GB    97 %   8 GB         -        0 bytes   -           -
      2025-01-01 00:00:30   33.3 %   12 GB    -      8 GB         2 kB     0 bytes   -           -

      CPU  █▂
      GPU  █ 
      Means over 30 s, of samples; bytes are those moved in that time.
      "
    `);
    expect(cli.world.asked).toEqual([
      {
        method: 'series',
        args: [
          {
            ref: { path: null, project: 'vision', environment: 'train' },
            since: '2024-12-31T23:01:00.000Z',
            until: '2025-01-01T00:01:00.000Z',
            everyMs: null,
          },
        ],
      },
    ]);
    cli.world.series = seriesReport([seriesPoint({ gpuUtilization: null, gpuMemoryBytes: null })], {
      resolution: 'hours',
      everyMs: 3_600_000,
    });
    const { out } = await run(cli, 'metrics', 'vision/train', '--since', '300d');
    expect(out).not.toContain('GPU');
    expect(out).toContain('Means over 60 min, of whole hours, as samples this old are gone;');
    cli.world.series = seriesReport();
    expect((await run(cli, 'metrics', 'train')).out).toBe(
      'Nothing was measured of vision/train from 2025-01-01 00:00:00 to 2025-01-01 00:01:00 UTC.\n',
    );
  });

  it('prints CSV with a head, and JSON', async () => {
    const cli = fakeCli(fakeWorld({ series }));
    expect((await run(cli, 'metrics', 'train', '-o', 'csv')).out).toBe(
      [
        'time_utc,cpu_percent,memory_bytes,gpu_utilization_percent,gpu_memory_bytes,network_rx_bytes,network_tx_bytes,disk_read_bytes,disk_write_bytes',
        '2025-01-01T00:00:00.000Z,150,12884901888,97,8589934592,,0,,',
        '2025-01-01T00:00:30.000Z,33.333,12884901888,,8589934592,2048,0,,',
        '',
      ].join('\r\n'),
    );
    const json = await run(cli, 'metrics', 'train', '-o', 'json');
    expect(JSON.parse(json.out)).toEqual({ apiVersion: 'mlenv/v1', ...series });
  });

  it('takes spans up to now, and times in UTC', async () => {
    const cli = fakeCli(fakeWorld({ series }));
    const span = ['--since', '2024-12-30', '--until', '1h30m', '--every', '5m'];
    await run(cli, 'metrics', 'train', ...span);
    await run(
      cli,
      'metrics',
      'train',
      '--since',
      '2024-12-31T12:30',
      '--until',
      '2024-12-31 14:00+01:00',
    );
    expect(cli.world.asked.map(({ args }) => args[0])).toMatchObject([
      { since: '2024-12-30T00:00:00.000Z', until: '2024-12-31T22:31:00.000Z', everyMs: 300_000 },
      { since: '2024-12-31T12:30:00.000Z', until: '2024-12-31T13:00:00.000Z', everyMs: null },
    ]);
  });

  it.each([
    [
      ['--since', '1hour'],
      '--since 1hour is neither a span such as 90s, 1h30m or 7d, nor a time in UTC such as 2026-03-01 or 2026-03-01T12:00',
    ],
    [['--since', '2024-13-01'], '--since 2024-13-01 is neither a span'],
    [['--until', '2025-02-01'], '--until 2025-02-01 is not past yet'],
    [['--every', 'day'], '--every day is not a duration such as 5m'],
    [['--every', '10ms'], '--every 10ms is shorter than 1s'],
  ])('refuses %j', async (words, message) => {
    const { code, err } = await run(fakeCli(fakeWorld()), 'metrics', 'train', ...words);
    expect(code).toBe(2);
    expect(err).toContain(`mlenv: ${message}`);
  });
});

describe('mlenv report', () => {
  const report = usageReport(
    usageItem(),
    usageItem({ user: null, project: '=1+1', wastePercent: null }),
  );

  it('prints a table with totals, and what the words mean', async () => {
    const cli = fakeCli(fakeWorld({ report }));
    expect((await run(cli, 'report')).out).toMatchInlineSnapshot(`
      "USER   PROJECT   GPU-H HELD   USED   WASTED   WASTE   UNKNOWN   CPU-H   MEMORY GB-H   MEASURED H
      ada    vision    100.0        30.0   60.0     67 %    10.0      400.0   1000.3        90.0
      -      =1+1      100.0        30.0   60.0     -       10.0      400.0   1000.3        90.0
      all              100.0        30.0   60.0     67 %    10.0      400.0   1000.3        90.0

      From 2024-12-02 00:00 to 2025-01-01 00:01 UTC. GPU hours held are those used, wasted and unknown; waste is of what was measured.
      Unknown: a card was held, and nobody measured, as no controller or no container ran, or the driver does not tell.
      CPU and memory are of the hours that were measured.
      "
    `);
    await run(cli, 'report', '--since', '1h', '--by', 'user');
    expect(cli.world.asked.map(({ args }) => args[0])).toEqual([
      { since: '2024-12-02T00:01:00.000Z', by: 'project' },
      { since: '2024-12-31T23:01:00.000Z', by: 'user' },
    ]);
  });

  it('prints CSV that no spreadsheet takes for a formula, and JSON', async () => {
    const cli = fakeCli(fakeWorld({ report }));
    expect((await run(cli, 'report', '-o', 'csv')).out).toBe(
      [
        'user,project,environment,gpu_hours_held,gpu_hours_used,gpu_hours_wasted,gpu_waste_percent,gpu_hours_unknown,cpu_hours,memory_gib_hours,measured_hours',
        'ada,vision,,100,30,60,66.7,10,400,1000.25,90',
        ",'=1+1,,100,30,60,,10,400,1000.25,90",
        '',
      ].join('\r\n'),
    );
    const json = await run(cli, 'report', '-o', 'json');
    expect(JSON.parse(json.out)).toEqual({ apiVersion: 'mlenv/v1', ...report });
  });

  it('says that there was nothing, and refuses what it does not know', async () => {
    const cli = fakeCli(fakeWorld());
    expect((await run(cli, 'report')).out).toBe(
      'From 2024-12-02 00:00 to 2025-01-01 00:01 UTC, nothing was held and nothing measured.\n',
    );
    expect(await run(cli, 'report', '--by', 'card')).toMatchObject({ code: 2 });
    expect(await run(cli, 'report', '--since', 'ever')).toMatchObject({ code: 2 });
  });
});
