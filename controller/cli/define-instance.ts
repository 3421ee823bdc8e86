import { Argument, Option } from 'commander';
import type { Command } from 'commander';
import type { ControllerCommandOptions } from './commands/controller.ts';
import type { ConfirmOptions } from './commands/confirm.ts';
import type { DoctorOptions } from './commands/doctor.ts';
import type { DrillOptions } from './commands/drill.ts';
import type { FreezeOptions } from './commands/freeze.ts';
import type { ObserveOptions } from './commands/observe.ts';
import type { VersionOptions } from './commands/version.ts';
import { output } from './define-project.ts';
import type { Start } from './program.ts';

export const defineInstanceCommands = (program: Command, start: Start): void => {
  program.commandsGroup('MLEnv itself:');

  program
    .command('controller')
    .description('keep the projects in and below these folders as their files say, until stopped')
    .option('--watch <dir...>', 'folders to watch; projects that were brought up are kept anyway')
    .option('--observe', 'change nothing on the engine until `mlenv observe off`')
    .addOption(
      new Option('--log-level <level>', 'how much to log')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info'),
    )
    .addOption(
      new Option('--log-format <format>', 'a line of JSON each, or a line for people')
        .choices(['json', 'text'])
        .default('json'),
    )
    .action((options: ControllerCommandOptions) =>
      start(async (context) => (await import('./commands/controller.ts')).run(context, options)),
    );

  program
    .command('reconcile')
    .description('look again now, at one environment or at all')
    .argument('[ENV]', 'the environment; default: all')
    .action((name: string | undefined) =>
      start(async (context) => (await import('./commands/reconcile.ts')).run(context, name)),
    );

  program
    .command('confirm')
    .description(
      'let a removal of many environments go on that waits as MassRemoval: of your own, by an administrator of all',
    )
    .option('--user <user>', "of this owner's alone: a login name or uid; administrators only")
    .action((options: ConfirmOptions) =>
      start(async (context) => (await import('./commands/confirm.ts')).run(context, options)),
    );

  program
    .command('freeze')
    .description(
      'change nothing on this host until thaw, for the day of panic; administrators only',
    )
    .option('--reason <text>', 'why, for those who ask', '')
    .action((options: FreezeOptions) =>
      start(async (context) => (await import('./commands/freeze.ts')).run(context, options)),
    );

  program
    .command('thaw')
    .description('lift freeze')
    .action(() => start(async (context) => (await import('./commands/freeze.ts')).thaw(context)));

  program
    .command('observe')
    .description(
      'show who holds which GPU, what MLEnv would do and what is wasted; on: change nothing on the engine until off',
    )
    .addArgument(
      new Argument('[word]', 'on or off, by an administrator; left out: only show').choices([
        'on',
        'off',
      ]),
    )
    .addOption(output('text', 'json'))
    .action((word: 'on' | 'off' | undefined, options: ObserveOptions) =>
      start(async (context) => (await import('./commands/observe.ts')).run(context, word, options)),
    );

  program
    .command('doctor')
    .description('check the machine, with a cure for each fault')
    .addOption(output('text', 'json'))
    .action((options: DoctorOptions) =>
      start(async (context) => (await import('./commands/doctor.ts')).run(context, options)),
    );

  program
    .command('drill')
    .description(
      'try MLEnv on this machine in a project of its own: bring up, kill, restore a copy of the database, GPUs; it cleans up',
    )
    .option('--image <image>', 'what its containers are made of; default: one that is on this host')
    .option('--in <dir>', 'where its folder is made; default: your home')
    .addOption(output('text', 'json'))
    .action((options: DrillOptions) =>
      start(async (context) => (await import('./commands/drill.ts')).run(context, options)),
    );

  program
    .command('completion')
    .description('print the completion script of a shell, to be sourced by it')
    .addArgument(new Argument('<shell>', 'your shell').choices(['bash', 'zsh', 'fish']))
    .action((shell: string) =>
      start(async (context) => (await import('./commands/completion.ts')).run(context, shell)),
    );

  program
    .command('version')
    .description('print the versions of this command, the instance and the engine')
    .addOption(output('text', 'json'))
    .action((options: VersionOptions) =>
      start(async (context) => (await import('./commands/version.ts')).run(context, options)),
    );

  // What the completion scripts ask: the words of the line so far, the last one unfinished.
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .action((words: string[]) =>
      start(async (context) =>
        (await import('./commands/complete.ts')).run(context, program, words),
      ),
    );
};
