import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectEngine } from '../../controller/docker/connect.ts';
import { ok } from '../../controller/model/failure.ts';
import type { TopReport, UsageReport } from '../../controller/model/usage-api.ts';
import { databaseFile } from '../../controller/store/location.ts';
import { documentSamples } from '../store/document.ts';
import { type DockerHand, dockerHand } from '../support/docker-hand.ts';
import { buildStandIn } from '../support/images.ts';
import { createSite, type Site } from '../support/mlenv.ts';
import { sharedEngine } from '../support/shared-engine.ts';
import { until } from '../support/until.ts';

/** Containers that use a known amount of everything, beside the kernel's own counters. */

let docker: DockerHand;
let site: Site;
const image = 'mlenv.test/metrics:1';
const megabytes = 2 ** 20;

beforeAll(async () => {
  const host = sharedEngine().host;
  docker = dockerHand(host);
  await docker.sweep();
  await buildStandIn({ host, refs: [image] });
  site = createSite({ host });
});
afterAll(async () => {
  await site.cleanup();
  await docker.sweep();
});

const work = [
  'dd if=/dev/zero of=/dev/shm/held bs=1M count=24',
  'dd if=/dev/zero of=/workspace/written bs=1M count=16 oflag=direct',
  'until wget -q -O /dev/null http://web:8080/sent; do sleep 0.2; done',
  'while :; do :; done',
].join(' && ');
const spec = JSON.stringify({
  apiVersion: 'mlenv/v1',
  defaults: { image, stopGrace: '1s' },
  environments: {
    web: { command: ['httpd', '-f', '-p', '8080', '-h', '/workspace'] },
    work: { command: ['sh', '-c', work], cpus: 0.2, memory: '64MB', dependsOn: ['web'] },
  },
});

interface Row {
  readonly cpu_percent: number | null;
  readonly memory_used_gb: number;
  readonly memory_percent: number;
  readonly gpu_metrics: string;
  readonly disk_write_mb: number | null;
  readonly network_rx_mb: number;
}

test('samples are what the kernel counts, and the document’s queries answer from them', async () => {
  writeFileSync(
    site.configFile,
    `${readFileSync(site.configFile, 'utf8')}metrics: { interval: 1s }\n`,
  );
  await site.controller();
  const project = site.project('measured', spec);
  project.write('sent', 'x'.repeat(8 * megabytes));
  await project.ok('up');
  const { containerId } = await project.item('work');
  const inspected = (await docker.inspect(containerId ?? '')) as unknown as {
    readonly State: { readonly Pid: number };
  };
  const kernel = countersOf(inspected.State.Pid);
  const record = new Database(databaseFile(site.stateDir), { readonly: true });
  const all = record.prepare<[string | null], Row>(
    'SELECT * FROM resource_metrics WHERE container_id = ? ORDER BY id',
  );
  const rows = (): readonly Row[] => all.all(containerId);
  const more = async (count: number): Promise<readonly Row[]> => {
    const from = rows().length;
    await until(
      () => `${count} samples more: ${JSON.stringify(rows())}\n${site.log().slice(-2000)}`,
      async () => rows().length >= from + count,
    );
    return rows().slice(from);
  };
  // By now all is held, written and received, and the processor is all that is used.
  await until('the file was received', async () => kernel.receivedBytes() > 8 * megabytes);
  await more(2);
  const [cpuNs, began] = [kernel.cpuNs(), process.hrtime.bigint()];
  const taken = await more(4);
  const percent = (100 * (kernel.cpuNs() - cpuNs)) / Number(process.hrtime.bigint() - began);
  const mean = taken.reduce((sum, row) => sum + (row.cpu_percent ?? NaN), 0) / taken.length;
  expectNear(mean, percent);

  const last = taken.at(-1) as Row;
  expectNear(last.memory_used_gb * 2 ** 30, kernel.memoryBytes());
  expect(last.memory_used_gb * 1024).toBeGreaterThan(24);
  expectNear(last.memory_percent, (100 * last.memory_used_gb * 1024) / 64);
  // Newer kernels count on cgroup v1 only where somebody throttles: what is not counted is not 0.
  if (kernel.writtenBytes() === null) expect(last.disk_write_mb).toBeNull();
  else {
    expectNear((last.disk_write_mb ?? 0) * megabytes, kernel.writtenBytes() ?? 0);
    expectNear(last.disk_write_mb ?? 0, 16);
  }
  expectNear(last.network_rx_mb * megabytes, kernel.receivedBytes());
  expectNear(last.network_rx_mb, 8);
  expect(last.gpu_metrics).toBe('[]');

  // What the commands make of it.
  const top = JSON.parse(await project.ok('top', '--once', '-o', 'json')) as TopReport;
  expect(top).toMatchObject({ watched: true, everyMs: 1000 });
  const shown = top.items.find(({ environment }) => environment === 'work');
  expect(top.items).toHaveLength(2);
  expectNear(meanOf(shown?.recentCpu.slice(-4) ?? []), percent);
  expectNear(shown?.memoryBytes ?? 0, kernel.memoryBytes());
  expect(shown).toMatchObject({ cpuLimit: 0.2, memoryLimitBytes: 64 * megabytes, gpus: [] });
  const csv = await project.ok('metrics', 'work', '--since', '2m', '--every', '1s', '-o', 'csv');
  const [head = '', ...lines] = csv.trim().split('\r\n');
  const columns = head.split(',');
  const values = (name: string): readonly number[] =>
    lines.slice(-4).map((line) => Number(line.split(',')[columns.indexOf(name)]));
  expect(lines.length).toBeGreaterThanOrEqual(6);
  expectNear(meanOf(values('cpu_percent')), percent);
  expectNear(meanOf(values('memory_bytes')), kernel.memoryBytes());
  const report = JSON.parse(
    await project.ok('report', '--since', '1h', '-o', 'json'),
  ) as UsageReport;
  expect(report.items).toMatchObject([{ project: 'measured', gpuHoursHeld: 0 }]);
  // Two containers, each since its first sample.
  expect(report.total.measuredHours).toBeGreaterThan(10 / 3600);

  // What stands in where those files are not to be seen.
  const connected = await connectEngine({ host: site.host });
  if (!connected.ok) throw new Error(connected.failure.message);
  const engine = connected.value;
  expect(await engine.usage.pid(containerId ?? '')).toEqual(ok(inspected.State.Pid));
  const told = await engine.usage.usage(containerId ?? '');
  if (!told.ok) throw new Error(told.failure.message);
  expectNear(told.value.cpuNs ?? 0, kernel.cpuNs());
  expectNear(told.value.memoryBytes ?? 0, kernel.memoryBytes());
  expectNear(told.value.networkRxBytes ?? 0, kernel.receivedBytes());
  expect(told.value.memoryLimitBytes).toBe(64 * megabytes);
  expect(told.value.diskWriteBytes).toBe(kernel.writtenBytes());
  engine.close();

  const averages = record
    .prepare<[string | null], { readonly cpu: number; readonly memory: number }>(
      `SELECT cpu_usage_avg AS cpu, memory_usage_avg_gb AS memory FROM container_instances
       WHERE container_id = ?`,
    )
    .get(containerId);
  const known = rows().flatMap(({ cpu_percent: cpu }) => (cpu === null ? [] : [cpu]));
  const expected = known.reduce((sum, one) => sum + one, 0) / known.length;
  expectNear(averages?.cpu ?? 0, expected);

  const sample = (part: string): readonly unknown[] => {
    const found = documentSamples({}).find(({ title }) => title.includes(part));
    if (found === undefined) throw new Error(`the document has no ${part}`);
    return record.prepare(found.sql.replaceAll('abc123', containerId ?? '')).all();
  };
  expect(sample('Get last 5 minutes of metrics').length).toBeGreaterThanOrEqual(6);
  expect(sample('Average CPU usage over last hour')).toEqual([
    { avg_cpu: expect.any(Number) as number },
  ]);
  expect(sample('Check if system is overloaded')).toEqual([
    { memory_percent: expect.any(Number) as number, cpu_percent: expect.any(Number) as number },
  ]);
  expect(record.prepare('SELECT * FROM v_active_containers').all()).toHaveLength(2);
  expect(record.prepare('SELECT * FROM v_system_summary').get()).toMatchObject({
    avg_cpu_percent: expect.any(Number) as number,
    avg_available_gb: expect.any(Number) as number,
  });
  record.close();
});

