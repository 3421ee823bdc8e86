import type { ContainerConfig, ObservedContainer } from '../../controller/model/container.ts';
import type { Result } from '../../controller/model/failure.ts';
import type { GpuClaim, GpuInjection } from '../../controller/model/gpu.ts';
import type { EngineReader, EngineWriter, LogChunk } from '../../controller/model/ports.ts';

/** What a suite needs to know of the engine that it runs on. */
export interface ContractSubject {
  readonly reader: EngineReader;
  readonly writer: EngineWriter;
  /** `sleep 1000000`, no more. */
  readonly plainImage: string;
  /** As `richDefaults` says. */
  readonly richImage: string;
  /** `sleep 1000000`, and what NVIDIA's images bake in: `bakedEnv`. */
  readonly bakedImage: string;
  readonly folder: string;
  readonly missingFolder: string;
  readonly unpullable: string;
  readonly pullable: string;
  /** Lets time pass until it holds; throws where it never does. */
  readonly until: (holds: () => Promise<boolean>) => Promise<void>;
  /** Lets time pass until the call has ended. */
  readonly settled: <T>(call: Promise<T>) => Promise<T>;
  readonly close: () => Promise<void>;
  /** Starts a container as somebody else would, with cards as `docker run --gpus`; gives back its id. */
  readonly runByHand: (wish: HandRun) => Promise<string>;
  /** As `docker create`, and `--privileged`: not every host of tests can start one. Gives back its id. */
  readonly createByHand: (
    wish: Pick<HandRun, 'name' | 'labels'> & { readonly privileged: boolean },
  ) => Promise<string>;
  /** Ways to give cards by which a container can start here. */
  readonly injections: readonly GpuInjection[];
  /** Whether a container with cards can start. */
  readonly failGpuHook: (fails: boolean) => void;
}

export interface HandRun {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** null: none. */
  readonly gpus: GpuClaim['gpus'] | null;
}

/** A card and a slice that an engine with CDI knows by name. */
export const cards = [
  'GPU-11111111-2222-3333-4444-555555555555',
  'MIG-66666666-7777-8888-9999-000000000000',
] as const;

export const bakedEnv = {
  NVIDIA_VISIBLE_DEVICES: 'all',
  NVIDIA_DRIVER_CAPABILITIES: 'compute,utility,video',
} as const;

export const richDefaults = {
  command: ['sleep', '1000000'],
  workdir: '/srv',
  env: { RICH: 'yes', PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' },
  labels: { maker: 'tests' },
  volumes: ['/opt/data'],
} as const;

/** One subject for a suite, and names that no other test has. */
export interface Bench {
  readonly subject: () => ContractSubject;
  /** A fresh name. */
  readonly name: () => string;
  readonly config: (patch?: Partial<ContainerConfig>) => ContainerConfig;
  /** Created, and started unless told otherwise; gives back the id. */
  readonly given: (
    patch?: Partial<ContainerConfig>,
    options?: { readonly start?: boolean },
  ) => Promise<string>;
  readonly look: (id: string) => Promise<ObservedContainer>;
}

export const label = { 'mlenv.contract': 'run' } as const;

export const plainConfig: ContainerConfig = {
  name: '',
  image: '',
  entrypoint: null,
  command: null,
  init: true,
  workdir: null,
  user: null,
  env: {},
  labels: {},
  ports: [],
  mounts: [],
  shmBytes: 64 * 1024 ** 2,
  cpus: null,
  memoryBytes: null,
  pids: null,
  gpus: null,
  ulimits: [],
  capDrop: ['NET_RAW'],
  capAdd: [],
  logs: { maxBytes: 50 * 1024 ** 2, maxFiles: 3 },
  network: null,
  health: null,
  stopGraceMs: 1000,
};

export function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.failure.kind}: ${result.failure.message}`);
  return result.value;
}

export const failureKind = (result: Result<unknown>): string =>
  result.ok ? 'ok' : result.failure.kind;

export async function collected(chunks: AsyncIterable<LogChunk>): Promise<{
  readonly stdout: string;
  readonly stderr: string;
}> {
  const said = { stdout: '', stderr: '' };
  for await (const chunk of chunks) said[chunk.stream] += Buffer.from(chunk.data).toString();
  return said;
}
