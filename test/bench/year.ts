import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { documentSamples } from '../store/document.ts';
import { createYear, environments, type Year } from '../support/year.ts';
import { megabytes, percentile } from './figures.ts';
import type { Figure, Section } from './report.ts';

const days = 365;
/** The days whose samples are still there are lived at the full rate: one each half minute. */
const full = 8;
const perDay = { sparse: 6, full: 2880 };
const times = 200;

/**
 * What is asked and written all the time, on the first day and after a year: the same machine, the same process,
 * the same statements, so that the two may be held beside each other.
 */
export const year = (): Section => {
  const folder = mkdtempSync(join(tmpdir(), 'mlenv-bench-year-'));
  const aged = createYear({
    file: join(folder, 'mlenv.db'),
    samplesADay: (day) => (day === 0 || day >= days - full ? perDay.full : perDay.sparse),
  });
  try {
    aged.day(0);
    const first = measured(aged);
    const bytesAtFirst = aged.store.upkeep.size().bytes;
    for (let day = 1; day < days; day += 1) aged.day(day);
    const last = measured(aged);
    const figures = last.flatMap(({ name, took }, index): readonly Figure[] => {
      const before = first[index]?.took ?? [];
      return [0.5, 0.99].map((p) => ({
        name: `${name}, p${p * 100}`,
        values: [percentile(took, p)],
        text: (value) => `${value.toFixed(3)} ms`,
        floor: { name: 'day 1', values: [percentile(before, p)] },
      }));
    });
    const rows = (table: string): string => `${aged.count(table)} rows of ${table}`;
    return {
      id: 'year',
      title: `The record of ${environments} environments after a year beside its first day, ${times} of each`,
      figures: [
        ...figures,
        {
          name: 'the record',
          values: [aged.store.upkeep.size().bytes],
          text: megabytes,
          floor: { name: 'day 1', values: [bytesAtFirst] },
          note: ['resource_metrics', 'usage_hours', 'audit_log'].map(rows).join(', '),
        },
      ],
    };
  } finally {
    aged.db.close();
    rmSync(folder, { recursive: true });
  }
};

const measured = (one: Year): readonly { readonly name: string; readonly took: number[] }[] => {
  const { db, store } = one;
  const at = one.now();
  const time = new Date(at).toISOString().slice(0, 19).replace('T', ' ');
  const asked = (part: string): (() => unknown) => {
    const found = documentSamples({}).find(
      ({ title, sql }) => title === part || sql.includes(part),
    );
    if (found === undefined) throw new Error(`the document has no ${part}`);
    const text = found.sql.replaceAll('abc123', one.containerId()).replaceAll("'now'", `'${time}'`);
    const statement = db.prepare(text);
    return () => statement.all();
  };
  const samples = store.metrics.running().map(({ containerId }) => ({
    containerId,
    cpuPercent: 50,
    memoryBytes: 2 ** 30,
    memoryPercent: 5,
    gpus: [],
    diskReadBytes: 1,
    diskWriteBytes: 1,
    networkRxBytes: 1,
    networkTxBytes: 1,
  }));
  const hour = Math.floor(at / 3_600_000 - 2) * 3_600_000;
  // None of them was made anew on either day, so that all have samples of the hour.
  const eight = store.upkeep
    .sampled(hour)
    .filter(({ environment }) => /^env-4[0-7]$/.test(environment));
  const all: readonly (readonly [name: string, run: () => unknown])[] = [
    ['a sample of all', () => store.metrics.record({ at, host: null, samples })],
    ['an hour of 8 counted', () => store.upkeep.rollUp(hour, eight)],
    ['what runs', () => store.metrics.running()],
    ['the last 50 events', () => store.events.list({ limit: 50 })],
    [
      'the last 50 of the audit log',
      () => store.audit.list({ project: null, user: null, since: null, limit: 50, reader: null }),
    ],
    ['what a project uses', () => store.quotas.usage()],
    ['5 minutes of one container', asked('Get last 5 minutes of metrics')],
    ['the mean of an hour of one', asked('Average CPU usage over last hour')],
    ['is the system overloaded', asked('Check if system is overloaded')],
    ['the system’s trend', asked('System load trend')],
    ['containers of a project', asked('Find containers for project')],
  ];
  return all.map(([name, run]) => ({
    name,
    took: Array.from({ length: times }, () => {
      const began = performance.now();
      run();
      return performance.now() - began;
    }),
  }));
};
