import { spawn } from 'node:child_process';
import { request } from 'node:http';

/** Somebody at the engine behind MLEnv's back, in plain HTTP: nothing of MLEnv is in between. */
export interface DockerHand {
  containers(): Promise<readonly Listed[]>;
  inspect(id: string): Promise<Inspected>;
  /** As `docker kill`, `stop`, `rm -f`, `run -d` do. */
  kill(id: string): Promise<void>;
  stop(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  run(options: RunOptions): Promise<string>;
  /** What the engine says that happened since then, as `docker events` tells it: `container start mlenv-…` */
  events(sinceMs: number): Promise<readonly string[]>;
  networks(): Promise<readonly string[]>;
  volumes(): Promise<readonly string[]>;
  /** Everything that bears a label of MLEnv's. */
  sweep(): Promise<void>;
}

export interface RunOptions {
  readonly name: string;
  readonly image: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Cards by uuid or index, as `docker run --gpus device=…`. */
  readonly gpus?: readonly string[];
}

export interface Listed {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Inspected {
  readonly Id: string;
  readonly Name: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Status: string;
    readonly StartedAt: string;
    readonly FinishedAt: string;
    readonly ExitCode: number;
    readonly OOMKilled: boolean;
  };
  readonly Config: {
    readonly Image: string;
    readonly Env: readonly string[];
    readonly Labels: Readonly<Record<string, string>>;
  };
  readonly HostConfig: {
    readonly Memory: number;
    readonly NanoCpus: number;
    readonly DeviceRequests: readonly { readonly DeviceIDs: readonly string[] }[] | null;
    readonly PortBindings: Readonly<
      Record<string, readonly { HostIp: string; HostPort: string }[]>
    >;
  };
  readonly Mounts: readonly { Type: string; Name?: string; Source: string; Destination: string }[];
}

export function dockerHand(host: string): DockerHand {
  const call = (method: string, path: string, body?: unknown): Promise<unknown> =>
    send({ socketPath: host.replace('unix://', ''), method, path, body });

  const containers = async (): Promise<readonly Listed[]> => {
    const rows = (await call('GET', '/containers/json?all=1')) as {
      Id: string;
      Names: string[];
      State: string;
      Labels: Record<string, string>;
    }[];
    return rows.map(({ Id, Names, State, Labels }) => ({
      id: Id,
      name: (Names[0] ?? '').slice(1),
      state: State,
      labels: Labels,
    }));
  };
  const namesOf = async (path: string, from: (answer: unknown) => { Name: string }[] | null) =>
    (from(await call('GET', path)) ?? []).map(({ Name }) => Name);
  const networks = () => namesOf('/networks', (answer) => answer as { Name: string }[]);
  const volumes = () =>
    namesOf('/volumes', (answer) => (answer as { Volumes: { Name: string }[] | null }).Volumes);
  const remove = async (id: string): Promise<void> =>
    void (await call('DELETE', `/containers/${id}?force=1&v=1`));

  return {
    containers,
    inspect: async (id) => (await call('GET', `/containers/${id}/json`)) as Inspected,
    kill: async (id) => void (await call('POST', `/containers/${id}/kill`)),
    stop: async (id) => void (await call('POST', `/containers/${id}/stop?t=1`)),
    remove,
    run: async ({ name, image, labels = {}, gpus = [] }) => {
      const requests = [{ Driver: 'nvidia', DeviceIDs: gpus, Capabilities: [['gpu']] }];
      const wish = {
        Image: image,
        Labels: labels,
        ...(gpus.length === 0 ? {} : { HostConfig: { DeviceRequests: requests } }),
      };
      const { Id } = (await call('POST', `/containers/create?name=${name}`, wish)) as {
        Id: string;
      };
      await call('POST', `/containers/${Id}/start`);
      return Id;
    },
    events: async (sinceMs) => {
      const [since, until] = [sinceMs, Date.now()].map((at) => (at / 1000).toFixed(3));
      const said = await sendForText({
        socketPath: host.replace('unix://', ''),
        method: 'GET',
        path: `/events?since=${since}&until=${until}`,
        body: undefined,
      });
      return said
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => {
          const event = JSON.parse(line) as {
            Type: string;
            Action: string;
            Actor: { ID: string; Attributes: { name?: string } };
          };
          return `${event.Type} ${event.Action} ${event.Actor.Attributes.name ?? event.Actor.ID}`;
        });
    },
    networks: async () => (await networks()).filter((name) => !builtin.has(name)),
    volumes,
    sweep: async () => {
      const ours = (await containers()).filter(({ labels }) => 'mlenv.instance' in labels);
      await Promise.all(ours.map(({ id }) => remove(id)));
      const nets = (await networks()).filter((name) => name.startsWith('mlenv'));
      await Promise.all(nets.map((name) => call('DELETE', `/networks/${name}`)));
      const vols = (await volumes()).filter((name) => name.startsWith('mlenv'));
      await Promise.all(vols.map((name) => call('DELETE', `/volumes/${name}`)));
    },
  };
}

const builtin = new Set(['bridge', 'host', 'none']);

/** What a port of the engine's own network namespace answers; null: nothing does. */
export function fetchInside(namespace: string, url: string): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const args = [`--net=/run/netns/${namespace}`, 'busybox', 'wget', '-q', '-O', '-', url];
    const child = spawn('nsenter', args, { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
    child.on('error', reject);
    child.on('close', (code) => resolve(code === 0 ? text : null));
  });
}

const send = async (options: Sent): Promise<unknown> => {
  const said = await sendForText(options);
  return said === '' ? null : JSON.parse(said);
};

interface Sent {
  readonly socketPath: string;
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

function sendForText(options: Sent): Promise<string> {
  const { socketPath, method, path, body } = options;
  return new Promise((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
    };
    const sent = request({ socketPath, method, path, headers, agent: false }, (response) => {
      let said = '';
      response.setEncoding('utf8').on('data', (part: string) => (said += part));
      response.on('error', reject);
      response.on('end', () => {
        const code = response.statusCode ?? 0;
        if (code >= 400) reject(new Error(`${method} ${path}: ${code} ${said}`));
        else resolve(said);
      });
    });
    sent.on('error', reject);
    sent.end(text);
  });
}
