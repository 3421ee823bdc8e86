import type {
  AnonymousVolume,
  ContainerConfig,
  ImageDefaults,
  ListedContainer,
  ObservedContainer,
  ResourceUpdate,
} from './container.ts';
import type { ListedImage } from './catalogue.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { ProjectWish, RawEnvironment, ResolvedEnvironment } from './environment.ts';
import type { Result } from './failure.ts';
import type { GpuClaim } from './gpu.ts';
import type { Owner } from './record.ts';
import type { EngineInfo } from './snapshot.ts';
import type { ContainerSeed, VolumeSeed } from './step.ts';

/**
 * Reads of one engine. Every call has a deadline of its own inside and ends with a value: an engine
 * that does not answer is a `retry` or `unknown` failure, never a promise that stays open.
 */
export interface EngineReader {
  info(): Promise<Result<EngineInfo>>;
  /** All states, running or not. A container must bear every label given; '' matches any value. */
  list(labels: Readonly<Record<string, string>>): Promise<Result<readonly ListedContainer[]>>;
  inspect(idOrName: string): Promise<Result<ObservedContainer>>;
  image(reference: string): Promise<Result<ImageDefaults>>;
  /** All that have a tag or can be pulled again, with whether a container is made of them. */
  images(): Promise<Result<readonly ListedImage[]>>;
  networks(labels: Readonly<Record<string, string>>): Promise<Result<readonly ObservedNetwork[]>>;
  volumes(labels: Readonly<Record<string, string>>): Promise<Result<readonly ObservedVolume[]>>;
  /** Containers that run and were given cards, ours and others'. */
  gpuClaims(): Promise<Result<readonly GpuClaim[]>>;
  /** What removing this container would lose: paths changed against its image. */
  writableLayer(id: string): Promise<Result<WritableLayer>>;
  /** Ends when the log ends (or, following, when the container does) or the signal fires. */
  logs(id: string, options: LogOptions, signal: AbortSignal): AsyncIterable<LogChunk>;
  /** Ends, without throwing, when the connection is lost or the signal fires. */
  events(signal: AbortSignal): AsyncIterable<EngineEvent>;
}

/** Changes to one engine. "Already so" is success. */
export interface EngineWriter {
  create(
    config: ContainerConfig,
    anonymousVolumes: readonly AnonymousVolume[],
  ): Promise<Result<{ readonly id: string }>>;
  start(id: string): Promise<Result<void>>;
  /** Resolves when the container was asked; the deadline covers the grace period. */
  stop(id: string, graceMs: number): Promise<Result<void>>;
  unpause(id: string): Promise<Result<void>>;
  remove(id: string, options: { readonly volumes: boolean }): Promise<Result<void>>;
  update(id: string, resources: ResourceUpdate): Promise<Result<void>>;
  /** Takes it off a network that it is not to be in. */
  disconnect(id: string, network: string): Promise<Result<void>>;
  /** Writes accounts and gives `chown` targets to the owner, in a container that has not run. */
  seed(id: string, seed: ContainerSeed, chown: readonly string[]): Promise<Result<void>>;
  pull(
    reference: string,
    onProgress: (progress: PullProgress) => void,
    signal: AbortSignal,
  ): Promise<Result<void>>;
  /** Takes this name away, and the image with its last one. Refused while a container is made of it. */
  removeImage(reference: string): Promise<Result<void>>;
  /** One that is there already stays as it is. */
  createVolume(volume: VolumeSeed): Promise<Result<void>>;
  removeVolume(name: string): Promise<Result<void>>;
  createNetwork(network: NetworkWish): Promise<Result<void>>;
  removeNetwork(name: string): Promise<Result<void>>;
  exec(id: string, options: ExecOptions): Promise<Result<ExecSession>>;
}

