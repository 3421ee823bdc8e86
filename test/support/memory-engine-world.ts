import { createHash } from 'node:crypto';
import type {
  AnonymousVolume,
  ContainerConfig,
  ContainerHealth,
  ContainerState,
  Excess,
  ImageDefaults,
  Stray,
} from '../../controller/model/container.ts';
import type { LastCheck } from '../../controller/model/health.ts';
import type { ListedImage } from '../../controller/model/catalogue.ts';
import { failed, ok, type Result } from '../../controller/model/failure.ts';
import type { GpuClaim } from '../../controller/model/gpu.ts';
import type { Clock, EngineEvent, LogChunk, Random } from '../../controller/model/ports.ts';
import type { ContainerSeed } from '../../controller/model/step.ts';

/** One container as the in-memory engine keeps it. */
export interface MemoryContainer {
  readonly id: string;
  name: string;
  /** Live: the image's values are filled in. */
  config: ContainerConfig;
  readonly image: ImageDefaults;
  readonly anonymousVolumes: readonly (AnonymousVolume & { readonly reattached: boolean })[];
  readonly createdAt: number;
  /** Rights that somebody other than MLEnv gave it. */
  excess: readonly Excess[];
  /** What somebody other than MLEnv changed of it that no config has. */
  strays: readonly Stray[];
  /** Cards that somebody other than MLEnv gave it; null: none. */
  claimByHand: GpuClaim['gpus'] | null;
  state: ContainerState;
  health: ContainerHealth;
  /** Set by a test. */
  lastCheck: LastCheck | null;
  /** Set by a test: the probe of this run has no say any more. */
  healthIsPinned: boolean;
  exitCode: number;
  oomKilled: boolean;
  error: string;
  /** Of the network that it ran on, which an engine looks for by its id from then on. */
  networkId: string | null;
  startedAt: number | null;
  finishedAt: number | null;
  seed: ContainerSeed | null;
  readonly log: (LogChunk & { readonly at: number })[];
  readonly written: Set<string>;
  /** Ends what its process has set going: exits, output, probes. */
  cancel: (() => void)[];
  /** Called at every change that a follower of its log waits for. */
  readonly watchers: Set<() => void>;
}

export interface MemoryVolume {
  readonly labels: Readonly<Record<string, string>>;
  readonly anonymous: boolean;
  /** "uid:gid" of its root. */
  owner: string;
}

