import { spawn, type ChildProcess } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { failGpuHook, knowsCdi, writeGpuStandIns } from './dockerd-gpus.ts';
import {
  makeNamespace,
  reapLeftovers,
  requireTools,
  startTimeOf,
  tearDown,
} from './dockerd-host.ts';

export interface PrivateDockerd {
  /** `unix://…` */
  readonly host: string;
  readonly socket: string;
  readonly folder: string;
  /** Of a network namespace of its own: published ports are reached inside it only. */
  readonly namespace: string;
  /** Asks it to end and waits: containers end with it, unless it lives with live-restore. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash would. Its containers run on until it starts again. */
  kill9(): Promise<void>;
  start(): Promise<void>;
  restart(): Promise<void>;
  /** Whether containers with cards can start: the hook that would bring them in is a stand-in. */
  failGpuHook(fails: boolean): void;
  /** It stays there and answers nothing. */
  pause(): void;
  resume(): void;
  /** Leaves nothing: processes, mounts, namespace, cgroups, files. */
  cleanup(): Promise<void>;
}

/**
 * A Docker Engine of its own: own containerd, data, socket, cgroup and network namespace without a
 * route out, so that neither the host's engine nor any registry is ever touched. Needs root.
 */
export async function startDockerd(options: {
  readonly name: string;
  readonly liveRestore?: boolean;
  /** Whether it knows a runtime `nvidia`: a stand-in, which is runc by another name. */
  readonly nvidiaRuntime?: boolean;
  /** Cards that it knows by CDI, where it is new enough to: each brings in `CDI_<its name>`. */
  readonly cdiDevices?: readonly string[];
  /** A registry that it asks, without TLS, through a proxy at this port of its namespace: `registry-proxy.ts` is one. */
  readonly proxied?: { readonly registry: string; readonly port: number };
  /** The mount namespace that it sees the machine in; left out: that of this process. */
  readonly mounts?: string;
}): Promise<PrivateDockerd> {
  requireTools();
  reapLeftovers();
  const folder = mkdtempSync(join(tmpdir(), 'mlenv-dockerd-'));
  writeFileSync(join(folder, 'owner'), `${process.pid} ${startTimeOf(process.pid) ?? ''}`);
  const namespace = basename(folder);
  const tearDownOnce = (): void => {
    process.removeListener('exit', tearDownOnce);
    tearDown(folder);
  };
  process.on('exit', tearDownOnce);
  try {
    makeNamespace(namespace);
    const engine = createEngine({ ...options, folder, namespace, tearDown: tearDownOnce });
    await engine.start();
    return engine;
  } catch (error) {
    const log = join(folder, 'dockerd.log');
    const said = existsSync(log) ? readFileSync(log, 'utf8').slice(-2000) : '';
    tearDownOnce();
    throw new Error(`a private dockerd did not start: ${String(error)}\n${said}`, { cause: error });
  }
}

