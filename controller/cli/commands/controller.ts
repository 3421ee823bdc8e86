import { resolve } from 'node:path';
import type { Context } from '../context.ts';
import type { ControllerOptions } from '../ports.ts';

export interface ControllerCommandOptions {
  readonly watch?: readonly string[];
  readonly logLevel: ControllerOptions['logLevel'];
}

export const run = (
  { io, ports, host, config }: Context,
  options: ControllerCommandOptions,
): Promise<number> =>
  ports.runController(
    {
      watch: (options.watch ?? []).map((folder) => resolve(io.cwd, folder)),
      host,
      config,
      logLevel: options.logLevel,
    },
    io.signal,
  );
