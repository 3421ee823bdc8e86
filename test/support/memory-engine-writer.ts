import type {
  AnonymousVolume,
  ContainerConfig,
  ImageDefaults,
} from '../../controller/model/container.ts';
import type { Result } from '../../controller/model/failure.ts';
import { failed, ok } from '../../controller/model/failure.ts';
import type { EngineWriter } from '../../controller/model/ports.ts';
import { startMemoryExec } from './memory-engine-exec.ts';
import type { Gate } from './memory-engine-gate.ts';
import { memoryNetworks, memoryVolumes, takeVolume } from './memory-engine-parts.ts';
import { observedEnv } from './memory-engine-gpus.ts';
import { isFile, mountObstacle, refusal, runtimeError } from './memory-engine-obstacles.ts';
import { isUp, startContainer, stopContainer } from './memory-engine-process.ts';
import { memoryPull } from './memory-engine-pull.ts';
import { noContainer } from './memory-engine-reader.ts';
import {
  digest,
  findContainer,
  findImage,
  removeImage,
  type MemoryContainer,
  tell,
  type World,
} from './memory-engine-world.ts';

export function createMemoryWriter(world: World, gate: Gate): EngineWriter {
  const on = (
    call: keyof EngineWriter,
    args: readonly [string, ...unknown[]],
    effect: (container: MemoryContainer) => Result<void> | Promise<Result<void>>,
  ): Promise<Result<void>> =>
    gate.write(call, args, () => {
      const container = findContainer(world, args[0]);
      return container === undefined ? noContainer(args[0]) : effect(container);
    });

  return {
    create: (config, anonymousVolumes) =>
      gate.write('create', [config, anonymousVolumes], () =>
        createContainer(world, config, anonymousVolumes),
      ),
    start: (id) => on('start', [id], (container) => startContainer(world, container)),
    stop: (id, graceMs) =>
      on('stop', [id, graceMs], async (container) => {
        await stopContainer(world, container, graceMs);
        return ok(undefined);
      }),
    unpause: (id) =>
      on('unpause', [id], (container) => {
        if (container.state === 'paused') {
          container.state = 'running';
          tell(world, container, 'unpause');
        }
        return ok(undefined);
      }),
    remove: (id, options) =>
      gate.write('remove', [id, options], () => {
        const container = findContainer(world, id);
        if (container === undefined) return ok(undefined);
        if (isUp(container)) {
          const message = `You cannot remove a running container ${container.id}. Stop the container before attempting removal or force remove`;
          return failed('conflict', message, 409);
        }
        if (container.state === 'removing') {
          return failed('conflict', `removal of container ${id} is already in progress`, 409);
        }
        removeContainer(world, container, options);
        return ok(undefined);
      }),
    update: (id, resources) =>
      on('update', [id, resources], (container) => {
        if (resources.memoryBytes !== undefined && resources.memoryBytes < 6 * 1024 ** 2) {
          return failed('terminal', 'Minimum memory limit allowed is 6MB', 400);
        }
        const { usual = [], ...limits } = resources;
        container.config = { ...container.config, ...limits };
        container.strays = container.strays.filter(({ field }) => !usual.includes(field));
        tell(world, container, 'update');
        return ok(undefined);
      }),
    disconnect: (id, network) =>
      on('disconnect', [id, network], (container) => {
        container.strays = container.strays.filter(
          ({ cure, value }) => cure !== 'disconnect' || value !== network,
        );
        return ok(undefined);
      }),
    seed: (id, seed, chown) =>
      on('seed', [id, seed, chown], (container) => {
        const obstacle = mountObstacle(world, container);
        if (obstacle !== null) return refusal(obstacle);
        container.seed = seed;
        for (const mount of container.config.mounts) {
          const volume = mount.kind === 'volume' ? world.volumes.get(mount.source) : undefined;
          if (seed.owner !== null && volume !== undefined && chown.includes(mount.target)) {
            volume.owner = `${seed.owner.uid}:${seed.owner.gid}`;
          }
        }
        return ok(undefined);
      }),
    pull: (reference, onProgress, signal) =>
      gate.write('pull', [reference], () =>
        memoryPull({ world, gate, reference, onProgress }, signal),
      ),
    removeImage: (reference) =>
      gate.write('removeImage', [reference], () => removeImage(world, reference)),
    ...memoryVolumes(world, gate),
    ...memoryNetworks(world, gate),
    exec: (id, options) =>
      gate.write('exec', [id, options], () => {
        const container = findContainer(world, id);
        if (container === undefined) return noContainer(id);
        return startMemoryExec(world, container, options);
      }),
  };
}

