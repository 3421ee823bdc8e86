import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { PassTaken } from '../../../controller/model/metrics.ts';
import { seriesNames, seriesTable, type SeriesRow } from '../../../controller/model/series.ts';
import { exposition } from '../../../controller/report/prometheus.ts';
import { collect } from '../../../controller/service/series/collect.ts';
import type { ScrapeFacts } from '../../../controller/service/series/facts.ts';
import { packageFolder } from '../../../schema/files.ts';
import { reading } from '../../monitor/readings.ts';
import { readExposition, type ReadSample } from '../../support/exposition.ts';
import { committed } from '../../support/generated.ts';
import { told, trouble } from '../../support/notice-builders.ts';
import { quietFacts } from '../../support/quiet-host.ts';
import { worldDevices } from '../../support/world-cards.ts';
import { specOf } from '../../support/world-words.ts';
import { World } from '../../support/world.ts';

const [a100] = worldDevices;
const path = '/srv/vision';

/** A host on which there is something of everything, and what is exposed of it. */
const busy = async () => {
  const world = new World({ cards: 'best-effort' });
  onTestFinished(() => world.close());
  const train = { image: 'app:1', cpus: 2, gpus: { count: 1, model: 'A100' } };
  world.files.write(
    `${path}/mlenv.yaml`,
    specOf({ train, web: { image: 'app:1' }, late: { image: 'app:1', gpus: 4 } }),
  );
  await world.start();
  await world.until('two run, and one waits', () => {
    const reason = (name: string) => world.environment(path, name)?.reason;
    return (
      reason('train') === 'Running' &&
      reason('web') === 'Running' &&
      (reason('late') ?? 'Pending') !== 'Pending'
    );
  });
  const process = world.process;
  if (process === null) throw new Error('no controller');
  const { store } = process;
  store.sources.update('vision', { newest: 'c0ffee', checkedAt: 5000, failure: 'no route' });
  const { id: _, ...notice } = told(trouble(), { state: 'pending', attempts: 2 });
  store.notices.add(notice);
  const record = world.environment(path, 'train');
  if (record === null || record === undefined) throw new Error('train is not there');
  const gb = 2 ** 30;
  const known = reading({ cpuNs: 7e9, memoryLimitBytes: 8 * gb });
  const taken: PassTaken = {
    at: 60_000,
    host: {
      cpuPercent: 50,
      cores: 8,
      memoryTotalBytes: 64 * gb,
      memoryAvailableBytes: 32 * gb,
      load1: 1,
      load5: 2,
      load15: 3,
      gpus: [],
    },
    containers: [
      {
        containerName: 'mlenv-vision-train',
        reading: known,
        sample: {
          containerId: record.containerId ?? '',
          cpuPercent: 150,
          memoryBytes: gb,
          memoryPercent: 12.5,
          gpus: [],
          diskReadBytes: 1,
          diskWriteBytes: 2,
          networkRxBytes: 3,
          networkTxBytes: 4,
        },
      },
      {
        containerName: 'gone',
        reading: known,
        sample: {
          containerId: 'gone',
          cpuPercent: 1,
          memoryBytes: 1,
          memoryPercent: null,
          gpus: null,
          diskReadBytes: null,
          diskWriteBytes: null,
          networkRxBytes: null,
          networkTxBytes: null,
        },
      },
    ],
  };
  const facts: ScrapeFacts = {
    ...quietFacts,
    taken,
    backupAt: 1000,
    freeDiskBytes: 3 * gb,
    process: { cpuSeconds: 1.5, residentBytes: 2048, startedAt: 1000, openFiles: 12 },
  };
  const scrape = (over: Partial<ScrapeFacts> = {}) =>
    readExposition(exposition(collect(process.core, { ...facts, ...over })));
  return { world, process, record, notice, scrape };
};

const samplesOf = (families: ReturnType<typeof readExposition>, name: string) =>
  families.find((family) => family.name === name)?.samples ?? [];

