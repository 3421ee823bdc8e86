import { Option } from 'commander';
import type { Command } from 'commander';
import type { MetricsOptions } from './commands/metrics.ts';
import type { ReportOptions } from './commands/report.ts';
import type { TopOptions } from './commands/top.ts';
import { output } from './define-project.ts';
import type { Start } from './program.ts';

export const defineUsageCommands = (program: Command, start: Start): void => {
  program
    .command('top')
    .description('show what each running environment uses now, again and again until q or Ctrl-C')
    .addOption(
      new Option('--sort <by>', 'what stands first')
        .choices(['cpu', 'memory', 'gpu', 'net', 'disk', 'name'])
        .default('cpu'),
    )
    .option('--once', 'one table, then end, as where the output is no terminal', false)
    .option('-n, --lines <number>', 'the first so many environments; default: what fits')
    .option('--interval <duration>', 'how often to show it again', '2s')
    .addOption(output('table', 'json'))
    .action((options: TopOptions) =>
      start(async (context) => (await import('./commands/top.ts')).run(context, options)),
    );

  program
    .command('metrics')
    .description('show what one environment used over time')
    .argument('<ENV>', 'the environment')
    .option('--since <time>', 'a span up to now, such as 7d, or a time in UTC', '1h')
    .option('--until <time>', 'the same; default: now')
    .option('--every <duration>', 'means over so long each; default: about sixty of them')
    .addOption(output('table', 'json', 'csv'))
    .action((name: string, options: MetricsOptions) =>
      start(async (context) => (await import('./commands/metrics.ts')).run(context, name, options)),
    );

  program
    .command('report')
    .description('show GPU hours held, used and wasted, and CPU and memory hours; most waste first')
    .option('--since <time>', 'a span up to now, such as 30d, or a time in UTC', '30d')
    .addOption(
      new Option('--by <what>', 'a line for each of these')
        .choices(['user', 'project', 'environment'])
        .default('project'),
    )
    .addOption(output('table', 'json', 'csv'))
    .action((options: ReportOptions) =>
      start(async (context) => (await import('./commands/report.ts')).run(context, options)),
    );
};
