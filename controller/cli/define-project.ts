import { Option } from 'commander';
import type { Command } from 'commander';
import type { DownOptions } from './commands/down.ts';
import type { InitOptions } from './commands/init.ts';
import type { LockOptions } from './commands/lock.ts';
import type { PlanOptions } from './commands/plan.ts';
import type { RmOptions } from './commands/rm.ts';
import type { StatusOptions } from './commands/status.ts';
import type { UpOptions } from './commands/up.ts';
import type { ValidateOptions } from './commands/validate.ts';
import type { Start } from './program.ts';

export const defineProjectCommands = (program: Command, start: Start): void => {
  program.commandsGroup('A project (default path: the nearest folder with an mlenv.yaml):');

  program
    .command('init')
    .description('write a first mlenv.yaml into this folder')
    .addOption(
      new Option('--template <name>', 'what to begin with')
        .choices(['minimal', 'pytorch', 'multi'])
        .default('minimal'),
    )
    .option('--force', 'overwrite the one that is there', false)
    .action((options: InitOptions) =>
      start(async (context) => (await import('./commands/init.ts')).run(context, options)),
    );

  program
    .command('validate')
    .description('check specs; needs no engine')
    .argument('[path...]', 'files, or folders that hold an mlenv.yaml')
    .addOption(output('text', 'json', 'github'))
    .action((paths: string[], options: ValidateOptions) =>
      start(async (context) =>
        (await import('./commands/validate.ts')).run(context, paths, options),
      ),
    );

  program
    .command('lock')
    .description('write down the digest of every image in mlenv.lock, beside the spec')
    .argument('[path]', 'the project')
    .option('--update [names...]', 'look for newer images; of all, or of these environments')
    .option(
      '--check',
      'write nothing: exit 5 unless the lock is as the spec asks; needs no engine',
      false,
    )
    .action((path: string | undefined, options: LockOptions) =>
      start(async (context) => (await import('./commands/lock.ts')).run(context, path, options)),
    );

  program
    .command('plan')
    .description('show what up would do, and change nothing')
    .argument('[path]', 'the project')
    .addOption(output('text', 'json'))
    .option('--exit-code', 'exit 6 where there is something to do', false)
    .action((path: string | undefined, options: PlanOptions) =>
      start(async (context) => (await import('./commands/plan.ts')).run(context, path, options)),
    );

  program
    .command('up')
    .description('make it so: show the plan, do it, and wait until all is ready or completed')
    .argument('[path]', 'the project')
    .option('-e, --environment <name>', 'only this one')
    .option('-y, --yes', 'let changes to running environments through without asking', false)
    .option('--wait', 'wait until ready or completed', true)
    .option('--no-wait', 'return once it is under way')
    .option('--timeout <duration>', 'how long to wait', '30m')
    .action((path: string | undefined, options: UpOptions) =>
      start(async (context) => (await import('./commands/up.ts')).run(context, path, options)),
    );

  program
    .command('down')
    .description('stop it and keep it stopped until up')
    .argument('[path]', 'the project')
    .option('-e, --environment <name>', 'only this one')
    .option('--no-wait', 'return once it is under way')
    .option('--timeout <duration>', 'how long to wait', '10m')
    .action((path: string | undefined, options: DownOptions) =>
      start(async (context) => (await import('./commands/down.ts')).run(context, path, options)),
    );

  program
    .command('rm')
    .description('remove its containers and keep them absent until up')
    .argument('[path]', 'the project')
    .option('-e, --environment <name>', 'only this one')
    .option('--volumes', 'remove its named volumes too: their data is lost', false)
    .option('--timeout <duration>', 'how long to wait', '10m')
    .action((path: string | undefined, options: RmOptions) =>
      start(async (context) => (await import('./commands/rm.ts')).run(context, path, options)),
    );

  program
    .command('status')
    .description('show what there is, and why it is not as wished')
    .argument('[path]', 'the project')
    .option('-a, --all', 'every project of this instance', false)
    .option('-w, --watch', 'show it again whenever it changes, until Ctrl-C', false)
    .addOption(output('table', 'wide', 'json', 'yaml'))
    .action((path: string | undefined, options: StatusOptions) =>
      start(async (context) => (await import('./commands/status.ts')).run(context, path, options)),
    );
};

export const output = (first: string, ...others: readonly string[]): Option =>
  new Option('-o, --output <format>', 'how to print it').choices([first, ...others]).default(first);
