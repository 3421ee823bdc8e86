import type { Command } from 'commander';
import type { QuotaCheckOptions, QuotaSetOptions, QuotaShowOptions } from './commands/quota.ts';
import { output } from './define-project.ts';
import type { Start } from './program.ts';

export const defineQuotaCommands = (program: Command, start: Start): void => {
  const quota: Command = program
    .command('quota')
    .description('show and set what projects, people and groups may have')
    .option('--check', 'as mlenv quota check does')
    .action(({ check }: { readonly check?: boolean }) =>
      start(async (context) => {
        const commands = await import('./commands/quota.ts');
        return check === true
          ? commands.check(context, {})
          : commands.show(context, { output: 'table' });
      }),
    )
    // The commands in it have no --check, and their help shows none.
    .hook('preSubcommand', () => {
      if (quota.getOptionValueSource('check') === 'cli') {
        quota.error("error: unknown option '--check'");
      }
    });
  const help = {
    showGlobalOptions: true,
    visibleGlobalOptions: () => program.options.filter(({ hidden }) => !hidden),
  };
  const named = (command: Command): Command =>
    command
      .configureHelp(help)
      .option('--user <user>', 'of this person: a login name or uid')
      .option('--group <group>', 'of each member of this group')
      .option('--project <project>', 'of this project: its name or folder');

  named(quota.command('show'))
    .description('show limits, who says so, and what is in use; of all where nobody is named')
    .addOption(output('table', 'json'))
    .action((options: QuotaShowOptions) =>
      start(async (context) => (await import('./commands/quota.ts')).show(context, options)),
    );
  named(quota.command('set'))
    .description('set limits of one; each is a number, unlimited, or inherit: as the others say')
    .option('--containers <number>', 'containers, until they are deleted')
    .option('--cpus <number>', 'CPU cores, such as 2.5')
    .option('--memory <size>', 'memory, such as 64GB')
    .option('--gpus <number>', 'GPUs')
    .action((options: QuotaSetOptions) =>
      start(async (context) => (await import('./commands/quota.ts')).set(context, options)),
    );
  quota
    .command('check')
    .configureHelp(help)
    .description('tell whether the use that quotas show is what is held; exits 1 where it is not')
    .option('--repair', 'write down what is held')
    .action((options: QuotaCheckOptions) =>
      start(async (context) => (await import('./commands/quota.ts')).check(context, options)),
    );
};