export interface MemoryNetwork {
  readonly id: string;
  readonly subnet: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Pullable {
  readonly defaults: Partial<ImageDefaults>;
  /** Reports of progress before the end, one each `tickMs` of the clock; 0: at once. */
  readonly ticks: number;
  readonly tickMs: number;
  readonly totalBytes: number;
}

export interface World {
  readonly clock: Clock;
  readonly containers: Map<string, MemoryContainer>;
  /** Ids by name. */
  readonly names: Map<string, string>;
  readonly volumes: Map<string, MemoryVolume>;
  readonly networks: Map<string, MemoryNetwork>;
  /** By reference with its tag. */
  readonly images: Map<string, ImageDefaults>;
  readonly pullable: Map<string, Pullable>;
  readonly missingPaths: Set<string>;
  /** `port/protocol`, held by something outside the engine. */
  readonly occupiedPorts: Set<string>;
  /** Volumes whose folder somebody took away below the engine. */
  readonly lostVolumes: Set<string>;
  /** Networks, by their ids, whose bridge somebody took away. */
  readonly deadNetworks: Set<string>;
  /** GPUs that the machine does not have any more. */
  readonly lostGpus: Set<string>;
  /** The runtime `nvidia` is not configured any more. */
  runtimeIsGone: boolean;
  /** NVIDIA's hook cannot bring the cards in. */
  gpuHookFails: boolean;
  readonly subscribers: Set<(event: EngineEvent | 'end') => void>;
  readonly newId: () => string;
  readonly emit: (event: Omit<EngineEvent, 'at'>) => void;
}

export function createWorld(from: {
  readonly clock: Clock;
  readonly random?: Random;
  readonly dropEvent?: (event: EngineEvent) => boolean;
}): World {
  const { clock, random, dropEvent } = from;
  let made = 0;
  const subscribers: World['subscribers'] = new Set();
  return {
    clock,
    containers: new Map(),
    names: new Map(),
    volumes: new Map(),
    networks: new Map(),
    images: new Map(),
    pullable: new Map(),
    missingPaths: new Set(),
    occupiedPorts: new Set(),
    lostVolumes: new Set(),
    deadNetworks: new Set(),
    lostGpus: new Set(),
    runtimeIsGone: false,
    gpuHookFails: false,
    subscribers,
    newId: () => {
      made += 1;
      return random?.hex(64) ?? digest(`container ${made}`);
    },
    emit: (event) => {
      const stamped = { ...event, at: clock.now() };
      if (dropEvent?.(stamped)) return;
      for (const tell of subscribers) tell(stamped);
    },
  };
}

export const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

export function imageDefaults(reference: string, given: Partial<ImageDefaults>): ImageDefaults {
  const env = given.env ?? { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' };
  return {
    id: `sha256:${digest(`${fullReference(reference)} ${JSON.stringify(given)}`)}`,
    entrypoint: [],
    command: ['sleep', 'infinity'],
    workdir: '/',
    user: '',
    labels: {},
    health: null,
    volumes: [],
    ...given,
    env: withoutVisibleDevices(env),
  };
}

/** As the reader of a real engine has it: no container takes this one from its image. */
export const withoutVisibleDevices = (
  env: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => {
  const { NVIDIA_VISIBLE_DEVICES: _visible, ...rest } = env;
  return rest;
};

/** "busybox" and "docker.io/library/busybox:latest" are one. */
export function fullReference(reference: string): string {
  const short = reference.replace(/^docker\.io\/(library\/)?/, '');
  return /[:@][^/]*$/.test(short) ? short : `${short}:latest`;
}

export function findImage(world: World, reference: string): ImageDefaults | undefined {
  if (!reference.startsWith('sha256:')) return world.images.get(fullReference(reference));
  return [...world.images.values()].find((image) => image.id === reference);
}

/** Each with a digest, as one that was pulled has. */
export const listedImages = (world: World): readonly ListedImage[] => {
  const used = new Set([...world.containers.values()].map(({ image }) => image.id));
  const ids = new Set([...world.images.values()].map(({ id }) => id));
  return [...ids].map((id) => {
    const tags = [...world.images].flatMap(([name, image]) => (image.id === id ? [name] : []));
    const digests = tags.map((name) => `${name.replace(/:[^:/]+$/, '')}@${id}`);
    return { id, tags, digests, sizeBytes: 1000, isUsed: used.has(id) };
  });
};

export function removeImage(world: World, reference: string): Result<void> {
  const image = findImage(world, reference);
  if (image === undefined) return ok(undefined);
  const listed = listedImages(world).find(({ id }) => id === image.id);
  if (listed?.isUsed === true && listed.tags.length === 1) {
    const message = `conflict: unable to remove repository reference "${reference}" (must force)`;
    return failed('conflict', message, 409);
  }
  world.images.delete(fullReference(reference));
  world.emit({ type: 'image', action: 'untag', id: image.id, labels: { name: reference } });
  return ok(undefined);
}

/** By whole id, by name, or by the beginning of an id. */
export function findContainer(world: World, ref: string): MemoryContainer | undefined {
  const exact = world.containers.get(ref) ?? world.containers.get(world.names.get(ref) ?? '');
  if (exact !== undefined || !/^[0-9a-f]{4,63}$/.test(ref)) return exact;
  return [...world.containers.values()].find((container) => container.id.startsWith(ref));
}

export function tell(world: World, container: MemoryContainer, action: string): void {
  for (const wake of container.watchers) wake();
  world.emit({
    type: 'container',
    action,
    id: container.id,
    labels: {
      ...container.config.labels,
      name: container.name,
      image: container.config.image,
      ...(action === 'die' ? { exitCode: String(container.exitCode) } : {}),
    },
  });
}

export function matches(
  labels: Readonly<Record<string, string>>,
  filter: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(filter).every(([name, value]) =>
    value === '' ? name in labels : labels[name] === value,
  );
}
