import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { anyHost } from '../support/mlenv.ts';
import type { Command } from './command.ts';

export interface BenchProject {
  readonly folder: string;
  /** The command line of `mlenv`, against the engine given or this project's own. */
  mlenv(words: readonly string[], host?: string): Command;
  /** Saved as an editor does, by a rename. */
  save(environments: Readonly<Record<string, unknown>>): void;
}

/** A project with a state of its own. */
export function makeProject(options: {
  readonly base: string;
  readonly host: string;
}): BenchProject {
  const { base, host } = options;
  const folder = join(base, 'project');
  const state = join(base, 'state');
  mkdirSync(folder, { recursive: true });
  const config = join(base, 'config.yaml');
  writeFileSync(config, JSON.stringify({ apiVersion: 'mlenv/v1', host: anyHost }));
  const main = resolve('dist/controller/main.js');
  const project: BenchProject = {
    folder,
    mlenv: (words, at = host) => ({
      argv: [process.execPath, main, ...words],
      cwd: folder,
      env: {
        DOCKER_HOST: at,
        MLENV_STATE_DIR: state,
        MLENV_CONFIG: config,
        XDG_RUNTIME_DIR: base,
      },
    }),
    save: (environments) => {
      const file = join(folder, 'mlenv.yaml');
      // JSON is YAML.
      writeFileSync(`${file}.new`, JSON.stringify({ apiVersion: 'mlenv/v1', environments }));
      renameSync(`${file}.new`, file);
    },
  };
  return project;
}

export const sleeper = (image: string): object => ({ image, command: ['sleep', '1000000'] });

export const sleepers = (image: string, count: number): Readonly<Record<string, object>> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`e${at}`, sleeper(image)]));
