import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeRound, type ComposeTimes, findCompose } from './compose.ts';
import { run, timedRun } from './command.ts';
import { openEngineApi } from './engine-api.ts';
import { ms, timed } from './figures.ts';
import { type BenchProject, makeProject, sleepers } from './project.ts';
import { rawRound } from './raw.ts';
import { recordCalls, type RecordedCall } from './record-calls.ts';
import { type Ids, replay } from './replay.ts';
import type { Figure, Section } from './report.ts';

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
}): Promise<Section> {
  const { socket, image, count, concurrency, rounds } = options;
  const base = mkdtempSync(join(tmpdir(), 'mlenv-bench-'));
  const api = openEngineApi(socket, concurrency);
  try {
    const project = makeProject({ base, host: `unix://${socket}` });
    project.save(sleepers(image, count));
    const calls = await recordRound(project, { base, socket });

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

    const title = `${count} containers, ${concurrency} at a time, ${rounds} rounds`;
    return {
      id: 'containers',
      title,
      figures: [...figuresOf(results, calls, count), ...figuresOfCompose(results, composed)],
    };
  } finally {
    api.close();
    rmSync(base, { recursive: true, force: true });
  }
}

function figuresOf(rounds: readonly Round[], calls: Calls, count: number): readonly Figure[] {
  const of = (key: keyof Round) => ({ values: rounds.map((round) => round[key]), text: ms });
  const least = (name: string, key: keyof Round) => ({ name, values: of(key).values });
  const sent = (recorded: readonly RecordedCall[]): string =>
    `${(recorded.length / count).toFixed(1)} changing calls a container`;
  const [up, removal] = ['create and start, raw', 'stop and remove, raw'];
  return [
    { name: `bring-up: ${up}`, ...of('rawUpMs') },
    {
      name: "bring-up: MLEnv's own calls, raw",
      ...of('replayUpMs'),
      floor: least(up, 'rawUpMs'),
      note: sent(calls.up),
    },
    {
      name: 'bring-up: mlenv up',
      ...of('upMs'),
      floor: least('its own calls', 'replayUpMs'),
      goal: '1.05 ×',
    },
    { name: 'second mlenv up, nothing to do', ...of('againMs') },
    { name: `removal: ${removal}`, ...of('rawRemovalMs') },
    {
      name: "removal: MLEnv's own calls, raw",
      ...of('replayRemovalMs'),
      floor: least(removal, 'rawRemovalMs'),
      note: sent(calls.removal),
    },
    {
      name: 'removal: mlenv rm --volumes',
      ...of('removalMs'),
      floor: least('its own calls', 'replayRemovalMs'),
      goal: '1.05 ×',
    },
  ];
}

function figuresOfCompose(
  rounds: readonly Round[],
  composed: readonly ComposeTimes[],
): readonly Figure[] {
  if (composed.length === 0) return [];
  const values = (key: keyof ComposeTimes) => composed.map((round) => round[key]);
  const ours = (key: keyof Round) => rounds.map((round) => round[key]);
  const pair = (name: string, mine: keyof Round, theirs: keyof ComposeTimes): readonly Figure[] => [
    { name: `docker compose ${name}`, values: values(theirs), text: ms },
    {
      name: `mlenv beside docker compose ${name}`,
      values: ours(mine),
      text: ms,
      floor: { name: 'compose', values: values(theirs) },
      goal: '< 1 ×',
    },
  ];
  return [
    ...pair('up', 'upMs', 'upMs'),
    ...pair('up again', 'againMs', 'againMs'),
    ...pair('down', 'removalMs', 'removalMs'),
  ];
}

interface Calls {
  readonly up: readonly RecordedCall[];
  readonly removal: readonly RecordedCall[];
}

async function recordRound(
  project: BenchProject,
  { base, socket }: { readonly base: string; readonly socket: string },
): Promise<Calls> {
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
