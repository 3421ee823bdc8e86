import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { readyMachine } from './image.ts';
import { keepFailed, play, readJourney } from './journey.ts';
import { judged, judgedTwin, type Result } from './lines.ts';
import { makePayload } from './payload.ts';

/** `npm run host`: journeys on a machine of their own, a result a line, counts at the end. Started by .ci/host. */

const root = process.cwd();
const here = join(root, 'test', 'host');
const cache = join(root, '.cache', 'host');
const names = readdirSync(join(here, 'journeys'))
  .map((file) => file.replace(/\.sh$/, ''))
  .toSorted();

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    sabotage: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '20' },
    verbose: { type: 'boolean', default: false },
  },
});
const chosen = values.only.length > 0 ? values.only : names;
const unknown = values.only.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`mlenv: no journey ${unknown.join(', ')}; there are: ${names.join(', ')}`);
  process.exit(2);
}

const folder = join(cache, `run-${process.pid}`);
const say = (text: string): void => console.log(`\n== ${text}`);
const seconds = (since: number): string => `${Math.round((Date.now() - since) / 1000)} s`;

const main = async (): Promise<void> => {
  const all: Result[] = [];
  mkdirSync(cache, { recursive: true });
  // What a run left whose process was killed.
  for (const name of readdirSync(cache)) {
    const pid = /^run-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) {
      rmSync(join(cache, name), { recursive: true, force: true });
    }
  }
  mkdirSync(folder, { recursive: true });
  try {
    const started = Date.now();
    const machine = await readyMachine(join(here, 'image'), cache, say);
    const payload = makePayload(root, folder, chosen.includes('upgrade'));
    say(`The machine is ready (${machine.accelerator}), after ${seconds(started)}`);
    for (const name of chosen) {
      all.push(...(await one(machine, payload, join(folder, 'journey'), name)));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const failed = all.filter(({ why }) => why !== null).length;
  const counts = `${all.length - failed} passed, ${failed} failed`;
  writeFileSync(join(cache, 'counts'), `${counts}\n`);
  console.log(`\n${counts}`);
  process.exitCode = failed > 0 ? 1 : 0;
};

const one = async (
  machine: Awaited<ReturnType<typeof readyMachine>>,
  payload: string,
  folder: string,
  name: string,
): Promise<readonly Result[]> => {
  const journey = readJourney(join(here, 'journeys', `${name}.sh`), name);
  say(`${name}${values.sabotage ? ', sabotaged' : ''}: ${journey.title}`);
  const started = Date.now();
  const run = await play(machine, journey, {
    payload,
    folder,
    isSabotaged: values.sabotage,
    limitMs: Number(values.minutes) * 6e4,
    onLine: (line) => {
      if (values.verbose || /^(?:not )?ok |^# /.test(line)) console.log(line);
    },
  });
  const results = values.sabotage
    ? [judgedTwin(run.results, failsOf(name), run.ending)]
    : judged(run.results, run.ending);
  const failed = results.filter(({ why }) => why !== null);
  for (const result of failed) console.log(`   FAILED ${result.name}: ${result.why}`);
  console.log(
    `   ${name}: ${results.length - failed.length} of ${results.length}, ${seconds(started)}`,
  );
  if (failed.length > 0) {
    const kept = join(cache, 'failed', `${name}${values.sabotage ? '-sabotaged' : ''}`);
    keepFailed(folder, kept);
    console.log(`   its log, console and disk: ${relative(root, kept)}`);
  } else if (values.sabotage) console.log(`   ${results[0]?.name}: as it must`);
  return results.map((result) => ({ ...result, name: `${name}: ${result.name}` }));
};

/** The sabotage's first line says which check must fail. */
const failsOf = (name: string): string => {
  const text = readFileSync(join(here, 'sabotage', `${name}.sh`), 'utf8');
  const fails = /^# fails: (.+)$/m.exec(text)?.[1];
  if (fails === undefined) throw new Error(`sabotage/${name}.sh does not say what fails`);
  return fails;
};

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(130);
  });
}
await main();
