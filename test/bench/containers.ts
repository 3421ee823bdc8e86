import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeRound, type ComposeTimes, findCompose } from './compose.ts';
import { run, timedRun } from './command.ts';
import { openEngineApi } from './engine-api.ts';
import { heading, median, ms, ratio, row, timed } from './figures.ts';
import { type BenchProject, makeProject, sleepers } from './project.ts';
import { rawRound } from './raw.ts';
import { recordCalls, type RecordedCall } from './record-calls.ts';
import { type Ids, replay } from './replay.ts';

interface Round {
  readonly rawUpMs: number;
  readonly rawRemovalMs: number;
  readonly replayUpMs: number;
  readonly replayRemovalMs: number;
  readonly upMs: number;
  readonly againMs: number;
  readonly removalMs: number;
}

/**
 * `mlenv up` and `mlenv rm` against the same calls sent without MLEnv, and against the least calls that
 * would do (create and start, stop and remove).
 */
export async function containers(options: {
  readonly socket: string;
  readonly image: string;
  readonly count: number;
  readonly concurrency: number;
  readonly rounds: number;
}): Promise<void> {
  const { socket, image, count, concurrency, rounds } = options;
  const base = mkdtempSync(join(tmpdir(), 'mlenv-bench-'));
  const api = openEngineApi(socket, concurrency);
  try {
    const project = await makeProject({ base, host: `unix://${socket}`, image });
    project.save(sleepers(image, count));
    const calls = await recordRound(project, { base, socket });
    const sent = (recorded: readonly RecordedCall[]): string =>
      `${(recorded.length / count).toFixed(1)} changing calls a container`;

    const compose = await findCompose();
    const composed: ComposeTimes[] = [];
    const results: Round[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const raw = await rawRound({ api, image, count, concurrency });
      const ids: Ids = new Map();
      const again = (those: readonly RecordedCall[]): Promise<number> =>
        timed(() => replay({ api, calls: those, concurrency, ids }));
      results.push({
        rawUpMs: raw.upMs,
        rawRemovalMs: raw.removalMs,
        replayUpMs: await again(calls.up),
        replayRemovalMs: await again(calls.removal),
        upMs: await timedRun(project.mlenv(['up'])),
        againMs: await timedRun(project.mlenv(['up'])),
        removalMs: await timedRun(project.mlenv(['rm', '--volumes'])),
      });
      if (compose !== null) {
        const services = sleepers(image, count);
        const host = `unix://${socket}`;
        composed.push(await composeRound({ compose, folder: base, host, services }));
      }
    }

    const of = (key: keyof Round): number => median(results.map((round) => round[key]));
    heading(`${count} containers, ${concurrency} at a time, median of ${rounds} rounds`);
    row('bring-up: create and start, raw', ms(of('rawUpMs')));
    row("bring-up: MLEnv's own calls, raw", ms(of('replayUpMs')), sent(calls.up));
    row(
      'bring-up: mlenv up',
      ms(of('upMs')),
      `${ratio(of('upMs'), of('replayUpMs'), '1.05')}; to the least ${ratio(of('upMs'), of('rawUpMs'))}`,
    );
    row('second mlenv up, nothing to do', ms(of('againMs')));
    row('removal: stop and remove, raw', ms(of('rawRemovalMs')));
    row("removal: MLEnv's own calls, raw", ms(of('replayRemovalMs')), sent(calls.removal));
    row(
      'removal: mlenv rm --volumes',
      ms(of('removalMs')),
      `${ratio(of('removalMs'), of('replayRemovalMs'), '1.05')}; to the least ${ratio(of('removalMs'), of('rawRemovalMs'))}`,
    );
    rowsOfCompose(composed);
  } finally {
    api.close();
    rmSync(base, { recursive: true, force: true });
  }
}

function rowsOfCompose(composed: readonly ComposeTimes[]): void {
  if (composed.length === 0) {
    row('docker compose', 'not here');
    return;
  }
  const of = (key: keyof ComposeTimes): number => median(composed.map((round) => round[key]));
  row('docker compose up', ms(of('upMs')));
  row('second docker compose up, nothing to do', ms(of('againMs')));
  row('docker compose down', ms(of('removalMs')));
}

async function recordRound(
  project: BenchProject,
  { base, socket }: { readonly base: string; readonly socket: string },
): Promise<{ readonly up: readonly RecordedCall[]; readonly removal: readonly RecordedCall[] }> {
  const listenOn = join(base, 'recorded.sock');
  const recorder = await recordCalls({ listenOn, engine: socket });
  try {
    await run(project.mlenv(['up'], `unix://${listenOn}`));
    const up = recorder.take();
    await run(project.mlenv(['rm', '--volumes'], `unix://${listenOn}`));
    return { up, removal: recorder.take() };
  } finally {
    await recorder.close();
  }
}
