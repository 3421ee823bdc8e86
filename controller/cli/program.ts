import { resolve } from 'node:path';
import { Command, CommanderError } from 'commander';
import { ApiError } from '../model/api.ts';
import { note } from './context.ts';
import type { Context } from './context.ts';
import { defineUsageCommands } from './define-usage.ts';
import { defineConfigCommands } from './define-config.ts';
import { defineDbCommands } from './define-db.ts';
import { defineEnvironmentCommands } from './define-environment.ts';
import { defineImagesCommands } from './define-images.ts';
import { defineInstanceCommands } from './define-instance.ts';
import { definePoolCommands } from './define-pool.ts';
import { definePolicyCommands } from './define-policy.ts';
import { defineQuotaCommands } from './define-quota.ts';
import { defineProjectCommands } from './define-project.ts';
import { defineRegistryCommands } from './define-registry.ts';
import { defineSetupCommand } from './define-setup.ts';
import { exitCode, exitCodeOf, exitCodeTable } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import type { CliPorts } from './ports.ts';

/** Runs one command line (without node and the script) and answers with its exit code; never throws. */
export const runCli = async (
  argv: readonly string[],
  io: CliIo,
  ports: CliPorts,
): Promise<number> => {
  let code: number = exitCode.done;
  const program = buildProgram({
    io,
    start: async (run) => {
      const { host, config } = program.opts<{ host?: string; config?: string }>();
      const dockerHost = io.env['DOCKER_HOST'] === '' ? undefined : io.env['DOCKER_HOST'];
      const file = config ?? (io.env['MLENV_CONFIG'] || null);
      code = await run({
        io,
        ports,
        host: host ?? dockerHost ?? null,
        config: file === null ? null : resolve(io.cwd, file),
      });
    },
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError)
      return thrown.exitCode === 0 ? exitCode.done : exitCode.usage;
    return reportFault(io, thrown);
  }
};

/** How a definition runs its command. Commands are imported when they run, so that the start is light. */
export type Start = (run: (context: Context) => Promise<number>) => Promise<void>;

export const buildProgram = ({
  io,
  start,
}: {
  readonly io: Pick<CliIo, 'stdout' | 'stderr' | 'version'>;
  readonly start: Start;
}): Command => {
  const program = new Command('mlenv')
    .description(
      'Keeps containers on this machine as mlenv.yaml says, and shows why they are not yet.',
    )
    .version(io.version, '-V, --version', 'print the version of this command')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .option('--host <url>', 'the Docker Engine, as in DOCKER_HOST')
    .option('--config <file>', "the host's configuration, as in MLENV_CONFIG")
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.size()?.columns ?? 80,
      getErrHelpWidth: () => io.stderr.size()?.columns ?? 80,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      outputError: (text, write) => write(`mlenv: ${text.replace(/^error: /, '')}`),
    })
    .addHelpText('after', exitCodeHelp);
  defineProjectCommands(program, start);
  defineEnvironmentCommands(program, start);
  definePoolCommands(program, start);
  defineQuotaCommands(program, start);
  defineUsageCommands(program, start);
  defineRegistryCommands(program, start);
  defineImagesCommands(program, start);
  defineSetupCommand(program, start);
  defineConfigCommands(program, start);
  definePolicyCommands(program, start);
  defineInstanceCommands(program, start);
  defineDbCommands(program, start);
  return program;
};

const exitCodeHelp = `
ENV is NAME inside a project's folder, or PROJECT/NAME anywhere.

Exit codes:
${exitCodeTable.map(([code, meaning]) => `  ${String(code).padEnd(4)} ${meaning}`).join('\n')}`;

const reportFault = async (io: CliIo, thrown: unknown): Promise<number> => {
  const { stripControls } = await import('../report/text.ts');
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  note({ io }, `mlenv: ${stripControls(message)}`);
  if (!(thrown instanceof ApiError)) {
    if (thrown instanceof Error && io.env['MLENV_DEBUG'] !== undefined)
      note({ io }, stripControls(thrown.stack ?? ''));
    return exitCode.failed;
  }
  if (thrown.diagnostics.length > 0) {
    const { formatDiagnostic } = await import('../../specs/point.ts');
    for (const each of thrown.diagnostics) note({ io }, `\n${formatDiagnostic(each)}`);
  }
  return exitCodeOf(thrown.code);
};
