/* Generated from schema/mlenv.schema.json by `UPDATE=1 vitest run test/specs/types.test.ts`. */

/**
 * Name
 */
export type SpecName = string;
/**
 * Command line
 */
export type SpecArgv = string | SpecText[];
/**
 * Text value. Numbers and booleans are taken as they are written, where that reads back the same; quote versions ("3.10").
 */
export type SpecText = string | number | boolean;
/**
 * Path in the container
 */
export type SpecAbsolutePath = string;
/**
 * Published port
 */
export type SpecPort = SpecPortNumber | string | SpecPortMap;
/**
 * Port number
 */
export type SpecPortNumber = number;
/**
 * Workspace
 */
export type SpecWorkspace = boolean | SpecAbsolutePath | SpecWorkspaceMap;
/**
 * Mount
 */
export type SpecMount = SpecBindMount | SpecVolumeMount | SpecTmpfsMount;
/**
 * Size. A number with a unit: B, KB, MB, GB, TB (also K, KiB, Ki and so on, in any case). GB is 2^30 bytes, as in Docker.
 */
export type SpecSize = string;
/**
 * Secret
 */
export type SpecSecret = SpecSecretName | SpecSecretMap;
/**
 * Name
 */
export type SpecSecretName = string;
/**
 * Cards
 */
export type SpecGpus = number | 'all' | SpecGpuMap;
/**
 * How many
 */
export type SpecGpuCount = number | 'all';
/**
 * Model
 */
export type SpecGpuModel = string | string[];
/**
 * Card
 */
export type SpecGpuDevice = number | string;
/**
 * Ulimit
 */
export type SpecUlimit = number | 'unlimited' | SpecUlimitMap;
/**
 * Limit
 */
export type SpecUlimitNumber = number | 'unlimited';
/**
 * Duration. Numbers with units: ms, s, m, h, d; one after the other they add up (1h30m).
 */
export type SpecDuration = string;
/**
 * on-failure, always or never
 */
export type SpecRestartWhen = 'on-failure' | 'always' | 'never';
/**
 * Dependencies
 */
export type SpecDependsOn =
  | string[]
  | {
      /**
       * Condition
       */
      [k: string]: 'started' | 'healthy' | 'completed' | undefined;
    };
/**
 * Below a percentage
 */
export type SpecBelowPercent = string;

/**
 * Spec file. One project's mlenv.yaml: the environments that MLEnv turns into containers and keeps so.
 */
export interface SpecFile {
  /**
   * Version of the file's format. Always mlenv/v1. A newer one is refused by an older MLEnv, so that no field is ignored in silence.
   */
  apiVersion: 'mlenv/v1';
  project?: SpecName;
  /**
   * What becomes of what hands do to containers. repair: a container that somebody stopped, paused, renamed, removed or changed the limits of with docker is made again as the file says. report: that is only told, as DriftReported, until mlenv up or mlenv restart. A process that ends by itself, and an engine or host that went down, are no hands.
   */
  driftPolicy?: 'repair' | 'report';
  defaults?: SpecEnvironment;
  /**
   * The environments. Each one becomes one container. The key is its name, and its DNS name in the project's network.
   */
  environments: {
    [k: string]: SpecEnvironment | undefined;
  };
}
/**
 * Environment. One container, as you wish it.
 */
