import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Api } from '../../controller/model/api.ts';
import { connectApi } from '../../controller/report/http-client.ts';
import { packageFolder } from '../../schema/files.ts';
import { createProject, type Project, socketOf } from './mlenv-project.ts';
import { NeverError, until } from './until.ts';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One instance of MLEnv: a state folder of its own, and a folder for projects. */
export interface Site {
  readonly host: string;
  readonly stateDir: string;
  /** The host's configuration, which a controller watches. */
  readonly configFile: string;
  readonly root: string;
  /** The command line as a process, as built. */
  mlenv(args: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** The same, still running. */
  begin(args: readonly string[], cwd?: string): ChildProcess;
  /** Returns once it answers. Watches the folder of projects unless told otherwise. */
  controller(options?: {
    readonly watch?: readonly string[];
    readonly flags?: readonly string[];
  }): Promise<ControllerProcess>;
  /** What all controllers of this site have logged. */
  log(): string;
  project(name: string, spec: string): Project;
  /** Throws where no controller answers. */
  api(): Promise<Api>;
  /** kill -9 for all that runs. */
  end(): Promise<void>;
  /** Ends its controllers and removes its folder; containers stay. */
  cleanup(): Promise<void>;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface ControllerProcess {
  readonly pid: number;
  kill9(): Promise<void>;
  /** SIGTERM; the exit code, and how long it took. */
  stop(): Promise<{ readonly code: number | null; readonly tookMs: number }>;
}

/** Thresholds of a host's configuration for a machine that runs tests: small, full or busy, it lets them start. */
export const anyHost = {
  memory: '99%',
  cpu: 'off',
  load: 1000,
  freeMemory: '16MB',
  freeDisk: '0.1%',
};

export const builtCommand = join(packageFolder(), 'dist', 'controller', 'main.js');

export function createSite(options: {
  readonly host: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Controllers run in this network namespace, as on the machine of the engine. */
  readonly namespace?: string;
}): Site {
  if (!existsSync(builtCommand)) throw new Error('npm run build has not been run');
  const { host, namespace } = options;
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'mlenv-site-')));
  const stateDir = join(root, 'state');
  const logFile = join(root, 'controller.log');
  const projects = join(root, 'projects');
  mkdirSync(projects);
  const configFile = join(root, 'config.yaml');
  // Folders of other owners count in the one for projects only.
  writeFileSync(
    configFile,
    `apiVersion: mlenv/v1\npeople: { roots: [${projects}] }\nhost: ${JSON.stringify(anyHost)}\n`,
  );
  const running = new Set<ChildProcess>();
  const environment = {
    ...process.env,
    DOCKER_HOST: host,
    MLENV_STATE_DIR: stateDir,
    NO_COLOR: '1',
    // What cards the machine of a test has must not matter to it.
    MLENV_NVIDIA_SMI: 'none',
    // Nor what its administrator says.
    MLENV_CONFIG: configFile,
    ...options.env,
  };

  const site: Site = {
    host,
    stateDir,
    configFile,
    root: projects,
    mlenv: async (args, run = {}) => {
      const child = spawn(process.execPath, [builtCommand, ...args], {
        cwd: run.cwd ?? projects,
        env: { ...environment, ...run.env },
      });
      child.stdin.on('error', () => {});
      child.stdin.end(run.input ?? '');
      return outcomeOf(child);
    },
    begin: (args, cwd = projects) => {
      const child = spawn(process.execPath, [builtCommand, ...args], { cwd, env: environment });
      running.add(child);
      return child;
    },
    controller: async ({ watch = [projects], flags = [] } = {}) => {
      const child = spawn(
        'sh',
        [
          '-c',
          `exec ${namespace === undefined ? '' : `nsenter --net=/run/netns/${namespace} `}"$0" "$@" >>"$LOG" 2>&1`,
          process.execPath,
          builtCommand,
        ].concat(
          ['controller', '--log-level', 'debug'],
          flags,
          watch.flatMap((folder) => ['--watch', folder]),
        ),
        { cwd: projects, env: { ...environment, LOG: logFile }, stdio: 'ignore' },
      );
      running.add(child);
      const log = (): string => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '');
      await until('the controller answers', async () => {
        if (child.exitCode !== null) throw new NeverError(`the controller ended: ${log()}`);
        const api = await connectApi(socketOf(stateDir));
        return api !== null && (await api.version()).pid === child.pid;
      });
      return controllerOf(child);
    },
    log: () => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : ''),
    project: (name, spec) => createProject(site, join(projects, name), spec),
    api: async () => {
      const api = await connectApi(socketOf(stateDir));
      if (api === null) throw new Error('no controller answers');
      return api;
    },
    end: async () => {
      for (const child of running) await end(child, 'SIGKILL');
    },
    cleanup: async () => {
      await site.end();
      rmSync(root, { recursive: true, force: true });
    },
  };
  return site;
}

export async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const out = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (out.stderr += text));
  const limit = setTimeout(() => child.kill('SIGKILL'), 100_000);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(limit);
  return { code: code ?? -1, ...out };
}

const controllerOf = (child: ChildProcess): ControllerProcess => ({
  pid: child.pid ?? 0,
  kill9: () => end(child, 'SIGKILL'),
  stop: async () => {
    const from = Date.now();
    await end(child, 'SIGTERM');
    return { code: child.exitCode, tookMs: Date.now() - from };
  },
});

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
