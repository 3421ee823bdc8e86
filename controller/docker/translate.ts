import type {
  AnonymousVolume,
  ContainerConfig,
  GpuAccess,
  HealthCheck,
  Mount,
  PortBinding,
  ResourceUpdate,
} from '../model/container.ts';

export interface CreateRequest {
  readonly config: ContainerConfig;
  readonly anonymousVolumes: readonly AnonymousVolume[];
  /** Whether the kernel counts swap. */
  readonly swapLimit: boolean;
}

/**
 * The create body, named field by field: nothing reaches the engine that does not stand here.
 * Mounts and never Binds, as a bind with a missing source would make a folder that root owns.
 */
export function createBody({ config, anonymousVolumes, swapLimit }: CreateRequest): object {
  return {
    Image: config.image,
    ...(config.entrypoint === null ? {} : { Entrypoint: [...config.entrypoint] }),
    ...(config.command === null ? {} : { Cmd: [...config.command] }),
    ...(config.workdir === null ? {} : { WorkingDir: config.workdir }),
    ...(config.user === null ? {} : { User: config.user }),
    ...(config.health === null ? {} : { Healthcheck: healthBody(config.health) }),
    Env: Object.entries({ ...config.env, ...gpuEnv(config.gpus) }).map(
      ([name, value]) => `${name}=${value}`,
    ),
    Labels: { ...config.labels },
    ExposedPorts: Object.fromEntries(config.ports.map((port) => [portKey(port), {}])),
    StopTimeout: wholeSeconds(config.stopGraceMs),
    HostConfig: {
      Init: config.init,
      Mounts: [...config.mounts.map(mountBody), ...anonymousVolumes.map(reattached)],
      PortBindings: portBindings(config.ports),
      PublishAllPorts: false,
      NetworkMode: config.network === null ? 'none' : config.network.name,
      // Restarts are decided by MLEnv alone; two deciders would fight.
      RestartPolicy: { Name: 'no' },
      LogConfig: {
        Type: 'json-file',
        Config: {
          'max-size': String(config.logs.maxBytes),
          'max-file': String(config.logs.maxFiles),
        },
      },
      ShmSize: config.shmBytes,
      Ulimits: config.ulimits.map(({ name, soft, hard }) => ({
        Name: name,
        Soft: soft,
        Hard: hard,
      })),
      CgroupnsMode: 'private',
      SecurityOpt: ['no-new-privileges:true'],
      CapDrop: [...config.capDrop],
      CapAdd: [...config.capAdd],
      ...gpuBody(config.gpus),
      ...resourceBody(
        {
          ...(config.cpus === null ? {} : { cpus: config.cpus }),
          ...(config.memoryBytes === null ? {} : { memoryBytes: config.memoryBytes }),
          ...(config.pids === null ? {} : { pids: config.pids }),
        },
        swapLimit,
      ),
    },
    ...(config.network === null
      ? {}
      : {
          NetworkingConfig: {
            EndpointsConfig: { [config.network.name]: { Aliases: [config.network.alias] } },
          },
        }),
  };
}

/** The variable by which NVIDIA's hook decides; their images bake in `all`, so that it is never left out. */
export const visibleDevices = 'NVIDIA_VISIBLE_DEVICES';
export const driverCapabilities = 'NVIDIA_DRIVER_CAPABILITIES';
/** What a container may use of a driver. */
const capabilities = ['compute', 'utility'];
export const cdiPrefix = 'nvidia.com/gpu=';

/** `void`: no card, and no files of the driver either. */
const gpuEnv = (gpus: GpuAccess | null): Readonly<Record<string, string>> => ({
  [visibleDevices]: gpus === null ? 'void' : gpus.ids.join(','),
  ...(gpus?.injection === 'runtime' ? { [driverCapabilities]: capabilities.join(',') } : {}),
});

/** By id, never by Count: the engine takes the first so many, whether they are free or not. */
const gpuBody = (gpus: GpuAccess | null): object => {
  if (gpus === null) return {};
  switch (gpus.injection) {
    case 'device-request':
      return {
        DeviceRequests: [
          {
            Driver: 'nvidia',
            Count: 0,
            DeviceIDs: [...gpus.ids],
            Capabilities: [['gpu', ...capabilities]],
            Options: {},
          },
        ],
      };
    case 'cdi':
      return {
        DeviceRequests: [{ Driver: 'cdi', DeviceIDs: gpus.ids.map((id) => `${cdiPrefix}${id}`) }],
      };
    case 'runtime':
      return { Runtime: 'nvidia' };
    case 'none':
      return {};
    default:
      return gpus.injection satisfies never;
  }
};

/** For create and update alike. Swap is bounded with memory, else a limit of 8 GB would mean 16. */
export function resourceBody(resources: ResourceUpdate, swapLimit: boolean): object {
  const { cpus, memoryBytes, pids } = resources;
  return {
    ...(cpus === undefined ? {} : { NanoCpus: Math.round(cpus * nanoCpus) }),
    ...(memoryBytes === undefined ? {} : { Memory: memoryBytes }),
    ...(memoryBytes === undefined || !swapLimit ? {} : { MemorySwap: memoryBytes }),
    ...(pids === undefined ? {} : { PidsLimit: pids }),
  };
}

/** The engine counts grace in whole seconds: never less than was asked for. */
export const wholeSeconds = (ms: number): number => Math.ceil(ms / 1000);

export const nanoCpus = 1e9;
export const nanosPerMs = 1e6;

const portKey = ({ container, protocol }: PortBinding): string => `${container}/${protocol}`;

function portBindings(ports: readonly PortBinding[]): object {
  const bindings: Record<string, object[]> = {};
  for (const port of ports) {
    (bindings[portKey(port)] ??= []).push({ HostIp: port.hostIp, HostPort: String(port.host) });
  }
  return bindings;
}

function mountBody(mount: Mount): object {
  switch (mount.kind) {
    case 'bind':
    case 'volume':
      return {
        Type: mount.kind,
        Source: mount.source,
        Target: mount.target,
        ReadOnly: mount.readOnly,
      };
    case 'tmpfs':
      return {
        Type: 'tmpfs',
        Target: mount.target,
        ...(mount.sizeBytes === null ? {} : { TmpfsOptions: { SizeBytes: mount.sizeBytes } }),
      };
    default:
      return mount satisfies never;
  }
}

const reattached = ({ name, target }: AnonymousVolume): object => ({
  Type: 'volume',
  Source: name,
  Target: target,
  ReadOnly: false,
});

const healthBody = (health: HealthCheck): object => ({
  Test: ['CMD', ...health.argv],
  Interval: health.intervalMs * nanosPerMs,
  Timeout: health.timeoutMs * nanosPerMs,
  Retries: health.retries,
  StartPeriod: health.startPeriodMs * nanosPerMs,
});