const meanOf = (values: readonly (number | null)[]): number =>
  values.reduce<number>((sum, one) => sum + (one ?? NaN), 0) / values.length;

/** Within a tenth. */
const expectNear = (value: number, to: number): void =>
  expect(Math.abs(value / to - 1), `${value} beside ${to}`).toBeLessThanOrEqual(0.1);

/** The kernel's files, found and read without anything of MLEnv. */
const countersOf = (pid: number) => {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
  const path = (name: string): string | null => {
    const line = lines.find((each) => each.split(':')[1]?.split(',').includes(name));
    return line === undefined ? null : (line.split(':')[2] ?? null);
  };
  const number = (file: string, key: RegExp): number =>
    Number(key.exec(readFileSync(file, 'utf8'))?.[1]);
  const root = '/sys/fs/cgroup';
  const [cpuacct, memory, blkio] = [path('cpuacct'), path('memory'), path('blkio')];
  const throttle = 'blkio.throttle.io_service_bytes_recursive';
  const unified = join(root, path('') ?? '');
  return {
    cpuNs: () =>
      cpuacct === null
        ? 1000 * number(join(unified, 'cpu.stat'), /usage_usec (\d+)/)
        : number(join(root, 'cpuacct', cpuacct, 'cpuacct.usage'), /(\d+)/),
    memoryBytes: () =>
      memory === null
        ? number(join(unified, 'memory.current'), /(\d+)/) -
          number(join(unified, 'memory.stat'), /^inactive_file (\d+)/m)
        : number(join(root, 'memory', memory, 'memory.usage_in_bytes'), /(\d+)/) -
          number(join(root, 'memory', memory, 'memory.stat'), /^total_inactive_file (\d+)/m),
    writtenBytes: (): number | null => {
      const file = blkio === null ? join(unified, 'io.stat') : join(root, 'blkio', blkio, throttle);
      const counts = [
        ...readFileSync(file, 'utf8').matchAll(/(?: wbytes=|^\d+:\d+ Write )(\d+)/gm),
      ];
      return counts.length === 0 ? null : counts.reduce((sum, [, one]) => sum + Number(one), 0);
    },
    receivedBytes: () => number(`/proc/${pid}/net/dev`, /eth0: *(\d+)/),
  };
};
