import { resolve } from 'node:path';
import { ApiError } from '../../model/api.ts';
import { patternFault } from '../../model/folder-pattern.ts';
import type { Context } from '../context.ts';
import type { ControllerOptions } from '../ports.ts';

export interface ControllerCommandOptions {
  readonly watch?: readonly string[];
  readonly observe?: boolean;
  readonly logLevel: ControllerOptions['logLevel'];
  readonly logFormat: ControllerOptions['logFormat'];
}

export const run = (
  { io, ports, host, config }: Context,
  options: ControllerCommandOptions,
): Promise<number> => {
  for (const folder of options.watch ?? []) {
    const why = patternFault(folder);
    if (why !== null) throw new ApiError('usage', `--watch ${folder}: ${why}`);
  }
  return ports.runController(
    {
      watch: (options.watch ?? []).map((folder) => resolve(io.cwd, folder)),
      observe: options.observe === true,
      host,
      config,
      logLevel: options.logLevel,
      logFormat: options.logFormat,
    },
    io.signal,
  );
};
