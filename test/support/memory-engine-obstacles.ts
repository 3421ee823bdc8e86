import { failed, type Result } from '../../controller/model/failure.ts';
import { gpuHookError, needsGpuHook } from './memory-engine-gpus.ts';
import { behaviourOf } from './memory-engine-shell.ts';
import type { MemoryContainer, World } from './memory-engine-world.ts';

export interface Obstacle {
  readonly kind: 'terminal' | 'conflict' | 'retry';
  readonly message: string;
  readonly status: number;
  /** null: the engine refused before it wrote anything on the container. */
  readonly exitCode: number | null;
}

export const refusal = ({ kind, message, status }: Obstacle): Result<never> =>
  failed(kind, message, status);

/** What a start meets, in the words of Docker 20.10.24. */
export function obstacleTo(world: World, container: MemoryContainer): Obstacle | null {
  const { config } = container;
  if (config.gpus?.injection === 'runtime' && world.runtimeIsGone) {
    return { kind: 'terminal', message: runtimeError, status: 400, exitCode: null };
  }
  const mount = mountObstacle(world, container);
  if (mount !== null) return mount.status === 404 ? { ...mount, status: 400 } : mount;
  const network = networkObstacle(world, container);
  if (network !== null) return network;
  const taken = config.network === null ? undefined : config.ports.find(isTaken(world));
  if (taken !== undefined) {
    const message = `driver failed programming external connectivity: Bind for ${taken.hostIp}:${taken.host} failed: port is already allocated`;
    return { kind: 'conflict', message, status: 500, exitCode: 128 };
  }
  if (world.gpuHookFails && needsGpuHook(container)) {
    return { kind: 'retry', message: gpuHookError, status: 500, exitCode: 128 };
  }
  const lost = config.gpus?.ids.find((id) => world.lostGpus.has(id));
  if (lost !== undefined && needsGpuHook(container)) {
    const message = `failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error running hook #0: exit status 1, stdout: , stderr: nvidia-container-cli: device error: ${lost}: unknown device: unknown`;
    return { kind: 'terminal', message, status: 500, exitCode: 128 };
  }
  const does = behaviourOf(argvOf(container));
  if (does.kind === 'missing' && !config.init) {
    const message = `OCI runtime create failed: exec: "${does.program}": executable file not found in $PATH`;
    return { kind: 'terminal', message, status: 400, exitCode: 127 };
  }
  return null;
}

/** What the engine mounts for a copy into the container as well as for a start. */
export function mountObstacle(world: World, container: MemoryContainer): Obstacle | null {
  for (const mount of container.config.mounts) {
    if (mount.kind === 'tmpfs') continue;
    const { kind, source, target } = mount;
    if (kind === 'bind' && world.missingPaths.has(source)) {
      const message = `invalid mount config for type "bind": bind source path does not exist: ${source}`;
      return { kind: 'terminal', message, status: 404, exitCode: null };
    }
    if (kind === 'volume' && (world.lostVolumes.has(source) || !world.volumes.has(source))) {
      const folder = `/var/lib/docker/volumes/${source}`;
      const message = `error evaluating symlinks from mount source "${folder}/_data": lstat ${folder}: no such file or directory`;
      return { kind: 'terminal', message, status: 500, exitCode: 128 };
    }
    if (kind === 'bind' && isFile(target)) {
      const message = `failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error mounting "${source}" to rootfs at "${target}": mount ${source}:${target}, flags: 0x5000: not a directory: unknown`;
      return { kind: 'terminal', message, status: 400, exitCode: 127 };
    }
  }
  return null;
}

/** Files of every image here: no folder can be mounted there. */
export const isFile = (target: string): boolean => target === '/etc/os-release';

export const runtimeError = 'Unknown runtime specified nvidia';

function networkObstacle(world: World, container: MemoryContainer): Obstacle | null {
  const { config, networkId, name } = container;
  if (config.network === null) return null;
  const there = world.networks.get(config.network.name);
  if (there === undefined || (networkId !== null && networkId !== there.id)) {
    const message = `network ${networkId ?? config.network.name} not found`;
    return { kind: 'terminal', message, status: 404, exitCode: 128 };
  }
  if (world.deadNetworks.has(there.id)) {
    const bridge = `br-${there.id.slice(0, 12)}`;
    const message = `failed to create endpoint ${name} on network ${config.network.name}: adding interface veth${world.newId().slice(0, 7)} to bridge ${bridge} failed: could not find bridge ${bridge}: route ip+net: no such network interface`;
    return { kind: 'terminal', message, status: 500, exitCode: 128 };
  }
  return null;
}

const isTaken =
  (world: World) =>
  (port: MemoryContainer['config']['ports'][number]): boolean =>
    world.occupiedPorts.has(`${port.host}/${port.protocol}`) ||
    [...world.containers.values()].some(
      (other) =>
        isUp(other) &&
        other.config.network !== null &&
        other.config.ports.some(
          (held) =>
            held.host === port.host &&
            held.protocol === port.protocol &&
            (held.hostIp === port.hostIp || isAny(held.hostIp) || isAny(port.hostIp)),
        ),
    );

const isAny = (hostIp: string): boolean => hostIp === '' || hostIp === '0.0.0.0';

export const argvOf = (container: MemoryContainer): readonly string[] => [
  ...(container.config.entrypoint ?? []),
  ...(container.config.command ?? []),
];

export const isUp = (container: MemoryContainer): boolean =>
  container.state === 'running' || container.state === 'paused' || container.state === 'restarting';
