import type { DriftPolicy } from './context.ts';
import type { GpuWish } from './gpu.ts';
import type { IdleChoice } from './idle.ts';
import type { ImageChoice } from './image-choice.ts';
import type { SecretWish } from './secret.ts';

/**
 * The wish: one environment of one mlenv.yaml, with defaults laid in, units turned into numbers and
 * variables replaced. It holds secrets (environment values), so it lives in memory only: the record
 * keeps the text as the user wrote it (`RawEnvironment`) and resolves it again when it is needed.
 */
export interface Environment {
  readonly name: string;
  /** What runs. As long as `choice` is there, only what is asked for. */
  readonly image: string;
  /** What the file asks for, in one form: the image, or `pytorch@24.05`. */
  readonly asked: string;
  /** To be looked up in the catalogue; null: `image` is an image. */
  readonly choice: ImageChoice | null;
  readonly pull: 'missing' | 'always' | 'never';
  /** null: the image's own. Given, it drops the image's command, as in Docker. */
  readonly entrypoint: readonly string[] | null;
  readonly command: readonly string[] | null;
  readonly init: boolean;
  readonly workdir: string | null;
  readonly user: UserWish;
  readonly env: Readonly<Record<string, string>>;
  readonly ports: readonly PortWish[];
  readonly workspace: WorkspaceWish | null;
  readonly mounts: readonly MountWish[];
  readonly secrets: readonly SecretWish[];
  readonly shmBytes: number;
  /** Cores; null: no limit. */
  readonly cpus: number | null;
  readonly memoryBytes: number | null;
  readonly pids: number | null;
  /** null: no card. */
  readonly gpus: GpuWish | null;
  /** What becomes of a container that its cards were lost to. */
  readonly onGpuLost: 'recreate' | 'recreateWhenIdle' | 'report';
  /** At most 0: who asks with less lets all others go first. */
  readonly priority: number;
  readonly ulimits: readonly UlimitWish[];
  readonly logs: LogLimits;
  /** false: no network at all. */
  readonly network: boolean;
  readonly health: HealthWish | null;
  readonly restart: 'on-failure' | 'always' | 'never';
  /** So many restarts after failures, then it is Failed; null: no limit. */
  readonly restartLimit: number | null;
  /** One run takes at most so long; null: no limit. */
  readonly timeoutMs: number | null;
  /** Whether a change runs a job again that has ended; `never` beside any other restart than `never`. */
  readonly rerun: 'onChange' | 'never';
  readonly stopGraceMs: number;
  readonly dependsOn: readonly DependencyWish[];
  /** What goes with its container once it has vanished from the file. */
  readonly prunePolicy: 'keep-volumes' | 'remove-volumes';
  readonly updates: Updates;
  readonly idle: IdleChoice;
  /** From its start, restarts counted in; null: no limit. */
  readonly maxLifetimeMs: number | null;
  readonly state: 'running' | 'stopped';
  readonly labels: Readonly<Record<string, string>>;
  /** Hash of what the user wrote and of the values it took in: `mle1:<hex>`. */
  readonly digest: string;
}

/** When a change that needs a new container is made: at once, once nobody uses it, or on a person's word. */
export type Updates = 'auto' | 'whenIdle' | 'manual';

export type UserWish =
  | { readonly kind: 'host' }
  | { readonly kind: 'image' }
  | { readonly kind: 'ids'; readonly uid: number; readonly gid: number };

export interface PortWish {
  readonly container: number;
  readonly protocol: 'tcp' | 'udp';
  readonly host: number | 'auto';
  readonly hostIp: string;
}

/** The project's folder inside the container. */
export interface WorkspaceWish {
  readonly target: string;
  readonly readOnly: boolean;
  /**
   * What another commit of a project that follows a remote does to a container whose own part of the file
   * did not change: `keep`: it keeps the files that it was made with; `recreate`: it is made anew.
   */
  readonly update: 'keep' | 'recreate';
}

export type MountWish =
  /** `source` is absolute and was proven to lie below the project's folder or a mount root. */
  | {
      readonly kind: 'bind';
      readonly source: string;
      readonly target: string;
      readonly readOnly: boolean;
    }
  /** `volume` is the name in the file; the engine's name is scoped to the project. */
  | {
      readonly kind: 'volume';
      readonly volume: string;
      readonly target: string;
      readonly readOnly: boolean;
    }
  | { readonly kind: 'tmpfs'; readonly target: string; readonly sizeBytes: number | null };

export interface Ulimit {
  readonly name: string;
  /** -1: unlimited. */
  readonly soft: number;
  readonly hard: number;
}

export interface UlimitWish extends Ulimit {
  /** Not the file's own: left out on an engine that may not raise limits. */
  readonly byDefault: boolean;
}

export interface LogLimits {
  readonly maxBytes: number;
  readonly maxFiles: number;
}

export interface HealthWish {
  readonly probe:
    | { readonly kind: 'command'; readonly argv: readonly string[] }
    /** Asked from inside the container, at 127.0.0.1. */
    | { readonly kind: 'http'; readonly port: number; readonly path: string };
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly startPeriodMs: number;
  /** What becomes of it when it stays unhealthy. */
  readonly onUnhealthy: 'restart' | 'restartWhenIdle' | 'report';
  /** For so long. */
  readonly graceMs: number;
}

export interface DependencyWish {
  readonly environment: string;
  readonly condition: 'started' | 'healthy' | 'completed';
}

/** One file, read whole. */
export interface ProjectWish {
  readonly name: string;
  readonly driftPolicy: DriftPolicy;
  readonly environments: readonly ResolvedEnvironment[];
}

export interface ResolvedEnvironment {
  readonly wish: Environment;
  readonly raw: RawEnvironment;
}

/**
 * An environment as the user wrote it, with the file's own `defaults` merged beneath and variables
 * not yet replaced: what the digest covers and what the record may keep.
 */
export type RawEnvironment = Readonly<Record<string, unknown>>;
