import {
  closeSync,
  copyFileSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CopyRestored, DrillEngine, DrillTools } from '../cli/drill/tools.ts';
import type { ConnectOptions } from '../cli/ports.ts';
import { connectEngine, type Engine } from '../docker/connect.ts';
import { ApiError } from '../model/api.ts';
import { failed, type Result } from '../model/failure.ts';
import { label } from '../model/labels.ts';
import { migrationsFolder } from '../../schema/files.ts';
import { inspectDatabase } from '../store/inspect.ts';
import { databaseFile } from '../store/location.ts';
import { readMigrations } from '../store/migrate.ts';
import { openStoreToRead } from '../store/read-only.ts';
import { restore } from '../store/restore.ts';
import { hostOf, placeOf } from './place.ts';
import { careOf } from './record-care.ts';

type Options = Pick<ConnectOptions, 'host' | 'config'>;

export const drillTools = async (env: NodeJS.ProcessEnv, options: Options): Promise<DrillTools> => {
  const connected = await connectAsUser(env, options);
  return {
    engine: connected.ok ? engineOf(connected.value) : connected.failure.message,
    restoreCopy: async ({ stateDir, projectPath }) => {
      // An instance of one's own may have left another one, which knows nothing of this project.
      if (stateDir === placeOf(env).stateDir) return restoreCopy(env, options, projectPath);
      return {
        result: 'skipped',
        message: `the database in ${stateDir} is another user's: sudo mlenv drill restores a copy`,
      };
    },
    close: () => {
      if (connected.ok) connected.value.close();
    },
  };
};

/** None to be seen is no fault of who asks the system's instance for everything. */
const connectAsUser = async (
  env: NodeJS.ProcessEnv,
  { host }: Options,
): Promise<Result<Engine>> => {
  try {
    return await connectEngine({ host: hostOf(env, host) });
  } catch (thrown) {
    if (thrown instanceof ApiError) return failed('terminal', thrown.message);
    throw thrown;
  }
};

const engineOf = ({ reader, kill }: Engine): DrillEngine => ({
  images: async () => valueOf(await reader.images()),
  kill: async (id) => valueOf(await kill(id)),
  leftovers: async (projectId) => {
    const of = { [label.projectId]: projectId };
    const [containers, networks, volumes] = await Promise.all([
      reader.list(of),
      reader.networks(of),
      reader.volumes(of),
    ]);
    return [...valueOf(containers), ...valueOf(networks), ...valueOf(volumes)].map(
      ({ name }) => name,
    );
  },
});

const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw ApiError.ofEngine(result.failure);
  return result.value;
};

/** In a folder of its own that nobody else may enter: the live database is only read. */
const restoreCopy = async (
  env: NodeJS.ProcessEnv,
  options: Options,
  projectPath: string,
): Promise<CopyRestored> => {
  const folder = mkdtempSync(join(tmpdir(), 'mlenv-drill-'));
  try {
    const backup = join(folder, 'backup.db');
    try {
      await careOf(env, options).backup(backup);
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      const isTheirs = thrown.code === 'refused' || thrown.code === 'prerequisite';
      return { result: isTheirs ? 'skipped' : 'failed', message: thrown.message };
    }
    return lostAndRestored(join(folder, 'state'), backup, projectPath);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const lostAndRestored = (folder: string, backup: string, projectPath: string): CopyRestored => {
  const newest = readMigrations(migrationsFolder()).length;
  const file = databaseFile(folder);
  mkdirSync(folder, { mode: 0o700 });
  copyFileSync(backup, file);
  spoil(file);
  if (inspectDatabase(file, newest).kind === 'usable') {
    return { result: 'failed', message: 'a copy that was cut short was taken for a good one' };
  }
  const done = restore({ file, backup, newest, now: Date.now() });
  if (done.kind === 'refused') return { result: 'failed', message: done.message };
  const opened = openStoreToRead({ file, migrationsFolder: migrationsFolder() });
  if (opened.kind !== 'open') return { result: 'failed', message: opened.message };
  try {
    const project = opened.store.projects.byPath(projectPath);
    const rows = project === null ? 0 : opened.store.environments.ofProject(project.id).length;
    return rows > 0
      ? { result: 'ok', message: `the copy was lost and restored, with ${rows} of its rows` }
      : { result: 'failed', message: 'the restored copy does not know the project' };
  } finally {
    opened.store.close();
  }
};

/** As a disk that filled up in the midst of a write leaves it. */
const spoil = (file: string): void => {
  const fd = openSync(file, 'r+');
  try {
    ftruncateSync(fd, 5000);
  } finally {
    closeSync(fd);
  }
};
