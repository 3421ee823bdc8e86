import { chownSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StatusItem, StatusList } from '../../controller/model/api.ts';
import { connectApi } from '../../controller/report/http-client.ts';
import { userSocket } from '../../controller/report/socket-location.ts';
import type { Outcome, Site } from './mlenv.ts';
import { until } from './until.ts';

/** A folder with an mlenv.yaml. */
export interface Project {
  readonly folder: string;
  readonly name: string;
  /** As an editor saves: a new file, renamed over the old one. */
  save(spec: string): void;
  write(file: string, text: string): void;
  mlenv(...args: readonly string[]): Promise<Outcome>;
  /** Fails where the exit code is not 0. */
  ok(...args: readonly string[]): Promise<string>;
  /** Through the command line. */
  status(): Promise<readonly StatusItem[]>;
  /** From the controller, or through the command line where none runs. */
  item(environment: string): Promise<StatusItem>;
  /** Polls until the environment's item is as wished, and returns it. */
  reaches(environment: string, holds: (item: StatusItem) => boolean): Promise<StatusItem>;
}

export function createProject(site: Site, folder: string, spec: string | null): Project {
  mkdirSync(folder, { recursive: true });
  const write = (file: string, text: string): void => {
    writeFileSync(join(folder, `.${file}.new`), text);
    renameSync(join(folder, `.${file}.new`), join(folder, file));
  };
  const mlenv = (...args: readonly string[]): Promise<Outcome> => site.mlenv(args, { cwd: folder });
  const ok = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await mlenv(...args);
    if (code !== 0) throw new Error(`mlenv ${args.join(' ')}: exit ${code}\n${stdout}\n${stderr}`);
    return stdout;
  };
  const status = async (): Promise<readonly StatusItem[]> =>
    (JSON.parse(await ok('status', '-o', 'json')) as StatusList).items;
  const items = async (): Promise<readonly StatusItem[]> => {
    const api = await connectApi(socketOf(site.stateDir));
    return api === null ? status() : (await api.status({ kind: 'path', path: folder })).items;
  };
  const item = async (environment: string): Promise<StatusItem> => {
    const all = await items();
    const found = all.find((each) => each.environment === environment);
    if (found === undefined) throw new Error(`${folder} has no ${environment}`);
    return found;
  };
  if (spec !== null) write('mlenv.yaml', spec);
  return {
    folder,
    name: folder.slice(folder.lastIndexOf('/') + 1),
    save: (text) => write('mlenv.yaml', text),
    write,
    mlenv,
    ok,
    status,
    item,
    reaches: async (environment, holds) => {
      let last: StatusItem | null = null;
      await until(
        () => `${environment} is as wished: ${JSON.stringify(last)}\n${site.log().slice(-3000)}`,
        async () => {
          const found = (await items()).find((each) => each.environment === environment);
          last = found ?? null;
          return found !== undefined && holds(found);
        },
      );
      return item(environment);
    },
  };
}

/** The folder and what is in it now belong to somebody else. */
export const giveTo = (uid: number, ...paths: readonly string[]): void => {
  for (const path of paths) chownSync(path, uid, uid);
};

/** Where the controller of a site answers. */
export const socketOf = (stateDir: string): string =>
  userSocket(join(stateDir, 'run'), process.getuid?.() ?? 0).socketPath;