const valueOf = (
  families: ReturnType<typeof readExposition>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined =>
  samplesOf(families, name).find((sample: ReadSample) =>
    Object.entries(labels).every(([label, text]) => sample.labels[label] === text),
  )?.value;

describe('what is exposed', () => {
  it('is what the record, the cards and the last sample say, with the labels of the table', async () => {
    const { world, process, record, notice, scrape } = await busy();
    const families = scrape();
    const { projectId } = record;
    const place = { project: 'vision', environment: 'train', project_id: projectId };
    const value = (name: string, labels = {}) => valueOf(families, name, labels);

    expect(value('mlenv_build_info')).toBe(1);
    expect(value('mlenv_engine_up')).toBe(1);
    expect(value('mlenv_environments', { phase: 'Running' })).toBe(2);
    expect(value('mlenv_environments', { phase: 'Failed' })).toBe(0);
    expect(value('mlenv_environment_info', { ...place, owner: 'ada', phase: 'Running' })).toBe(1);
    expect(value('mlenv_environment_ready', place)).toBe(1);
    expect(value('mlenv_environment_ready', { environment: 'late' })).toBe(0);
    const waiting = samplesOf(families, 'mlenv_environments_waiting');
    expect(waiting.reduce((sum, sample) => sum + sample.value, 0)).toBe(1);
    expect(value('mlenv_queue_length')).toBe(1);
    const container = { ...place, container: 'mlenv-vision-train' };
    expect(value('mlenv_container_cpu_seconds_total', container)).toBe(7);
    expect(value('mlenv_container_cpu_usage_ratio', container)).toBe(1.5);
    expect(value('mlenv_container_disk_written_bytes_total', container)).toBe(2);
    // One whose environment is not there any more.
    expect(samplesOf(families, 'mlenv_container_memory_bytes')).toHaveLength(1);
    expect(value('mlenv_host_cpu_usage_ratio')).toBe(0.5);
    expect(value('mlenv_gpu_lease_info', { project: 'vision', environment: 'train' })).toBe(1);
    const holder = { project: 'vision', environment: 'train', owner: 'ada', slice: '' };
    expect(value('mlenv_gpu_lease_info', { ...holder, uuid: a100.gpuUuid })).toBe(1);
    expect(value('mlenv_gpus', { state: 'held' })).toBe(1);
    expect(value('mlenv_gpus', { state: 'mig' })).toBe(1);
    const quota = { subject: 'project', name: 'vision', path };
    expect(value('mlenv_quota_limit', { ...quota, resource: 'containers' })).toBe(5);
    expect(value('mlenv_quota_used', { ...quota, resource: 'containers' })).toBe(2);
    expect(value('mlenv_quota_used', { ...quota, resource: 'cpus' })).toBe(2);
    expect(value('mlenv_quota_used', { subject: 'user', name: 'ada', resource: 'gpus' })).toBe(1);
    expect(value('mlenv_source_up', { source: 'vision' })).toBe(0);
    expect(value('mlenv_source_last_success_timestamp_seconds')).toBe(5);
    expect(value('mlenv_notices_retrying', { receiver: notice.receiver })).toBe(1);
    expect(value('process_cpu_seconds_total')).toBe(1.5);

    const passes = process.core.environments.stats();
    const labels = { controller: 'environment' };
    const counted = samplesOf(families, 'mlenv_reconcile_duration_seconds').filter(
      (sample) => sample.labels['controller'] === 'environment',
    );
    expect(counted.at(-1)?.value).toBe(passes.passes);
    const buckets = counted.filter(({ name }) => name.endsWith('_bucket'));
    expect(buckets.map(({ value: count }) => count)).toEqual(
      buckets.map(({ value: count }) => count).toSorted((x, y) => x - y),
    );
    expect(buckets.at(-1)).toMatchObject({ labels: { le: '+Inf' }, value: passes.passes });
    expect(value('mlenv_reconcile_passes_total', { ...labels, outcome: 'done' })).toBe(
      passes.outcomes.done,
    );

    for (const { name, kind, samples } of families) {
      const row: SeriesRow = seriesTable[name as keyof typeof seriesTable];
      expect(kind, name).toBe(row.kind);
      for (const sample of samples) {
        const names = Object.keys(sample.labels).filter((label) => label !== 'le');
        expect(names, name).toEqual(row.labels);
      }
    }
    // The cards of this world tell neither use nor warmth.
    const silent = /^mlenv_gpu_(utilization|temperature|power)/;
    const missing = seriesNames.filter((name) => !families.some((family) => family.name === name));
    expect(missing.filter((name) => !silent.test(name))).toEqual([]);
    expect(await world.ask((api) => api.scrape())).toContain(
      'mlenv_build_info{version="simulated"} 1',
    );
  });

  it('shows trouble, and leaves out what is not known', async () => {
    const { process, scrape } = await busy();
    const { memory } = process.core.deps;
    memory.engineTrouble = 'no answer';
    memory.recordTrouble = { freeBytes: 0 };
    memory.upkeepFaults.set('backup', 'no room');
    const families = scrape({ taken: null, backupAt: null });
    expect(valueOf(families, 'mlenv_engine_up')).toBe(0);
    expect(valueOf(families, 'mlenv_record_writable')).toBe(0);
    expect(valueOf(families, 'mlenv_upkeep_failed', { part: 'backup' })).toBe(1);
    expect(valueOf(families, 'mlenv_upkeep_failed', { part: 'retention' })).toBe(0);
    for (const name of ['mlenv_host_cpus', 'mlenv_backup_last_success_timestamp_seconds']) {
      expect(samplesOf(families, name)).toEqual([]);
    }
  });
});

describe('the documents', () => {
  const table = [
    '| Series | Kind | Labels | What it says |',
    '| --- | --- | --- | --- |',
    ...Object.entries<SeriesRow>(seriesTable).map(
      ([name, { kind, labels, help }]) =>
        `| \`${name}\` | ${kind} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
    ),
  ].join('\n');

  it('list every series', () => {
    const file = 'docs/prometheus.md';
    const text = committed(file).replace(
      /(UPDATE=1\. -->\n)[\s\S]*(<!-- end of the table -->)/,
      (_, begin: string, end: string) => `${begin}\n${table}\n\n${end}`,
    );
    expect(committed(file, text)).toBe(text);
  });

  it.each(['alerts.yaml', 'grafana-dashboard.json'])('name no other: %s', (file) => {
    const text = readFileSync(join(packageFolder(), 'docs/prometheus', file), 'utf8');
    const named = [...new Set(text.match(/\b(?:mlenv|process)_[a-z0-9_]+/g))];
    expect(named.length).toBeGreaterThan(10);
    const known = seriesNames.flatMap((name) =>
      seriesTable[name].kind === 'histogram'
        ? ['_bucket', '_sum', '_count'].map((suffix) => `${name}${suffix}`)
        : [name as string],
    );
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('the dashboard asks the chosen data source alone, and no two panels lie over each other', () => {
    interface Panel {
      readonly type: string;
      readonly datasource?: { readonly uid: string };
      readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
      readonly targets?: readonly { readonly datasource: { readonly uid: string } }[];
    }
    const { panels } = JSON.parse(committed('docs/prometheus/grafana-dashboard.json')) as {
      readonly panels: readonly Panel[];
    };
    const asking = panels.filter(({ type }) => type !== 'row');
    expect(asking.length).toBeGreaterThan(20);
    for (const { datasource, targets = [] } of asking) {
      const all = [datasource, ...targets.map((target) => target.datasource)];
      expect(new Set(all.map((each) => each?.uid))).toEqual(new Set(['${datasource}']));
    }
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });
});
