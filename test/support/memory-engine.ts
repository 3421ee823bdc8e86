import type {
  ContainerConfig,
  ContainerHealth,
  Excess,
  ImageDefaults,
  ObservedContainer,
  Stray,
} from '../../controller/model/container.ts';
import type { GpuClaim } from '../../controller/model/gpu.ts';
import type {
  Clock,
  EngineEvent,
  EngineReader,
  EngineWriter,
  Random,
} from '../../controller/model/ports.ts';
import type { EngineInfo } from '../../controller/model/snapshot.ts';
import type { ContainerSeed } from '../../controller/model/step.ts';
import { createGate, type EngineFaults, type Mutation, type Outage } from './memory-engine-gate.ts';
import { exitContainer, isUp, startContainer } from './memory-engine-process.ts';
import { takeVolume } from './memory-engine-parts.ts';
import { createMemoryReader, observed } from './memory-engine-reader.ts';
import { createMemoryWriter, removeContainer } from './memory-engine-writer.ts';
import {
  createWorld,
  findContainer,
  fullReference,
  imageDefaults,
  type MemoryContainer,
  type Pullable,
  tell,
} from './memory-engine-world.ts';

export type { CallName, EngineFaults, Mutation, Verdict } from './memory-engine-gate.ts';

/**
 * A Docker Engine in memory behind the same ports, held to the real one's behaviour by the contract
 * suite. Deterministic: all waiting is on the clock given, all else settles on promises alone.
 */
export interface MemoryEngine {
  readonly reader: EngineReader;
  readonly writer: EngineWriter;
  readonly info: EngineInfo;
  /** Calls of the writer that reached the engine, in order. */
  readonly mutations: readonly Mutation[];
  addImage(reference: string, defaults?: Partial<ImageDefaults>): ImageDefaults;
  removeImage(reference: string): void;
  addPullable(reference: string, options?: Partial<Pullable>): void;
  /** Bind sources at these paths are not there; all others are. */
  removePath(path: string): void;
  restorePath(path: string): void;
  /** Something outside the engine listens there. */
  occupyPort(port: number, protocol?: 'tcp' | 'udp'): void;
  releasePort(port: number, protocol?: 'tcp' | 'udp'): void;
  /** Whether containers with cards can start: NVIDIA's hook is what brings them in. */
  failGpuHook(fails: boolean): void;

  /** What a person or the machine does behind MLEnv's back. All take a name or an id. */
  exit(ref: string, code: number): void;
  kill(ref: string, options?: { readonly oom?: boolean }): void;
  /** Somebody made it with more rights than MLEnv ever asks for. */
  giveRights(ref: string, excess: readonly Excess[]): void;
  /** Somebody changed what MLEnv asks for in no file: `docker update`, `docker network connect`. */
  stray(ref: string, strays: readonly Stray[]): void;
  handStop(ref: string): void;
  handStart(ref: string): void;
  /** Somebody gives cards to a container that is not MLEnv's. */
  claimGpus(ref: string, gpus: GpuClaim['gpus']): void;
  pause(ref: string): void;
  setHealth(ref: string, health: ContainerHealth): void;
  setState(ref: string, state: MemoryContainer['state']): void;
  removeBehindBack(ref: string): void;
  updateBehindBack(ref: string, patch: Partial<ContainerConfig>): void;
  rename(ref: string, name: string): void;
  /** Also with a container on it: its endpoints went first. */
  removeNetworkBehindBack(name: string): void;
  /** `ip link del` of its bridge, or its repair by a restart of the daemon. */
  breakBridge(name: string): void;
  /** Also one that a container was made with. */
  removeVolumeBehindBack(name: string): void;
  /** The folder is gone, and the engine does not know. */
  loseVolume(name: string): void;
  /** As `docker volume create` by somebody else. */
  plantVolume(name: string, labels: Readonly<Record<string, string>>): void;
  plantNetwork(name: string, labels: Readonly<Record<string, string>>): void;
  loseGpu(id: string, isLost: boolean): void;
  loseRuntime(isLost: boolean): void;
  writeFile(ref: string, path: string): void;

  /** The daemon goes and comes again: without live-restore every container ends with it. */
  restartDaemon(options?: { readonly liveRestore?: boolean }): void;
  /** `gone`: connections are refused. `silent`: no answer comes. Containers run on. */
  goDown(how?: Outage): void;
  comeUp(): void;

  /** A look past the ports, for assertions. */
  readonly containers: readonly ObservedContainer[];
  readonly networkNames: readonly string[];
  seedOf(ref: string): ContainerSeed | null;
  volumeOwner(name: string): string | null;
  readonly containerNames: readonly string[];
  readonly volumeNames: readonly string[];
}