/** Also what a hand would do by force: no state stands in its way. */
export function removeContainer(
  world: World,
  container: MemoryContainer,
  options: { readonly volumes: boolean },
): void {
  for (const cancel of container.cancel) cancel();
  container.state = 'removing';
  world.containers.delete(container.id);
  world.names.delete(container.name);
  tell(world, container, 'destroy');
  if (!options.volumes) return;
  for (const { name } of container.anonymousVolumes) {
    const used = [...world.containers.values()].some((other) =>
      other.anonymousVolumes.some((volume) => volume.name === name),
    );
    if (!used) world.volumes.delete(name);
  }
}

function createContainer(
  world: World,
  config: ContainerConfig,
  reattached: readonly AnonymousVolume[],
): Result<{ readonly id: string }> {
  if (!/^[A-Za-z0-9][\w.-]+$/.test(config.name)) {
    return failed('terminal', `Invalid container name (${config.name})`, 400);
  }
  for (const mount of config.mounts) {
    if (mount.kind === 'bind' && world.missingPaths.has(mount.source)) {
      const message = `invalid mount config for type "bind": bind source path does not exist: ${mount.source}`;
      return failed('terminal', message, 400);
    }
  }
  if (config.gpus?.injection === 'runtime' && world.runtimeIsGone) {
    return failed('terminal', runtimeError, 400);
  }
  const image = findImage(world, config.image);
  if (image === undefined) return failed('absent', `No such image: ${config.image}`, 404);
  const holder = world.names.get(config.name);
  if (holder !== undefined) {
    const message = `Conflict. The container name "/${config.name}" is already in use by container "${holder}".`;
    return failed('conflict', message, 409);
  }
  const covered = config.mounts.find(({ kind, target }) => kind === 'volume' && isFile(target));
  if (covered !== undefined) {
    const message = `source /var/lib/docker/overlay2/x/merged${covered.target} is not directory`;
    return failed('terminal', message, 500);
  }
  const id = world.newId();
  for (const mount of config.mounts) {
    if (mount.kind === 'volume') takeVolume(world, mount.source, {});
  }
  const container: MemoryContainer = {
    id,
    name: config.name,
    config: liveConfig(config, image),
    image,
    anonymousVolumes: anonymous(world, { id, config, image, reattached }),
    createdAt: world.clock.now(),
    claimByHand: null,
    excess: [],
    strays: [],
    state: 'created',
    health: 'none',
    healthIsPinned: false,
    lastCheck: null,
    exitCode: 0,
    oomKilled: false,
    error: '',
    networkId: null,
    startedAt: null,
    finishedAt: null,
    seed: null,
    log: [],
    written: new Set(),
    cancel: [],
    watchers: new Set(),
  };
  world.containers.set(id, container);
  world.names.set(container.name, id);
  tell(world, container, 'create');
  return ok({ id });
}

/** As an inspect shows it: the image stands in for all that the config left to it. */
const liveConfig = (config: ContainerConfig, image: ImageDefaults): ContainerConfig => ({
  ...config,
  entrypoint: config.entrypoint ?? image.entrypoint,
  command: config.command ?? (dropsCommand(config) ? [] : image.command),
  workdir: config.workdir ?? image.workdir,
  user: config.user ?? image.user,
  env: observedEnv({ ...image.env, ...config.env }, config.gpus),
  labels: { ...image.labels, ...config.labels },
  health: config.health ?? image.health,
  stopGraceMs: Math.ceil(config.stopGraceMs / 1000) * 1000,
});

const dropsCommand = (config: ContainerConfig): boolean =>
  config.entrypoint !== null && config.entrypoint.length > 0;

function anonymous(
  world: World,
  from: {
    readonly id: string;
    readonly config: ContainerConfig;
    readonly image: ImageDefaults;
    readonly reattached: readonly AnonymousVolume[];
  },
): MemoryContainer['anonymousVolumes'] {
  const { id, config, image, reattached } = from;
  const covered = new Set([
    ...config.mounts.map((mount) => mount.target),
    ...reattached.map((volume) => volume.target),
  ]);
  const fresh = image.volumes
    .filter((target) => !covered.has(target))
    .map((target) => ({ name: digest(`${id} ${target}`), target, reattached: false }));
  for (const { name } of fresh) takeVolume(world, name, {}, true);
  for (const { name } of reattached) takeVolume(world, name, {}, true);
  return [...reattached.map((volume) => ({ ...volume, reattached: true })), ...fresh];
}
