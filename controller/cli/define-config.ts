import type { Command } from 'commander';
import type { ConfigShowOptions } from './commands/config.ts';
import { output } from './define-project.ts';
import type { Start } from './program.ts';

export const defineConfigCommands = (program: Command, start: Start): void => {
  program.commandsGroup('MLEnv itself:');

  const config = program
    .command('config')
    .description("show and check the host's configuration; needs no engine");
  config
    .command('show')
    .description('show every value that holds, and where it comes from')
    .addOption(output('text', 'json'))
    .action((options: ConfigShowOptions) =>
      start(async (context) => (await import('./commands/config.ts')).show(context, options)),
    );
  config
    .command('check')
    .description('check a file, and change nothing')
    .argument('[file]', 'the file; default: the one that is read')
    .action((file: string | undefined) =>
      start(async (context) => (await import('./commands/config.ts')).check(context, file)),
    );
};
