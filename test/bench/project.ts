import { mkdirSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { type Command, run } from './command.ts';

export interface BenchProject {
  readonly folder: string;
  /** The command line of `mlenv`, against the engine given or this project's own. */
  mlenv(words: readonly string[], host?: string): Command;
  /** Saved as an editor does, by a rename. */
  save(environments: Readonly<Record<string, unknown>>): void;
}

/** A project with a state of its own and room for as many containers as the bench asks for. */
export async function makeProject(options: {
  readonly base: string;
  readonly host: string;
  readonly image: string;
}): Promise<BenchProject> {
  const { base, host, image } = options;
  const folder = join(base, 'project');
  const state = join(base, 'state');
  mkdirSync(folder, { recursive: true });
  const main = resolve('dist/controller/main.js');
  const project: BenchProject = {
    folder,
    mlenv: (words, at = host) => ({
      argv: [process.execPath, main, ...words],
      cwd: folder,
      env: {
        DOCKER_HOST: at,
        MLENV_STATE_DIR: state,
        MLENV_HOST_GATE: 'off',
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
  // The first sight of a project sets its quota, which is then a row like any other.
  project.save({ first: sleeper(image) });
  await run(project.mlenv(['up']));
  const database = new Database(join(state, 'mlenv.db'));
  database
    .prepare('UPDATE project_quotas SET max_containers = NULL WHERE project_path = ?')
    .run(realpathSync(folder));
  database.close();
  await run(project.mlenv(['rm', '--volumes']));
  return project;
}

export const sleeper = (image: string): object => ({ image, command: ['sleep', '1000000'] });

export const sleepers = (image: string, count: number): Readonly<Record<string, object>> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`e${at}`, sleeper(image)]));
