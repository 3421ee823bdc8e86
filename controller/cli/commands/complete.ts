import type { Command } from 'commander';
import { candidates } from '../complete.ts';
import type { Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';
import { projectNames } from '../complete-names.ts';

/** One candidate a line, with its description behind a tab. */
export const run = async (
  { io }: Context,
  program: Command,
  words: readonly string[],
): Promise<number> => {
  for (const { value, about } of await candidates(program, words, () => projectNames(io.cwd)))
    io.stdout.write(`${value}\t${about}\n`);
  return exitCode.done;
};
