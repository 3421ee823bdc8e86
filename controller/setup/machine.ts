import { execFile } from 'node:child_process';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { lstat, mkdir, open, readFile, readlink, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ApiError } from '../model/api-error.ts';
import type { Action, CommandFact, Entry, SetupFacts } from './actions.ts';
import { adminGroup, filesOf, systemPlaces, type SetupPlaces } from './places.ts';
import { ctlOf } from './service-steps.ts';

/** The one place where setup looks at the machine and changes it. */
export interface Machine {
  facts(
    places: SetupPlaces,
    options: { readonly watch: readonly string[]; readonly stamp: string },
  ): Promise<SetupFacts>;
  /** Throws ApiError, with what to do; what was done before it stays. */
  apply(action: Action): Promise<void>;
  hasUser(name: string): Promise<boolean>;
}

/** Ends with the output; throws where the program fails. */
export type RunProgram = (argv: readonly string[]) => Promise<string>;

export const createMachine = (options: {
  /** In front of every path: '' but in tests. */
  readonly root: string;
  readonly run: RunProgram;
  readonly command: () => CommandFact;
}): Machine => {
  const { root, run } = options;
  const at = (path: string): string => join(root, path);
  const answers = (argv: readonly string[]): Promise<boolean> =>
    run(argv).then(
      () => true,
      () => false,
    );
  return {
    facts: async (places, { watch, stamp }) => {
      const paths = new Set<string>();
      const asked = [
        ...filesOf(places),
        systemPlaces.configFolder,
        places.configFolder,
        places.state,
        places.home,
        ...watch,
      ];
      if (places.environment !== null) asked.push(places.environment);
      for (const path of asked) {
        for (let each = path; each !== '/' && each !== '.'; each = dirname(each)) paths.add(each);
      }
      const entries = new Map<string, Entry>();
      for (const path of paths) {
        const entry = await entryAt(
          at(path),
          filesOf(places).includes(path) || path === places.environment,
        );
        if (entry !== null) entries.set(path, entry);
      }
      const ctl = ctlOf(places);
      const systemd = await systemdOf(root, places, answers);
      const isUp = systemd !== 'none';
      return {
        entries,
        hasAdminGroup: await answers(['getent', 'group', adminGroup]),
        systemd,
        service: {
          enabled: isUp && (await answers([...ctl, 'is-enabled', '--quiet', 'mlenv'])),
          active: isUp && (await answers([...ctl, 'is-active', '--quiet', 'mlenv'])),
        },
        command: options.command(),
        stamp,
      };
    },
    apply: (action) => apply(action, at, run),
    hasUser: (name) => answers(['getent', 'passwd', name]),
  };
};

export const runProgram: RunProgram = async ([command = '', ...argv]) =>
  (await promisify(execFile)(command, argv, { timeout: 120_000 })).stdout;

/** How this process was started, and whether a service could start it the same way. */
export const commandFact = (): CommandFact => {
  const script = realpathSync(process.argv[1] ?? '');
  const node = realpathSync(process.execPath);
  const real = (path: string): string | null => (existsSync(path) ? realpathSync(path) : null);
  const found = systemPath.map((folder) => join(folder, 'node')).find((path) => existsSync(path));
  return {
    script,
    node,
    linked: real('/usr/local/bin/mlenv') === script,
    nodeOnPath: found !== undefined && real(found) === node,
    packaged: script.startsWith('/usr/lib/mlenv/'),
    open: openOnTheWay(script) ?? openOnTheWay(node),
  };
};

/** As systemd gives it to services. */
const systemPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

const openOnTheWay = (path: string): string | null => {
  for (let each = path; ; each = dirname(each)) {
    const { uid, mode } = statSync(each);
    if (uid !== 0 || ((mode & 0o022) !== 0 && (mode & 0o1000) === 0)) return path;
    if (each === dirname(each)) return null;
  }
};

const systemdOf = async (
  root: string,
  places: SetupPlaces,
  answers: (argv: readonly string[]) => Promise<boolean>,
): Promise<SetupFacts['systemd']> => {
  if (!(await answers(['systemctl', '--version']))) return 'none';
  if (places.scope === 'user')
    return (await answers(['systemctl', '--user', 'show-environment'])) ? 'running' : 'none';
  return existsSync(join(root, '/run/systemd/system')) ? 'running' : 'installed';
};

const entryAt = async (path: string, isRead: boolean): Promise<Entry | null> => {
  const found = await lstat(path).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return null;
    throw failed(`look at ${path}`, error);
  });
  if (found === null) return null;
  const mode = found.mode & 0o7777;
  if (found.isSymbolicLink()) {
    // A folder behind a link is as good, and on Debian /bin is one.
    if (!isRead && existsSync(path) && statSync(path).isDirectory())
      return { kind: 'folder', mode };
    return { kind: 'link', to: await readlink(path) };
  }
  if (found.isDirectory()) return { kind: 'folder', mode };
  if (!found.isFile()) return { kind: 'other', what: 'a socket or device' };
  if (!isRead) return { kind: 'other', what: 'a file' };
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw failed(`read ${path}`, error);
  });
  return { kind: 'file', text, mode };
};

const apply = async (
  action: Action,
  at: (path: string) => string,
  run: RunProgram,
): Promise<void> => {
  const keep = async (path: string, keptAs: string | null): Promise<void> => {
    if (keptAs === null) return;
    await mkdir(dirname(at(keptAs)), { recursive: true, mode: 0o700 });
    await put(at(keptAs), await readFile(at(path)), 0o600);
  };
  try {
    switch (action.kind) {
      case 'folder':
        await mkdir(at(action.path));
        await setMode(at(action.path), action.mode);
        return;
      case 'file':
        await keep(action.path, action.keepAs);
        await put(at(action.path), action.content, action.mode);
        return;
      case 'remove':
        await keep(action.path, action.keepAs);
        await rm(at(action.path), { force: true });
        return;
      case 'remove-folder':
        await rmdir(at(action.path)).catch((error: unknown) => {
          if (!['ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR', 'EBUSY'].includes(codeOf(error)))
            throw error;
        });
        return;
      case 'run':
        await run(action.argv);
        return;
      default:
        action satisfies never;
    }
  } catch (error) {
    const what = action.kind === 'run' ? action.argv.join(' ') : `${action.kind} ${action.path}`;
    throw failed(what, error);
  }
};

/** Whole or not at all: a reader sees the old file or the new one. */
const put = async (path: string, content: string | Uint8Array, mode: number): Promise<void> => {
  const draft = `${path}.mlenv-new`;
  await rm(draft, { force: true });
  const file = await open(draft, 'wx', mode);
  try {
    await file.writeFile(content);
    // Whatever the umask of who types.
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
};

const setMode = async (folder: string, mode: number): Promise<void> => {
  const file = await open(folder, 'r');
  try {
    await file.chmod(mode);
  } finally {
    await file.close();
  }
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';

const failed = (what: string, error: unknown): ApiError => {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  const why = said === '' ? (error instanceof Error ? error.message : String(error)) : said;
  return new ApiError('internal', `${what} failed: ${why}`);
};