function createEngine(from: {
  readonly name: string;
  readonly liveRestore?: boolean;
  readonly nvidiaRuntime?: boolean;
  readonly cdiDevices?: readonly string[];
  readonly proxied?: { readonly registry: string; readonly port: number };
  readonly mounts?: string;
  readonly folder: string;
  readonly namespace: string;
  readonly tearDown: () => void;
}): PrivateDockerd {
  const { folder, namespace } = from;
  const socket = join(folder, 'docker.sock');
  const containerdSocket = join(folder, 'containerd.sock');
  let containerd: ChildProcess | null = null;
  let dockerd: ChildProcess | null = null;
  writeConfigs({ ...from, socket, containerdSocket });
  writeGpuStandIns(folder, from.cdiDevices ?? []);

  const inNamespace = (command: string, log: string): ChildProcess => {
    const out = openSync(join(folder, log), 'a');
    // A UTS namespace too, or every engine on this machine would have one name.
    const seen = from.mounts === undefined ? [] : [`--mount=${from.mounts}`];
    const child = spawn(
      'nsenter',
      [...seen, `--net=/run/netns/${namespace}`, 'unshare', '--uts', 'sh', '-c', command],
      { detached: true, stdio: ['ignore', out, out] },
    );
    closeSync(out);
    child.unref();
    return child;
  };

  const proxy =
    from.proxied === undefined ? '' : `HTTP_PROXY=http://127.0.0.1:${from.proxied.port} `;

  const start = async (): Promise<void> => {
    if (containerd === null || !isAlive(containerd)) {
      containerd = inNamespace(
        `exec containerd --config ${join(folder, 'containerd.toml')}`,
        'containerd.log',
      );
      await until(() => existsSync(containerdSocket), 'containerd');
    }
    rmSync(join(folder, 'docker.pid'), { force: true });
    const child = inNamespace(
      `hostname ${from.name}; ${proxy}PATH=${join(folder, 'bin')}:$PATH exec dockerd --config-file ${join(folder, 'daemon.json')}`,
      'dockerd.log',
    );
    dockerd = child;
    await until(() => {
      if (!isAlive(child)) throw new Error('dockerd ended at once');
      return answers(socket);
    }, 'dockerd');
  };

  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    const child = dockerd;
    if (child === null || !isAlive(child)) return;
    child.kill(signal);
    await until(() => !isAlive(child), `the end of dockerd by ${signal}`);
  };

  return {
    host: `unix://${socket}`,
    socket,
    folder,
    namespace,
    stop: () => end('SIGTERM'),
    kill9: () => end('SIGKILL'),
    start,
    restart: async () => {
      await end('SIGTERM');
      await start();
    },
    failGpuHook: (fails) => failGpuHook(folder, fails),
    pause: () => void dockerd?.kill('SIGSTOP'),
    resume: () => void dockerd?.kill('SIGCONT'),
    cleanup: async () => {
      from.tearDown();
      await Promise.resolve();
    },
  };
}

function writeConfigs(from: {
  readonly liveRestore?: boolean;
  readonly nvidiaRuntime?: boolean;
  readonly cdiDevices?: readonly string[];
  readonly proxied?: { readonly registry: string; readonly port: number };
  readonly folder: string;
  readonly namespace: string;
  readonly socket: string;
  readonly containerdSocket: string;
}): void {
  const at = (name: string): string => join(from.folder, name);
  mkdirSync(at('containerd'));
  writeFileSync(
    at('containerd.toml'),
    [
      'version = 2',
      `root = "${at('containerd/root')}"`,
      `state = "${at('containerd/state')}"`,
      'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
      '[grpc]',
      `address = "${from.containerdSocket}"`,
    ].join('\n'),
  );
  writeFileSync(
    at('daemon.json'),
    JSON.stringify({
      'data-root': at('data'),
      'exec-root': at('exec'),
      pidfile: at('docker.pid'),
      hosts: [`unix://${from.socket}`],
      containerd: from.containerdSocket,
      'cgroup-parent': `/${from.namespace}`,
      ...(from.proxied === undefined ? {} : { 'insecure-registries': [from.proxied.registry] }),
      'exec-opts': ['native.cgroupdriver=cgroupfs'],
      'live-restore': from.liveRestore === true,
      'shutdown-timeout': 5,
      ...(from.nvidiaRuntime === true ? { runtimes: { nvidia: { path: 'runc' } } } : {}),
      // Also keeps it from what this machine has; an older engine does not start with a name it does not know.
      ...(knowsCdi() ? { 'cdi-spec-dirs': [at('cdi')] } : {}),
    }),
  );
}

const isAlive = (child: ChildProcess): boolean =>
  child.exitCode === null && child.signalCode === null;

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited 30 s for ${what}`);
    await sleep(20);
  }
}

const answers = (socketPath: string): Promise<boolean> =>
  new Promise((resolve) => {
    const ping = request({ socketPath, path: '/_ping', timeout: 1000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    ping.on('timeout', () => ping.destroy());
    ping.on('error', () => resolve(false));
    ping.end();
  });
