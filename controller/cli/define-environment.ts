import type { Command } from 'commander';
import type { ApproveOptions } from './commands/approve.ts';
import type { DescribeOptions } from './commands/describe.ts';
import type { EventsOptions } from './commands/events.ts';
import type { ExecCommandOptions } from './commands/exec.ts';
import type { KeepOptions } from './commands/keep.ts';
import type { LogsOptions } from './commands/logs.ts';
import type { RunsOptions } from './commands/runs.ts';
import { output } from './define-project.ts';
import type { Start } from './program.ts';

export const defineEnvironmentCommands = (program: Command, start: Start): void => {
  program.commandsGroup('One environment:');

  program
    .command('describe')
    .description('show its spec, conditions, drift and recent events')
    .argument('<ENV>', 'the environment')
    .addOption(output('text', 'json'))
    .action((name: string, options: DescribeOptions) =>
      start(async (context) =>
        (await import('./commands/describe.ts')).run(context, name, options),
      ),
    );

  program
    .command('logs')
    .description('print what it wrote')
    .argument('<ENV>', 'the environment')
    .option('-f, --follow', 'go on until Ctrl-C', false)
    .option('--tail <lines>', 'only so many lines from the end', 'all')
    .option('--previous', 'of the run before the present one', false)
    .option('--run <number>', 'of this run of mlenv runs')
    .option('--raw', 'on a terminal too, every byte as it was written', false)
    .action((name: string, options: LogsOptions) =>
      start(async (context) => (await import('./commands/logs.ts')).run(context, name, options)),
    );

  program
    .command('runs')
    .description('list its runs, newest first: each start up to its end')
    .argument('<ENV>', 'the environment')
    .option('--limit <count>', 'the newest so many', '20')
    .addOption(output('table', 'json'))
    .action((name: string, options: RunsOptions) =>
      start(async (context) => (await import('./commands/runs.ts')).run(context, name, options)),
    );

  program
    .command('exec')
    .description('run a command in it; a terminal is used where there is one')
    .usage('[options] <ENV> -- CMD...')
    .argument('<ENV>', 'the environment')
    .argument('<CMD...>', 'the command and its arguments, behind --')
    .option('-t, --tty', 'give the command a terminal, whatever this side is')
    .option('-i, --interactive', 'hand the input on, and use no terminal unless -t is given')
    .action((name: string, argv: string[], options: ExecCommandOptions) =>
      start(async (context) =>
        (await import('./commands/exec.ts')).run(context, name, argv, options),
      ),
    );

  program
    .command('events')
    .description('show what happened, newest last')
    .argument('[ENV]', 'the environment; default: all')
    .option('-f, --follow', 'go on until Ctrl-C', false)
    .option('--limit <count>', 'how many at most to begin with', '100')
    .addOption(output('text', 'json'))
    .action((name: string | undefined, options: EventsOptions) =>
      start(async (context) => (await import('./commands/events.ts')).run(context, name, options)),
    );

  program
    .command('restart')
    .description('run it again, whatever its restart rule says, without waiting for a back-off')
    .argument('<ENV>', 'the environment')
    .action((name: string) =>
      start(async (context) => (await import('./commands/restart.ts')).run(context, name)),
    );

  program
    .command('keep')
    .description('stop it neither for want of use nor at the end of its maxLifetime, for a time')
    .argument('<ENV>', 'the environment')
    .requiredOption('--for <duration>', 'from now on, such as 8h')
    .action((name: string, options: KeepOptions) =>
      start(async (context) => (await import('./commands/keep.ts')).run(context, name, options)),
    );

  program
    .command('approve')
    .description('let the change through that waits as UpdatePending')
    .argument('[ENV]', 'the environment')
    .option('--all', 'of everything that is yours', false)
    .action((name: string | undefined, options: ApproveOptions) =>
      start(async (context) => (await import('./commands/approve.ts')).run(context, name, options)),
    );

  program
    .command('suspend')
    .description('change nothing about it until resume')
    .argument('<ENV>', 'the environment')
    .action((name: string) =>
      start(async (context) => (await import('./commands/suspend.ts')).run(context, name)),
    );

  program
    .command('resume')
    .description('lift suspend')
    .argument('<ENV>', 'the environment')
    .action((name: string) =>
      start(async (context) => (await import('./commands/resume.ts')).run(context, name)),
    );
};
