import { closeSync, openSync, readSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { connectEngine } from '../../controller/docker/connect.ts';
import type { EngineUsage, RunningContainer } from '../../controller/model/metrics.ts';
import { createCounterFiles } from '../../controller/monitor/counter-files.ts';
import { sampleOf } from '../../controller/monitor/sample.ts';
import { createUsageReader, type CounterFiles } from '../../controller/monitor/usage-reader.ts';
import { run } from './command.ts';
import { json, openEngineApi } from './engine-api.ts';
import { ms, timed } from './figures.ts';
import { inParallel } from './replay.ts';
import type { Section } from './report.ts';

const readings = 500;

/**
 * One pass over `readings` containers beside bare reads of the same files. The engine here holds `count`, and each
 * stands for several by another id: the kernel's files are read as often as 500 would have them read.
 */
export async function metrics(options: {
  readonly socket: string;
  readonly image: string;
  readonly count: number;
  readonly rounds: number;
}): Promise<Section> {
  const { socket, image, count, rounds } = options;
  const api = openEngineApi(socket, 8);
  const connected = await connectEngine({ host: `unix://${socket}` });
  if (!connected.ok) throw new Error(connected.failure.message);
  const engine = connected.value;
  const { usage } = engine;
  const ids: string[] = [];
  try {
    await inParallel(Array.from({ length: count }), 8, async () => {
      const made = await api.call(json('POST', '/containers/create', { Image: image }));
      const { Id: id } = JSON.parse(made.body.toString()) as { readonly Id: string };
      ids.push(id);
      await api.call(json('POST', `/containers/${id}/start`));
    });
    const pass = await passesOf({ ids, usage, rounds: 5 * rounds });
    const host = { DOCKER_HOST: `unix://${socket}` };
    const stats: number[] = [];
    const fallback: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const argv = ['docker', 'stats', '--no-stream'];
      stats.push(await timed(() => run({ argv, cwd: '/', env: host }).then(() => {})));
      fallback.push(
        await timed(() => inParallel(ids, 8, async (id) => void (await usage.usage(id)))),
      );
    }
    return {
      id: 'metrics',
      title: `What a sample of ${readings} containers costs, ${pass.ours.length} rounds; an engine with ${count}`,
      figures: [
        {
          name: `${readings} containers, ${pass.files} files`,
          values: pass.ours,
          text: ms,
          floor: { name: 'bare reads', values: pass.bare },
          goal: '1.5 ×',
        },
        { name: `the same files read bare`, values: pass.bare, text: ms },
        {
          name: `the engine's API, ${count} containers, eight at once`,
          values: fallback,
          text: ms,
        },
        { name: `docker stats --no-stream, ${count} containers`, values: stats, text: ms },
      ],
    };
  } finally {
    await inParallel(ids, 8, async (id) => {
      await api.call(json('DELETE', `/containers/${id}?force=1&v=1`));
    });
    api.close();
    engine.close();
  }
}

const passesOf = async ({
  ids,
  usage,
  rounds,
}: {
  readonly ids: readonly string[];
  readonly usage: EngineUsage;
  readonly rounds: number;
}) => {
  const counters = createCounterFiles();
  let touched: string[] | null = null;
  const files: CounterFiles = {
    text: (path) => {
      const text = counters.text(path);
      if (text !== null) touched?.push(path);
      return text;
    },
    link: (path) => counters.link(path),
  };
  // The id is looked for in the path of the control group: one that goes on stands in none, its beginning does.
  const containers = Array.from({ length: readings }, (_, at): RunningContainer => {
    const id = ids[at % ids.length] ?? '';
    return {
      containerId: id.slice(0, id.length - Math.floor(at / ids.length)),
      containerName: '',
      startedAt: 0,
    };
  });
  const reader = createUsageReader({
    engine: { ...usage, pid: (id) => usage.pid(ids.find((whole) => whole.startsWith(id)) ?? id) },
    files,
    monotonicMs: () => performance.now(),
    breathe: () => setImmediate(),
  });
  const { signal } = new AbortController();
  let before = await reader.read(containers, signal);
  if (before.size !== readings) throw new Error(`${before.size} of ${readings} could be read`);
  touched = [];
  await reader.read(containers, signal);
  const paths: readonly string[] = touched;
  touched = null;
  const [ours, bare]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    bare.push(await timed(async () => readBare(paths)));
    ours.push(
      await timed(async () => {
        const now = await reader.read(containers, signal);
        for (const [id, reading] of now) {
          sampleOf({ before: before.get(id) ?? null, now: reading, hostMemoryBytes: 2 ** 34 });
        }
        before = now;
      }),
    );
  }
  return { ours, bare, files: paths.length };
};

/** As little as reading a file takes: open, read until it ends, close. */
const readBare = (paths: readonly string[]): void => {
  const buffer = Buffer.allocUnsafe(64 * 1024);
  for (const path of paths) {
    const file = openSync(path, 'r');
    while (readSync(file, buffer) > 0);
    closeSync(file);
  }
};
