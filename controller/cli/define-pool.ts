import type { Command } from 'commander';
import type { AuditOptions } from './commands/audit.ts';
import type { CordonOptions, GpuOptions } from './commands/gpu.ts';
import type { NoticesOptions } from './commands/notices.ts';
import type { HistoryOptions } from './commands/history.ts';
import type { QueueOptions } from './commands/queue.ts';
import type { RollbackOptions } from './commands/rollback.ts';
import { output } from './define-project.ts';
import type { Start } from './program.ts';

export const definePoolCommands = (program: Command, start: Start): void => {
  program.commandsGroup('Sharing this machine:');

  const gpu: Command = program
    .command('gpu')
    .description('show every GPU: who holds it, since when, and how much of it is in use')
    .addOption(output('table', 'json', 'picture'))
    .action((options: GpuOptions) =>
      start(async (context) => (await import('./commands/gpu.ts')).run(context, options)),
    )
    // The commands in it have no --output, and their help shows none.
    .hook('preSubcommand', () => {
      if (gpu.getOptionValueSource('output') === 'cli') gpu.error("error: unknown option '-o'");
    });
  const help = {
    showGlobalOptions: true,
    visibleGlobalOptions: () => program.options.filter(({ hidden }) => !hidden),
  };
  gpu
    .command('cordon')
    .configureHelp(help)
    .description('give a GPU to nobody new; what runs on it goes on')
    .argument('<GPU>', 'its index, or its uuid or the beginning of it')
    .option('--reason <text>', 'why, for those who ask', '')
    .action((card: string, options: CordonOptions) =>
      start(async (context) => (await import('./commands/gpu.ts')).cordon(context, card, options)),
    );
  gpu
    .command('uncordon')
    .configureHelp(help)
    .description('offer a GPU again')
    .argument('<GPU>', 'its index, or its uuid or the beginning of it')
    .action((card: string) =>
      start(async (context) => (await import('./commands/gpu.ts')).uncordon(context, card)),
    );

  program
    .command('queue')
    .description('show who waits for GPUs, quota or room on the host, and for what')
    .addOption(output('table', 'json'))
    .action((options: QueueOptions) =>
      start(async (context) => (await import('./commands/queue.ts')).run(context, options)),
    );

  program
    .command('history')
    .description('show the last generations of each environment, and the commits they came by')
    .argument('[PROJECT]', 'its name or folder; default: the one here')
    .option('--limit <number>', 'the newest so many of each environment', '10')
    .addOption(output('table', 'json'))
    .action((project: string | undefined, options: HistoryOptions) =>
      start(async (context) =>
        (await import('./commands/history.ts')).run(context, project, options),
      ),
    );

  program
    .command('rollback')
    .description('pin a project that follows a remote to a commit, until --resume')
    .argument('<PROJECT>', 'its name')
    .argument('[REV]', 'at least 7 digits of a commit; default: the one before in history')
    .option('--resume', 'lift the pin, and follow the remote again', false)
    .action((project: string, revision: string | undefined, options: RollbackOptions) =>
      start(async (context) =>
        (await import('./commands/rollback.ts')).run(context, { project, revision }, options),
      ),
    );

  program
    .command('audit')
    .description('show who asked for what, and what was refused')
    .option('--project <project>', 'of this project alone: its name or folder')
    .option('--user <user>', 'by this person alone: a login name or uid')
    .option('--since <span>', 'no older than this, such as 7d')
    .option('--limit <number>', 'the newest so many', '100')
    .addOption(output('table', 'json'))
    .action((options: AuditOptions) =>
      start(async (context) => (await import('./commands/audit.ts')).run(context, options)),
    );

  const notices: Command = program
    .command('notices')
    .description('show who is told of failures outside, and what was told')
    .option('--limit <number>', 'the newest so many', '50')
    .addOption(output('table', 'json'))
    .action((options: NoticesOptions) =>
      start(async (context) => (await import('./commands/notices.ts')).run(context, options)),
    )
    // The command in it has neither, and its help shows none.
    .hook('preSubcommand', () => {
      if (['output', 'limit'].some((name) => notices.getOptionValueSource(name) === 'cli')) {
        notices.error('error: unknown option');
      }
    });
  notices
    .command('test')
    .configureHelp(help)
    .description('send a test to one receiver now, and tell whether it took it')
    .argument('<NAME>', 'its name in the configuration')
    .action((name: string) =>
      start(async (context) => (await import('./commands/notices.ts')).test(context, name)),
    );
};
