import { homedir } from 'node:os';
import { configPlace, readHostConfigFile } from '../../specs/config/index.ts';
import { nodeSpecFiles } from '../../specs/index.ts';
import { mountRootsFor, type MountRoot } from '../model/config.ts';
import type { Context } from './context.ts';

/** Of the configuration that this process would read; a faulty one has its own command to say so. */
export const mountRootsOf = async ({
  io,
  config,
}: Context): Promise<(folder: string) => readonly MountRoot[]> => {
  const home = io.env['HOME'] ?? homedir();
  const place = configPlace({ env: io.env, uid: io.uid, home, given: config });
  const read = await readHostConfigFile({ place, env: io.env, files: nodeSpecFiles() });
  return (folder) => (read.ok ? mountRootsFor(read.config, folder) : []);
};
