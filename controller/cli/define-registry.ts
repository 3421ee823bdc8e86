import type { Command } from 'commander';
import type { LoginOptions } from './commands/login.ts';
import type { Start } from './program.ts';

export const defineRegistryCommands = (program: Command, start: Start): void => {
  program.commandsGroup('Registries:');

  program
    .command('login')
    .description("check a registry's login and keep it where Docker keeps it; needs no engine")
    .argument('<registry>', 'its host, such as nvcr.io, ghcr.io or docker.io')
    .option('-u, --username <name>', 'who you are there; of nvcr.io it is $oauthtoken')
    .option('--password-stdin', 'take the password from a pipe; it is never an argument')
    .action((registry: string, options: LoginOptions) =>
      start(async (context) =>
        (await import('./commands/login.ts')).login(context, registry, options),
      ),
    );

  program
    .command('logout')
    .description("forget a registry's login")
    .argument('<registry>', 'its host')
    .action((registry: string) =>
      start(async (context) => (await import('./commands/login.ts')).logout(context, registry)),
    );
};
