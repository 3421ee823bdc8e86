import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './command.ts';
import { json, openEngineApi } from './engine-api.ts';
import { ms, percentile } from './figures.ts';
import { isCreate, isStart, passages, startController } from './passages.ts';
import { type BenchProject, makeProject, sleepers } from './project.ts';
import { recordCalls } from './record-calls.ts';
import type { Section } from './report.ts';

/** How fast a resident controller answers: a file saved, a container killed. */
export async function latency(options: {
  readonly socket: string;
  readonly image: string;
  readonly samples: number;
}): Promise<Section> {
  const { socket, image, samples } = options;
  const base = mkdtempSync(join(tmpdir(), 'mlenv-bench-'));
  const api = openEngineApi(socket, 1);
  const listenOn = join(base, 'watched.sock');
  const watch = passages();
  const recorder = await recordCalls({ listenOn, engine: socket, onPassage: watch.note });
  const project = makeProject({ base, host: `unix://${listenOn}` });
  project.save({});
  await run(project.mlenv(['up']));
  const controller = startController(project, join(base, 'controller.log'));
  try {
    // Long enough for its first listing and for its watch to stand.
    await watch.next(({ path }) => /\/events/.test(path), 30_000);
    await sleep(2_000);
    const saved: number[] = [];
    for (let count = 1; count <= samples; count += 1) {
      const created = watch.next(isCreate, 60_000);
      const started = watch.next(isStart, 60_000);
      const at = performance.now();
      project.save(sleepers(image, count));
      saved.push((await created).at - at);
      await started;
      await sleep(1_000);
    }
    const killed: { readonly start: number; readonly free: number }[] = [];
    for (const id of await idsOf(project)) {
      const died = watch.next(
        ({ kind, text }) => kind === 'event' && text.includes('"die"'),
        60_000,
      );
      const started = watch.next(isStart, 60_000);
      await api.call(json('POST', `/containers/${id}/kill`));
      const free = performance.now();
      const { at } = await died;
      killed.push({ start: (await started).at - at, free: free - at });
      await sleep(500);
    }
    return {
      id: 'latency',
      title: `How fast a resident controller answers, ${samples} samples`,
      figures: [
        {
          name: 'file saved → create call',
          values: saved,
          text: ms,
          goal: 'p50 100 ms, p99 300 ms',
          note: `p99 ${ms(percentile(saved, 0.99))}`,
        },
        {
          name: 'die event arrives → start call',
          values: killed.map(({ start }) => start),
          text: ms,
          floor: { name: 'the engine', values: killed.map(({ free }) => free) },
          goal: 'p50 15 ms',
          note: `p99 ${ms(
            percentile(
              killed.map(({ start }) => start),
              0.99,
            ),
          )}`,
        },
        {
          name: 'die event arrives → engine has cleared up',
          values: killed.map(({ free }) => free),
          text: ms,
        },
        {
          name: 'engine has cleared up → start call',
          values: killed.map(({ start, free }) => Math.max(0, start - free)),
          text: ms,
          goal: 'p50 15 ms',
        },
      ],
    };
  } catch (error) {
    throw new Error(
      `${String(error)}\n${readFileSync(join(base, 'controller.log'), 'utf8').slice(-2000)}`,
      {
        cause: error,
      },
    );
  } finally {
    controller.kill('SIGTERM');
    await once(controller, 'exit');
    await run(project.mlenv(['rm', '--volumes'], `unix://${socket}`));
    await recorder.close();
    api.close();
    rmSync(base, { recursive: true, force: true });
  }
}

async function idsOf(project: BenchProject): Promise<readonly string[]> {
  const status = JSON.parse(await run(project.mlenv(['status', '-o', 'json']))) as {
    readonly items: readonly { readonly containerId: string | null }[];
  };
  return status.items.map(({ containerId }) => containerId).filter((id) => id !== null);
}