export interface NetworkWish {
  readonly name: string;
  /** CIDR */
  readonly subnet: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ObservedNetwork {
  readonly id: string;
  readonly name: string;
  readonly subnet: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ObservedVolume {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface WritableLayer {
  /** At most 20 of them; `total` counts all. */
  readonly paths: readonly string[];
  readonly total: number;
}

export interface LogOptions {
  readonly follow: boolean;
  /** Lines from the end; null: all. With `until` the engine counts those after it as well. */
  readonly tail: number | null;
  /** Milliseconds since the epoch by the engine's clock; null or left out: from the beginning. */
  readonly since?: number | null;
  /** Not of that moment itself any more; null or left out: to the end. */
  readonly until?: number | null;
  /** Told why, where it ends before the log does. */
  readonly onFault?: (why: string) => void;
}

export interface LogChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Uint8Array;
}

export interface PullProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** A hint that something happened to a container, image, network or volume; never a fact to decide on. */
export interface EngineEvent {
  readonly type: 'container' | 'image' | 'network' | 'volume' | 'daemon';
  readonly action: string;
  readonly id: string;
  readonly at: number;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ExecOptions {
  readonly argv: readonly string[];
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly columns: number | null;
  readonly rows: number | null;
}

export interface ExecSession {
  /** Raw with a TTY; parted into the two streams without one. */
  readonly output: AsyncIterable<LogChunk>;
  write(data: Uint8Array): void;
  endInput(): void;
  resize(columns: number, rows: number): Promise<void>;
  /** The command's exit code, once the output has ended. */
  exitCode(): Promise<Result<number>>;
  close(): void;
}

/** Text → wish, as a port, so that reconcile knows neither YAML nor the file system. */
export interface SpecReader {
  /** Reads and resolves the project in `folder`. Where its file gives no name, it has that of the folder, or `called`. */
  read(folder: string, called?: string): Promise<SpecRead>;
  /** Fills in a recorded text again (env files and variables are read afresh). */
  resolve(raw: RawEnvironment, name: string, folder: string): Promise<Result<ResolvedEnvironment>>;
  /** Folders that hold a spec where the pattern has them. A failed listing is a failure, never an empty list. */
  discover(pattern: string): Promise<Result<Discovered>>;
}

export interface Discovered {
  readonly folders: readonly string[];
  /** Why some may be missing; null: these are all. */
  readonly cut: string | null;
}

export interface FolderIdentity {
  /** realpath */
  readonly path: string;
  readonly device: string;
  /** With the time of birth, as inodes are used again. */
  readonly inode: string;
  readonly owner: Owner;
}

export type SpecRead =
  | { readonly kind: 'valid'; readonly folder: FolderIdentity; readonly wish: ProjectWish }
  | {
      readonly kind: 'invalid';
      readonly folder: FolderIdentity;
      readonly diagnostics: readonly Diagnostic[];
    }
  /** Somebody else than its owner may decide what lies there, so that nothing in it counts. */
  | { readonly kind: 'untrusted'; readonly folder: FolderIdentity; readonly message: string }
  /** The folder could be listed and has no spec. */
  | { readonly kind: 'no-file'; readonly folder: FolderIdentity }
  /** The folder itself is gone, and its parent could be listed. */
  | { readonly kind: 'no-folder' }
  /** Nobody can say: permissions, I/O, a race. Never read as absence. `folder`: as far as it was seen. */
  | { readonly kind: 'unreadable'; readonly message: string; readonly folder?: FolderIdentity };

/** Time as an argument. `setTimer` returns its cancel. */
export interface Clock {
  now(): number;
  setTimer(ms: number, run: () => void): () => void;
}

/** Chance as an argument. */
export interface Random {
  /** In [0, 1). */
  fraction(): number;
  /** Lower-case hexadecimal digits. */
  hex(digits: number): string;
}

/** Looked at once more, just before the engine mounts them. */
export interface MountSources {
  /** Why one of them may not be mounted into a container of the project in `folder`; null: all may. */
  check(folder: string, sources: readonly BindSource[]): Promise<string | null>;
}

export interface BindSource {
  /** On the host. */
  readonly source: string;
  readonly readOnly: boolean;
}

/** Holds what is about to be mounted, and tells afterwards whether that is what was mounted. */
export interface MountWitness {
  hold(
    sources: readonly BindSource[],
  ): Promise<
    | { readonly kind: 'held'; readonly held: HeldSources }
    | { readonly kind: 'changed'; readonly message: string }
  >;
}

export interface HeldSources {
  /** What the container has in place of one of them; null: it has them all, or nobody can look. */
  compare(containerId: string): Promise<string | null>;
  release(): Promise<void>;
}

/** Which host ports are free to bind now, of those asked for. */
export interface HostPorts {
  free(ports: readonly HostPort[]): Promise<readonly boolean[]>;
}

export interface HostPort {
  readonly hostIp: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}
