import { Option, type Command } from 'commander';
import type { DbExportOptions, DbOutput, DbPruneOptions, DbSyncOptions } from './commands/db.ts';
import { output } from './define-project.ts';
import type { Start } from './program.ts';

export const defineDbCommands = (program: Command, start: Start): void => {
  const db = program
    .command('db')
    .description('look after the record; for who owns it: root for the system instance');
  const help = {
    showGlobalOptions: true,
    visibleGlobalOptions: () => program.options.filter(({ hidden }) => !hidden),
  };
  db.command('check')
    .configureHelp(help)
    .description('read through all of the record; exits 1 where it has a fault')
    .addOption(output('text', 'json'))
    .action((options: DbOutput) =>
      start(async (context) => (await import('./commands/db.ts')).check(context, options)),
    );
  db.command('sync')
    .configureHelp(help)
    .description('tell where the record and the engine differ; exits 1 where they do')
    .requiredOption('--check', 'only look; mlenv reconcile is what mends')
    .addOption(output('text', 'json'))
    .action((options: DbSyncOptions) =>
      start(async (context) => (await import('./commands/db.ts')).sync(context, options)),
    );
  db.command('backup')
    .configureHelp(help)
    .description('make a whole and verified copy, also while the controller runs')
    .argument('[FILE]', 'where to; default: among the daily ones')
    .action((file: string | undefined) =>
      start(async (context) => (await import('./commands/db.ts')).backup(context, file)),
    );
  db.command('restore')
    .configureHelp(help)
    .description('put a backup in place of the record, while no controller runs')
    .argument('<FILE>', 'the backup')
    .action((file: string) =>
      start(async (context) => (await import('./commands/db.ts')).restore(context, file)),
    );
  db.command('prune')
    .configureHelp(help)
    .description('take away now what retention no longer keeps')
    .option('--dry-run', 'only tell how many rows')
    .action((options: DbPruneOptions) =>
      start(async (context) => (await import('./commands/db.ts')).prune(context, options)),
    );
  db.command('vacuum')
    .configureHelp(help)
    .description('give free space of the record back to the disk')
    .action(() => start(async (context) => (await import('./commands/db.ts')).vacuum(context)));
  db.command('export')
    .configureHelp(help)
    .description('print one table')
    .argument('<TABLE>', 'as docs/database.md names it')
    .addOption(
      new Option('-o, --output <format>', 'how to print it')
        .choices(['csv', 'json'])
        .default('csv'),
    )
    .action((table: string, options: DbExportOptions) =>
      start(async (context) =>
        (await import('./commands/db.ts')).exportTable(context, table, options),
      ),
    );
};