export interface SpecEnvironment {
  /**
   * Image. As docker pull takes it. A name of the catalogue with a version, or a map of what it must have, is looked up once: the digest that is found stays until this text changes. The one field that an environment must have, from itself or from defaults.
   */
  image?: string | SpecImageMap;
  /**
   * When to pull the image. missing: when this machine does not have it. always: before every new container. never: somebody else brings it.
   */
  pull?: 'missing' | 'always' | 'never';
  entrypoint?: SpecArgv;
  command?: SpecArgv;
  /**
   * Init process. A tiny first process that passes signals on and reaps what ended.
   */
  init?: boolean;
  workdir?: SpecAbsolutePath;
  /**
   * User. host: the owner of the project's folder, with an account and a home in the container, so that new files are the owner's. image: as the image says. Or ids, "uid:gid"; a uid alone is also the gid.
   */
  user?: string | number;
  /**
   * Environment variables. Stand above those of envFile.
   */
  env?: {
    [k: string]: SpecText | undefined;
  };
  /**
   * Files with environment variables. One path or several, below the project's folder; later ones stand above earlier ones. Lines are KEY=VALUE; nothing is replaced in them. An ordinary file, or a link that stays in the folder; where a system's instance reads it, one that belongs to the folder's owner and that nobody else may write to.
   */
  envFile?: string | string[];
  /**
   * Published ports. 8888 is port 8888 on the host as well; "6006:16006" is host:container; a map says more. Bound to 127.0.0.1 unless told otherwise, which every local user of the machine reaches.
   *
   * @maxItems 256
   */
  ports?: SpecPort[];
  workspace?: SpecWorkspace;
  /**
   * Mounts. Each is one of source (a path of the project), volume (a named volume) or tmpfs: true (memory), with a target.
   *
   * @maxItems 64
   */
  mounts?: SpecMount[];
  /**
   * Secrets. Names of files that the owner of the project's folder keeps in ~/.config/mlenv/secrets, with mode 600. The container finds them in /run/secrets, in memory. It waits while one is missing.
   *
   * @maxItems 64
   */
  secrets?: SpecSecret[];
  shm?: SpecSize;
  /**
   * CPU cores. Left out, no limit.
   */
  cpus?: number | string;
  memory?: SpecSize;
  /**
   * Processes and threads. unlimited takes the limit away.
   */
  pids?: number | 'unlimited';
  gpus?: SpecGpus;
  /**
   * Place in the queue. Below 0 it lets all others go first.
   */
  priority?: number;
  ulimits?: SpecUlimits;
  logs?: SpecLogs;
  /**
   * Network. true: the project's own bridge, where the environments reach each other by name. false: none at all.
   */
  network?: boolean;
  health?: SpecHealth;
  /**
   * When to start it again. A word, or a map that also limits how often. on-failure: when it ends with an error. always: whenever it ends. never: it runs once.
   */
  restart?: SpecRestartWhen | SpecRestart;
  timeout?: SpecDuration;
  /**
   * When a job that ended runs again by itself. never: only mlenv restart runs it again. onChange: it also runs again when what it is made of changed in the file: image, command, mounts and so on. Only with restart: never.
   */
  rerun?: 'onChange' | 'never';
  stopGrace?: SpecDuration;
  dependsOn?: SpecDependsOn;
  /**
   * What goes with it when it vanishes from the file. keep-volumes: its container alone. remove-volumes: also its home and the volumes that nothing else in the project mounts, after the grace. Folders are never removed, and mlenv rm asks for itself.
   */
  prunePolicy?: 'keep-volumes' | 'remove-volumes';
  /**
   * Changes that need a new container. auto: at once. whenIdle: they wait until nobody has used it for the time of idle.after (1h without), until it ends, or for mlenv approve. manual: they wait until it ends or you run mlenv approve. Left out: manual with restart: never, whenIdle with gpus, else auto.
   */
  updates?: 'auto' | 'whenIdle' | 'manual';
  /**
   * What becomes of it when nobody uses it. A duration, or a map. Every signal has to stay below its limit all the time, and what cannot be measured is not idle; an open terminal and a busy Jupyter kernel count as use. It is warned of first, and mlenv keep puts it off. false: never, whatever the host's default is.
   */
  idle?: false | SpecDuration | SpecIdle;
  maxLifetime?: SpecDuration;
  /**
   * Whether it is to run
   */
  state?: 'running' | 'stopped';
  labels?: SpecTextMap;
}
/**
 * Image map
 */
export interface SpecImageMap {
  /**
   * Name in the catalogue. The end of a repository, in whole parts; mlenv images list shows them.
   */
  framework?: string;
  /**
   * Version. The beginning of a tag, in whole parts: 24.05 is 24.05-py3. Left out, the newest that fits.
   */
  version?: string;
  /**
   * Version of CUDA. One, or bounds that must all hold. Major and minor are compared.
   */
  cuda?: string;
  /**
   * Version of Python. One, or bounds that must all hold. Major and minor are compared.
   */
  python?: string;
  /**
   * Organisation. Whose image, where several have one of that name. Left out, NVIDIA's own comes before those of others.
   */
  org?: string;
}
/**
 * Port map
 */
export interface SpecPortMap {
  container: SpecPortNumber;
  /**
   * Port on the host. auto picks a free one and keeps it for this environment. Left out, it is the container's port.
   */
  host?: SpecPortNumber | 'auto';
  /**
   * Address on the host. Every local user reaches 127.0.0.1; 0.0.0.0 lets every machine in that reaches this one, past most host firewalls.
   */
  ip?: string;
  /**
   * Protocol
   */
  protocol?: 'tcp' | 'udp';
}
/**
 * Workspace map
 */
export interface SpecWorkspaceMap {
  target?: SpecAbsolutePath;
  /**
   * Without the right to write
   */
  readOnly?: boolean;
  /**
   * What another commit does. For a project that follows a git remote. keep: a container whose part of the file did not change keeps the files that it was made with. recreate: it is made anew, as updates allows.
   */
  update?: 'keep' | 'recreate';
}
/**
 * Bind mount. A file or folder of the project, or of a folder that the host shares.
 */
export interface SpecBindMount {
  /**
   * Path below the project's folder, or below a mount root. Relative to the folder of mlenv.yaml, and proven not to leave it, also not by a symbolic link; or an absolute path below a folder that the host's administrator lists in mountRoots. No socket, device or pipe.
   */
  source: string;
  target: SpecAbsolutePath;
  /**
   * Without the right to write. Below a read-only root it is true where it is left out, and cannot be false.
   */
  readOnly?: boolean;
}
/**
 * Volume mount. A named volume that belongs to the project and outlives its containers.
 */
