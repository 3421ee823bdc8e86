import { run, timedRun } from './command.ts';
import { heading, median, ms, ratio, row } from './figures.ts';

/** What the command costs before it does anything, against a Node that does nothing. */
export async function startup(rounds: number): Promise<void> {
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
  heading(`Start of the command, median of ${rounds}`);
  row('node -e 0', ms(median(bare)));
  row('mlenv --help', ms(median(help)), ratio(median(help), median(bare), '1.7'));
}