export function createMemoryEngine(options: {
  readonly clock: Clock;
  readonly random?: Random;
  readonly faults?: EngineFaults;
  readonly dropEvent?: (event: EngineEvent) => boolean;
  readonly info?: Partial<EngineInfo>;
}): MemoryEngine {
  const { clock } = options;
  const world = createWorld(options);
  const mutations: Mutation[] = [];
  let outage: Outage | null = null;
  const info: EngineInfo = { ...plainInfo, ...options.info };
  const gate = createGate({
    faults: options.faults ?? {},
    outage: () => outage,
    note: (call, target) => mutations.push({ call, target, at: clock.now() }),
  });
  const must = (ref: string): MemoryContainer => {
    const container = findContainer(world, ref);
    if (container === undefined) throw new Error(`no such container in memory: ${ref}`);
    return container;
  };
  const endStreams = (): void => {
    for (const tellSubscriber of world.subscribers) tellSubscriber('end');
    for (const container of world.containers.values()) {
      for (const wake of container.watchers) wake();
    }
  };
  const portKey = (port: number, protocol: 'tcp' | 'udp' = 'tcp'): string => `${port}/${protocol}`;

  return {
    reader: createMemoryReader({ world, gate, info }),
    writer: createMemoryWriter(world, gate),
    info,
    mutations,
    addImage: (reference, given = {}) => {
      const image = imageDefaults(reference, given);
      world.images.set(fullReference(reference), image);
      return image;
    },
    removeImage: (reference) => void world.images.delete(fullReference(reference)),
    addPullable: (reference, given = {}) =>
      void world.pullable.set(fullReference(reference), {
        defaults: {},
        ticks: 4,
        tickMs: 0,
        totalBytes: 4_000_000,
        ...given,
      }),
    removePath: (path) => void world.missingPaths.add(path),
    restorePath: (path) => void world.missingPaths.delete(path),
    occupyPort: (port, protocol) => void world.occupiedPorts.add(portKey(port, protocol)),
    releasePort: (port, protocol) => void world.occupiedPorts.delete(portKey(port, protocol)),

    failGpuHook: (fails) => void (world.gpuHookFails = fails),

    exit: (ref, code) => exitContainer(world, must(ref), { code }),
    kill: (ref, how) => {
      tell(world, must(ref), 'kill');
      exitContainer(world, must(ref), { code: 137, oom: how?.oom === true });
    },
    giveRights: (ref, excess) => void (must(ref).excess = excess),
    stray: (ref, strays) => {
      must(ref).strays = strays;
      tell(world, must(ref), 'update');
    },
    handStop: (ref) => {
      tell(world, must(ref), 'kill');
      exitContainer(world, must(ref), { code: 143 });
      tell(world, must(ref), 'stop');
    },
    handStart: (ref) => void startContainer(world, must(ref)),
    claimGpus: (ref, gpus) => void (must(ref).claimByHand = gpus),
    pause: (ref) => {
      must(ref).state = 'paused';
      tell(world, must(ref), 'pause');
    },
    setHealth: (ref, health) => {
      must(ref).health = health;
      must(ref).healthIsPinned = true;
      tell(world, must(ref), `health_status: ${health}`);
    },
    setState: (ref, state) => void (must(ref).state = state),
    removeBehindBack: (ref) => {
      exitContainer(world, must(ref), { code: 137 });
      removeContainer(world, must(ref), { volumes: false });
    },
    updateBehindBack: (ref, patch) => {
      const container = must(ref);
      container.config = { ...container.config, ...patch };
      tell(world, container, 'update');
    },
    rename: (ref, name) => {
      const container = must(ref);
      world.names.delete(container.name);
      world.names.set(name, container.id);
      container.name = name;
      tell(world, container, 'rename');
    },
    removeNetworkBehindBack: (name) => {
      const network = world.networks.get(name);
      if (network === undefined) return;
      world.networks.delete(name);
      world.emit({ type: 'network', action: 'destroy', id: network.id, labels: { name } });
    },
    breakBridge: (name) => {
      const network = world.networks.get(name);
      if (network !== undefined) world.deadNetworks.add(network.id);
    },
    removeVolumeBehindBack: (name) => {
      world.lostVolumes.delete(name);
      if (!world.volumes.delete(name)) return;
      world.emit({ type: 'volume', action: 'destroy', id: name, labels: { driver: 'local' } });
    },
    loseVolume: (name) => void world.lostVolumes.add(name),
    plantVolume: (name, labels) => void takeVolume(world, name, labels),
    plantNetwork: (name, labels) =>
      void world.networks.set(name, { id: world.newId(), subnet: '10.250.0.0/28', labels }),
    loseGpu: (id, isLost) => {
      if (isLost) world.lostGpus.add(id);
      else world.lostGpus.delete(id);
    },
    loseRuntime: (isLost) => void (world.runtimeIsGone = isLost),
    writeFile: (ref, path) => void must(ref).written.add(path),

    restartDaemon: (how) => {
      Object.assign(info, { bootedAt: clock.now() });
      if (how?.liveRestore !== true) {
        world.deadNetworks.clear();
        for (const container of world.containers.values()) {
          if (isUp(container)) exitContainer(world, container, { code: 137 });
        }
      }
      endStreams();
    },
    goDown: (how = 'silent') => {
      outage = how;
      endStreams();
    },
    comeUp: () => void (outage = null),

    get containers() {
      return [...world.containers.values()].map(observed);
    },
    get networkNames() {
      return [...world.networks.keys()];
    },
    seedOf: (ref) => must(ref).seed,
    volumeOwner: (name) => world.volumes.get(name)?.owner ?? null,
    get containerNames() {
      return [...world.containers.values()].map(({ name }) => name);
    },
    get volumeNames() {
      return [...world.volumes.keys()];
    },
  };
}

const plainInfo: EngineInfo = {
  id: 'MEMO:RYEN:GINE',
  name: 'memory',
  version: '20.10.24',
  apiVersion: '1.41',
  rootDir: '/var/lib/docker',
  cgroupVersion: '2',
  liveRestore: false,
  runtimes: ['runc'],
  cdiDevices: [],
  rootless: false,
  runcVersion: '1.1.12',
  bootedAt: null,
};
