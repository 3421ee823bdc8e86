import type { Command } from 'commander';
import type { PolicyOptions } from './commands/policy.ts';
import { output } from './define-project.ts';
import type { Start } from './program.ts';

export const definePolicyCommands = (program: Command, start: Start): void => {
  program.commandsGroup('MLEnv itself:');

  const policy = program
    .command('policy')
    .description('show what may run on this host; needs no engine');
  policy
    .command('test')
    .description('ask the policy about specs, and change nothing; exits 4 where it refuses one')
    .argument('[path...]', 'files, or folders that hold an mlenv.yaml')
    .addOption(output('text', 'json'))
    .action((paths: string[], options: PolicyOptions) =>
      start(async (context) =>
        (await import('./commands/policy.ts')).test(context, paths, options),
      ),
    );
  policy
    .command('rules')
    .description('list every rule, and whether an exception may open it')
    .addOption(output('text', 'json'))
    .action((options: PolicyOptions) =>
      start(async (context) => (await import('./commands/policy.ts')).rules(context, options)),
    );
};
