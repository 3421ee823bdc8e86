import { run, timedRun } from './command.ts';
import { ms } from './figures.ts';
import type { Section } from './report.ts';

/** What the command costs before it does anything, against a Node that does nothing. */
export async function startup(rounds: number): Promise<Section> {
  const bare: number[] = [];
  const help: number[] = [];
  const main = 'dist/controller/main.js';
  const node = { argv: [process.execPath, '-e', '0'], cwd: '.' };
  const mlenv = { argv: [process.execPath, main, '--help'], cwd: '.' };
  await run(mlenv);
  for (let round = 0; round < rounds; round += 1) {
    bare.push(await timedRun(node));
    help.push(await timedRun(mlenv));
  }
  return {
    id: 'startup',
    title: `Start of the command, ${rounds} rounds`,
    figures: [
      { name: 'node -e 0', values: bare, text: ms },
      {
        name: 'mlenv --help',
        values: help,
        text: ms,
        floor: { name: 'node -e 0', values: bare },
        goal: '1.7 ×',
      },
    ],
  };
}
