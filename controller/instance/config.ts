import { homedir } from 'node:os';
import { configPlace, readHostConfigFile } from '../../specs/config/index.ts';
import { nodeSpecFiles } from '../../specs/files.ts';
import { ApiError } from '../model/api.ts';
import type { Clock } from '../loop/clock.ts';
import type { ConfigSource, HostConfig } from '../model/config.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { openConfigFile, type ConfigFile } from '../watch/config-file.ts';

/** What names the one file that is read: `--config`, the environment, and who runs this. */
export interface ConfigChoice {
  readonly env: NodeJS.ProcessEnv;
  readonly uid: number;
  /** Absolute; null: the usual place. */
  readonly given: string | null;
}

/** For a process that ends soon. Throws ApiError 'invalid-spec'. */
export const readConfig = async (choice: ConfigChoice): Promise<ConfigSource> => {
  const read = await readHostConfigFile({ place: placeOf(choice), env: choice.env, files });
  if (!read.ok) throw unusable(placeOf(choice).file, read.diagnostics);
  return { current: () => read.config };
};

/** For a controller: a good edit is taken as it is saved. Throws ApiError 'invalid-spec' on a file that is bad now. */
export const watchConfig = async (
  choice: ConfigChoice,
  options: {
    readonly clock: Clock;
    readonly onChange: (config: HostConfig) => void;
    readonly onTrouble: (message: string, diagnostics: readonly Diagnostic[]) => void;
  },
): Promise<ConfigFile> => {
  const place = placeOf(choice);
  const opened = await openConfigFile({
    ...options,
    file: place.file,
    read: () => readHostConfigFile({ place, env: choice.env, files }),
  });
  if (!opened.ok) throw unusable(place.file, opened.diagnostics);
  return opened.source;
};

const files = nodeSpecFiles();

const placeOf = ({ env, uid, given }: ConfigChoice): ReturnType<typeof configPlace> =>
  configPlace({ env, uid, home: env['HOME'] ?? homedir(), given });

const unusable = (file: string, diagnostics: readonly Diagnostic[]): ApiError =>
  new ApiError('invalid-spec', `the configuration ${file} cannot be used`, diagnostics);
