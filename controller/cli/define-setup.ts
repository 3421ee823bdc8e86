import { Option } from 'commander';
import type { Command } from 'commander';
import type { SetupOptions } from './commands/setup.ts';
import type { Start } from './program.ts';

export const defineSetupCommand = (program: Command, start: Start): void => {
  program.commandsGroup('MLEnv itself:');

  program
    .command('setup')
    .description(
      'set up this machine, as root: configuration, group, folders, service, completion, man page; asks on a terminal',
    )
    .option('--watch <dir...>', 'folders to watch, instead of those that are configured')
    .addOption(
      new Option(
        '--automatic <dir...>',
        'of the watched folders, those in which what is found starts without mlenv up',
      ).conflicts('user'),
    )
    .addOption(
      new Option(
        '--admin <user...>',
        'who administers MLEnv beside root, instead of who is configured',
      ).conflicts('user'),
    )
    .option('--yes', 'ask nothing')
    .option('--dry-run', 'show what would be written, and write nothing')
    .addOption(
      new Option('--remove', 'take away what setup wrote, and say what stays').conflicts([
        'watch',
        'automatic',
        'admin',
      ]),
    )
    .option('--user', 'an instance of your own, on a machine that has none for all')
    .action((options: SetupOptions) =>
      start(async (context) =>
        (await import('./commands/setup.ts')).run(context, program, options),
      ),
    );
};
