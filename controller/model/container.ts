import type { LogLimits, Ulimit } from './environment.ts';
import type { GpuInjection } from './gpu.ts';
import type { LastCheck } from './health.ts';
import type { PolicyRuleId } from './policy.ts';

/**
 * The whole of what MLEnv may ask of an engine for one container: the create payload is built from
 * these fields and from nothing else. null means "as the image has it".
 */
export interface ContainerConfig {
  readonly name: string;
  readonly image: string;
  readonly entrypoint: readonly string[] | null;
  readonly command: readonly string[] | null;
  readonly init: boolean;
  readonly workdir: string | null;
  /** "uid:gid" */
  readonly user: string | null;
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly ports: readonly PortBinding[];
  readonly mounts: readonly Mount[];
  readonly shmBytes: number;
  readonly cpus: number | null;
  readonly memoryBytes: number | null;
  readonly pids: number | null;
  /** null: none, and the container is told so: NVIDIA's images bake in NVIDIA_VISIBLE_DEVICES=all. */
  readonly gpus: GpuAccess | null;
  readonly ulimits: readonly Ulimit[];
  readonly logs: LogLimits;
  /** Of the kernel, without CAP_: taken away, and given back of those. */
  readonly capDrop: readonly string[];
  readonly capAdd: readonly string[];
  /** null: no network. */
  readonly network: { readonly name: string; readonly alias: string } | null;
  readonly health: HealthCheck | null;
  readonly stopGraceMs: number;
}

export interface GpuAccess {
  /** `GPU-…` and `MIG-…`, sorted. */
  readonly ids: readonly string[];
  readonly injection: GpuInjection;
}

export interface PortBinding {
  readonly container: number;
  readonly protocol: 'tcp' | 'udp';
  readonly hostIp: string;
  readonly host: number;
}

export type Mount =
  | {
      readonly kind: 'bind';
      readonly source: string;
      readonly target: string;
      readonly readOnly: boolean;
    }
  /** `source` is the engine's volume name. */
  | {
      readonly kind: 'volume';
      readonly source: string;
      readonly target: string;
      readonly readOnly: boolean;
    }
  | { readonly kind: 'tmpfs'; readonly target: string; readonly sizeBytes: number | null };

/** What it takes from the host's own files. */
export const bindsOf = (
  mounts: readonly Mount[],
): readonly { readonly source: string; readonly readOnly: boolean }[] =>
  mounts.flatMap((mount) =>
    mount.kind === 'bind' ? [{ source: mount.source, readOnly: mount.readOnly }] : [],
  );

/** As Docker has it: run inside the container, healthy when it exits with 0. */
export interface HealthCheck {
  readonly argv: readonly string[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly startPeriodMs: number;
}

/** The fields that a running container can take without being recreated. */
export interface ResourceUpdate {
  readonly cpus?: number;
  readonly memoryBytes?: number;
  readonly pids?: number;
  /** Strays to put back to what is usual. */
  readonly usual?: readonly string[];
}

export type ContainerState =
  'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';

export type ContainerHealth = 'none' | 'starting' | 'healthy' | 'unhealthy';

/** One container as a single `inspect` showed it, in our words. */
export interface ObservedContainer {
  readonly id: string;
  readonly name: string;
  readonly state: ContainerState;
  readonly health: ContainerHealth;
  /** null: it has no health check, or none has come back yet. */
  readonly lastCheck: LastCheck | null;
  /** On its network, where the engine runs; null: it has none. */
  readonly address: string | null;
  readonly exitCode: number;
  /** Of what runs: the kernel ended one of its processes, and not the first. */
  readonly oomKilled: boolean;
  /** What the engine said of a start that failed; '' where nothing. */
  readonly error: string;
  /** Milliseconds since the epoch; null: never. */
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly imageId: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Live values: what the image supplied stands in them, nothing is null that the engine told. */
  readonly config: ContainerConfig;
  /** What the image supplies; null where the image is gone. */
  readonly image: ImageDefaults | null;
  /** Rights that MLEnv asks for no container, and this one has. */
  readonly excess: readonly Excess[];
  /** What a hand changed that no file says anything of. */
  readonly strays: readonly Stray[];
  /** The image's own volumes, which a recreate attaches again. */
  readonly anonymousVolumes: readonly AnonymousVolume[];
}

export interface Excess {
  readonly rule: PolicyRuleId;
  /** `it is privileged` */
  readonly message: string;
}

/** A value that MLEnv asks for in every container alike, and this one has another. */
export interface Stray {
  /** `restartPolicy`, `cpuShares`, `networks`. */
  readonly field: string;
  readonly value: string;
  readonly usual: string;
  readonly cure: 'update' | 'disconnect' | 'recreate';
}

export interface AnonymousVolume {
  readonly name: string;
  readonly target: string;
}

/** What an image puts into a container that the file does not mention. */
export interface ImageDefaults {
  readonly id: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly workdir: string;
  readonly user: string;
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly health: HealthCheck | null;
  /** Mount targets of the image's VOLUME lines. */
  readonly volumes: readonly string[];
}

/** One line of a list: enough to know what is there and whether an inspect is due. */
export interface ListedContainer {
  readonly id: string;
  readonly name: string;
  readonly state: ContainerState;
  readonly health: ContainerHealth;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What of its file a container is. */
export interface ContainerVersion {
  readonly generation: number;
  readonly digest: string;
  readonly revision: string;
}
