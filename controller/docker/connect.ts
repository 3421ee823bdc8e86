import { Agent } from 'node:http';
import { inspect } from 'node:util';
import type Docker from 'dockerode';
import type { Result } from '../model/failure.ts';
import { failed, ok } from '../model/failure.ts';
import type { EngineUsage } from '../model/metrics.ts';
import type { EngineReader, EngineWriter } from '../model/ports.ts';
import type { LoginFor } from '../model/registry.ts';
import type { EngineInfo } from '../model/snapshot.ts';
import { call, type Deadlines, defaultDeadlines, objectReply } from './call.ts';
import { clientOf, type Connection } from './client.ts';
import { readInfo } from './info.ts';
import { createKill } from './kill.ts';
import { createReader } from './reader.ts';
import { text } from './shape.ts';
import { createUsage } from './usage.ts';
import { createWriter } from './writer.ts';

export interface Engine {
  readonly reader: EngineReader;
  readonly writer: EngineWriter;
  readonly usage: EngineUsage;
  /** As `docker kill` does: somebody's hand outside MLEnv, for a drill. No pass has it. */
  readonly kill: (id: string) => Promise<Result<void>>;
  /** As it was told last: an engine that restarts may be another one, with other runtimes. */
  readonly info: EngineInfo;
  /** Drops idle connections. Calls under way go on. */
  close(): void;
}

export interface ConnectOptions {
  /** `unix:///path/to/docker.sock` */
  readonly host: string;
  readonly deadlines?: Partial<Deadlines>;
  /** Left out: every image is pulled as anybody. */
  readonly loginFor?: LoginFor;
}

/**
 * Fails as `retry` where the engine does not answer, as `terminal` where the host cannot be used or
 * its API is older than 1.41.
 */
export async function connectEngine(options: ConnectOptions): Promise<Result<Engine>> {
  const socket = socketOf(options.host);
  if (!socket.ok) return socket;
  const deadlines = { ...defaultDeadlines, ...options.deadlines };
  // Loaded here, as it costs a quarter of a second that most commands do not need.
  const { default: Client } = await import('dockerode');
  const agent = briefAgent();
  const open = (version?: string): Docker =>
    new Client(clientOptions(socket.value, agent, version));

  const said = await call({
    what: 'version',
    kind: 'read',
    deadlineMs: deadlines.readMs,
    send: (abortSignal) => clientOf(open()).version({ abortSignal }),
    read: objectReply,
  });
  if (!said.ok) return said;
  const version = negotiate(text(said.value['ApiVersion']));
  if (!version.ok) return version;
  const docker = open(`v${version.value}`);
  const info = await readInfo({ docker, deadlines, apiVersion: version.value });
  if (!info.ok) return info;

  const connection: Connection = {
    docker,
    deadlines,
    swapLimit: info.value.swapLimit,
    cpus: info.value.cpus,
    cgroupVersion: info.value.info.cgroupVersion,
    defaultRuntime: info.value.defaultRuntime,
    loginFor: options.loginFor ?? asAnybody,
  };
  let told = info.value.info;
  const reader = createReader(connection, version.value);
  return ok({
    reader: {
      ...reader,
      info: async () => {
        const read = await reader.info();
        if (read.ok) told = read.value;
        return read;
      },
    },
    writer: createWriter(connection),
    usage: createUsage(connection),
    kill: createKill(connection),
    get info() {
      return told;
    },
    close: () => agent.destroy(),
  });
}

const asAnybody: LoginFor = () => Promise.resolve({ ok: true, value: null });

/** DOCKER_HOST, else the system's socket, else the user's own (rootless). null: none is there. */
export function resolveHost(
  env: Readonly<Record<string, string | undefined>>,
  exists: (path: string) => boolean,
): string | null {
  const named = env['DOCKER_HOST'];
  if (named !== undefined && named !== '') return named;
  const runtime = env['XDG_RUNTIME_DIR'];
  const sockets = ['/var/run/docker.sock', ...(runtime ? [`${runtime}/docker.sock`] : [])];
  const found = sockets.find(exists);
  return found === undefined ? null : `unix://${found}`;
}

/** The highest version that both sides speak. */
export function negotiate(theirs: string): Result<string> {
  const [major, minor] = theirs.split('.').map(Number);
  if (major !== 1 || minor === undefined || !Number.isInteger(minor)) {
    return failed(
      'terminal',
      `The engine names an API version that is not understood: ${theirs || 'none'}`,
    );
  }
  if (minor < oldestMinor) {
    return failed(
      'terminal',
      `The engine speaks API ${theirs}, and 1.${oldestMinor} (Docker Engine 20.10) is the oldest that will do: upgrade Docker`,
    );
  }
  return ok(`1.${Math.min(minor, newestMinor)}`);
}

const oldestMinor = 41;
/** Below 1.50 an engine says nothing of its CDI devices. */
const newestMinor = 50;

function socketOf(host: string): Result<string> {
  if (host.startsWith('unix:///')) return ok(host.slice('unix://'.length));
  if (host.startsWith('/')) return ok(host);
  const scheme = host.split('://', 1)[0] ?? '';
  const why =
    scheme === 'tcp' || scheme === 'http'
      ? 'a Docker API on an open TCP port gives root to everyone who reaches it'
      : 'only unix sockets are supported';
  return failed(
    'terminal',
    `The engine's host ${JSON.stringify(host)} is refused: ${why}. Use unix:///path/to/docker.sock`,
  );
}

/**
 * docker-modem describes the options of each request with util.inspect, to any depth, whether or not
 * anybody debugs it (lib/modem.js, buildRequest). An agent with its sockets took 40 ms a call; this one
 * describes itself in a word.
 */
function briefAgent(): Agent {
  const agent = new Agent({ keepAlive: true });
  Object.defineProperty(agent, inspect.custom, { value: () => 'Agent' });
  return agent;
}

/** Everything is said outright: what is left out, the client would take from the process environment. */
function clientOptions(socketPath: string, agent: Agent, version?: string): Docker.DockerOptions {
  const options = {
    socketPath,
    agent,
    version,
    host: undefined,
    port: undefined,
    protocol: 'http',
    username: undefined,
    ca: undefined,
    cert: undefined,
    key: undefined,
    timeout: undefined,
  } as const;
  return options;
}