export interface SpecVolumeMount {
  /**
   * Name of the volume. Shared by the environments of the project that name it; another project's volume of this name is another volume.
   */
  volume: string;
  target: SpecAbsolutePath;
  /**
   * Without the right to write
   */
  readOnly?: boolean;
}
/**
 * Memory mount. A folder in memory, empty at every start.
 */
export interface SpecTmpfsMount {
  /**
   * Says that it lies in memory
   */
  tmpfs: true;
  target: SpecAbsolutePath;
  size?: SpecSize;
}
/**
 * Secret map
 */
export interface SpecSecretMap {
  name: SpecSecretName;
  /**
   * Name of the owner's file. In ~/.config/mlenv/secrets of the owner of the project's folder. Left out, the same name.
   */
  file?: string;
  /**
   * As an environment variable as well. docker inspect then shows the value to everybody who may use docker; a change of it makes a new container.
   */
  env?: boolean;
}
/**
 * Gpu map
 */
export interface SpecGpuMap {
  count?: SpecGpuCount;
  /**
   * Memory of one card. A size with >=, >, <=, < or = before it; without one it is the least. An 80 GB card counts as 80GB though it tells a little less.
   */
  memory?: string;
  model?: SpecGpuModel;
  /**
   * These cards and no others. Indexes move when a card dies; uuids do not. A slice (MIG-…) needs mig beside it.
   *
   * @minItems 1
   * @maxItems 1024
   */
  devices?: SpecGpuDevice[];
  /**
   * Profile of a MIG slice. A slice instead of a whole card. One only: a process sees no more.
   */
  mig?: string;
  /**
   * Alone or with others. shared: only on cards that the host's administrator has set aside for it.
   */
  sharing?: 'exclusive' | 'shared';
  /**
   * Starts without where none is free
   */
  optional?: boolean;
  /**
   * What becomes of a container that lost its cards. Found by nvidia-smi -L in it, as docs/health.md tells. Left out: report with updates: manual or restart: never, else recreate; with updates: whenIdle only while it is idle. It keeps its cards.
   */
  onLost?: 'recreate' | 'report';
}
/**
 * Ulimits
 */
export interface SpecUlimits {
  core?: SpecUlimit;
  cpu?: SpecUlimit;
  data?: SpecUlimit;
  fsize?: SpecUlimit;
  locks?: SpecUlimit;
  memlock?: SpecUlimit;
  msgqueue?: SpecUlimit;
  nice?: SpecUlimit;
  nofile?: SpecUlimit;
  nproc?: SpecUlimit;
  rss?: SpecUlimit;
  rtprio?: SpecUlimit;
  rttime?: SpecUlimit;
  sigpending?: SpecUlimit;
  stack?: SpecUlimit;
}
/**
 * Ulimit map
 */
export interface SpecUlimitMap {
  soft: SpecUlimitNumber;
  hard: SpecUlimitNumber;
}
/**
 * Logs
 */
export interface SpecLogs {
  maxSize?: SpecSize;
  /**
   * Log files kept
   */
  maxFiles?: number;
}
/**
 * Health
 */
export interface SpecHealth {
  command?: SpecArgv;
  /**
   * Address to ask from inside the container. Healthy when it answers with a status below 400. Either this or command. An image without curl, wget and python3 is asked from outside, as docs/health.md tells.
   */
  http?: SpecPortNumber | string | SpecHttpMap;
  interval?: SpecDuration;
  timeout?: SpecDuration;
  /**
   * Bad looks in a row until it is unhealthy
   */
  retries?: number;
  startPeriod?: SpecDuration;
  /**
   * What becomes of it when it stays unhealthy. Left out: report with updates: manual or restart: never, else restart; with updates: whenIdle only while it is idle. Restarts back off as those after a crash do.
   */
  onUnhealthy?: 'restart' | 'report';
  grace?: SpecDuration;
}
/**
 * Http map
 */
export interface SpecHttpMap {
  port: SpecPortNumber;
  /**
   * Path to ask for
   */
  path?: string;
}
/**
 * Restart map with when and limit
 */
export interface SpecRestart {
  when: SpecRestartWhen;
  /**
   * Restarts after failures at most. One failure more, and it is Failed until mlenv restart. All failures that a controller saw count, however long the runs were: errors, out of memory, timeouts, a health check; what MLEnv, the engine or a hand stopped is none. The count starts from zero with mlenv restart, rm and up, a success, or a new container for a change. Left out, there is no limit. Not with never.
   */
  limit?: number;
}
/**
 * Idle
 */
export interface SpecIdle {
  after?: SpecDuration;
  gpu?: SpecBelowPercent;
  cpu?: SpecBelowPercent;
  /**
   * Traffic that counts as none. Both ways, over all of the time that it is idle. any: however much.
   */
  network?: string;
  /**
   * What is done. notify: it is told. stop: it is stopped until mlenv up, and its cards stay its own for a while. release: the same, but others get its cards at once.
   */
  action?: 'notify' | 'stop' | 'release';
}
/**
 * Text map
 */
export interface SpecTextMap {
  [k: string]: SpecText | undefined;
}
