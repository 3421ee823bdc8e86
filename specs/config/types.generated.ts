/* Generated from schema/config.schema.json by `UPDATE=1 vitest run test/specs/types.test.ts`. */

/**
 * Pattern of folders
 */
export type ConfigWatched = string;
/**
 * Duration. Numbers with units: ms, s, m, h, d; one after the other they add up (1h30m).
 */
export type ConfigDuration = string;
/**
 * Size. A number with a unit: B, KB, MB, GB, TB (also K, KiB, Ki and so on, in any case). GB is 2^30 bytes, as in Docker.
 */
export type ConfigSize = string;
/**
 * Card
 */
export type ConfigDevice = number | string;
/**
 * Folder
 */
export type ConfigFolder = string;
/**
 * Owner
 */
export type ConfigLoginName = string;
/**
 * Percentage. Above 0% and at most 100%, or off.
 */
export type ConfigPercentage = string;
/**
 * Least free. A size; or a share of the whole; or a share with the most that it may come to.
 */
export type ConfigLeastFree = string;
/**
 * Name of a user or group
 */
export type ConfigAccountName = string;
/**
 * Pattern of a repository
 */
export type ConfigRepository = string;
/**
 * User
 */
export type ConfigUser = number | string;
/**
 * Group
 */
export type ConfigGroup = string;

/**
 * Host configuration. What an administrator says about one host: /etc/mlenv/config.yaml of the system's instance, ~/.config/mlenv/config.yaml of everybody else's.
 */
export interface ConfigFile {
  /**
   * Version of the file's format. Always mlenv/v1. A newer one is refused by an older MLEnv, so that no field is ignored in silence.
   */
  apiVersion: 'mlenv/v1';
  /**
   * Folders to watch. Projects in them and up to three levels below are kept as their files say; with start, when they begin. * stands for a folder's name or its rest, ** for up to three levels; with mlenv.yaml at the end, for the folders that it names alone. Absolute, or with ~/ at the front where MLEnv is not the machine's but a user's own.
   *
   * @maxItems 256
   */
  watch?: (ConfigWatched | ConfigWatchedRoot)[];
  pruneGrace?: ConfigDuration;
  subnets?: ConfigSubnets;
  /**
   * Ports that auto picks from. The first and the last one; at least 1024, as those below are the system's.
   */
  autoPorts?: string;
  gpu?: ConfigGpu;
  defaults?: ConfigDefaults;
  host?: ConfigHost;
  queue?: ConfigQueue;
  quotas?: ConfigQuotas;
  /**
   * Owners of projects. By the project's folder, the login name of who answers for it. Left out, the folder's owner at first sight does. Containers run as the folder's owner in any case.
   */
  owners?: {
    [k: string]: ConfigAccountName | undefined;
  };
  policy?: ConfigPolicy;
  people?: ConfigPeople;
  /**
   * Folders that projects may mount from. Beyond their own. A source in mlenv.yaml may then be an absolute path below one of them.
   *
   * @maxItems 256
   */
  mountRoots?: ConfigMountRoot[];
  /**
   * Projects that follow a git remote. MLEnv keeps a mirror of each, and the project stands on the newest commit of its ref.
   *
   * @maxItems 1000
   */
  sources?: ConfigSource[];
  /**
   * Who is told of failures outside. Once of each failure, and once when it is over. docs/notices.md has examples.
   *
   * @maxItems 64
   */
  notices?: ConfigReceiver[];
  /**
   * Where webhooks and Prometheus are heard. An address of this machine and a port. Left out, nothing listens on TCP. It has no TLS: for others than this machine put a reverse proxy before it.
   */
  listen?: string;
  /**
   * Image registries that are elsewhere. Only where one is not asked under its own name, or has its token server on another host; docs/registry.md tells more.
   *
   * @maxItems 64
   */
  registries?: ConfigRegistry[];
  /**
   * Where NVIDIA's catalogue is searched. http:// or https://. A mirror has the paths of NGC's own below it.
   */
  catalogueUrl?: string;
  metrics?: ConfigMetrics;
  idle?: ConfigIdle;
  health?: ConfigHealth;
  retention?: ConfigRetention;
  backups?: ConfigBackups;
}
/**
 * Watched folder
 */
export interface ConfigWatchedRoot {
  path: ConfigWatched;
  /**
   * When projects that are found there start. automatic: at once. onFirstUp: after one mlenv up in the project, and as NotYetStarted until then. Left out, onFirstUp in the machine's instance and automatic in a user's own. Projects that follow a git remote start at once.
   */
  start?: 'automatic' | 'onFirstUp';
}
/**
 * Networks
 */
export interface ConfigSubnets {
  /**
   * IPv4 range. Must overlap no other network that this host reaches.
   */
  range?: string;
  /**
   * Prefix of one network. 26 leaves room for 61 environments, 29 for 5.
   */
  prefix?: number;
}
/**
 * Cards of the host
 */
export interface ConfigGpu {
  /**
   * Program that reads the cards. Its name, or its path; none: this host is run without cards.
   */
  nvidiaSmi?: string;
  /**
   * How cards get into a container. auto takes the best way that the engine knows.
   */
  injection?: 'auto' | 'device-request' | 'cdi' | 'runtime' | 'none';
  poll?: ConfigDuration;
  timeout?: ConfigDuration;
  foreignMemory?: ConfigSize;
  /**
   * Good looks until an unhealthy card is offered again. In a row.
   */
  recoverAfter?: number;
  /**
   * Cards that are never given out. By index or uuid; an index moves when a card dies.
   *
   * @maxItems 256
   */
  exclude?: ConfigDevice[];
  /**
   * Cards that several may share. For environments that ask for a shared card; nobody gets one of them alone.
   *
   * @maxItems 256
   */
  shared?: ConfigShared[];
  /**
   * Cards that only some may have. Nobody else gets one of them. A card stands in one of exclude, shared and reserved.
   *
   * @maxItems 256
   */
  reserved?: ConfigReserved[];
}
/**
 * Shared cards
 */
export interface ConfigShared {
  /**
   * Which ones. By index or uuid.
   *
   * @minItems 1
   * @maxItems 256
   */
  gpus: ConfigDevice[];
  /**
   * How many share each
   */
  slots: number;
}
/**
 * Reserved cards
 */
export interface ConfigReserved {
  /**
   * Which ones. By index or uuid.
   *
   * @minItems 1
   * @maxItems 256
   */
  gpus: ConfigDevice[];
  for: ConfigReservedFor;
}
/**
 * For whom
 */
export interface ConfigReservedFor {
  /**
   * Projects. The folders that their files are in.
   *
   * @minItems 1
   * @maxItems 256
   */
  projects?: ConfigFolder[];
  /**
   * Owners of projects. Login names; a number is a uid that has none.
   *
   * @minItems 1
   * @maxItems 256
   */
  users?: ConfigLoginName[];
}
/**
 * Limits
 */
export interface ConfigDefaults {
  /**
   * CPU cores. Left out, no limit.
   */
  cpus?: number;
  memory?: ConfigSize;
}
/**
 * Thresholds of the host
 */
export interface ConfigHost {
  memory?: ConfigPercentage;
  cpu?: ConfigPercentage;
  /**
   * Load. Load average of one minute, as a multiple of the cores.
   */
  load?: number | 'off';
  freeMemory?: ConfigLeastFree;
  freeDisk?: ConfigLeastFree;
}
/**
 * Order of the queue
 */
export interface ConfigQueue {
  /**
   * Order. strict: nobody passes the one before who waits for the same cards. best-effort: who fits may pass, until the one before has waited for reserveAfter.
   */
  order?: 'best-effort' | 'strict';
  reserveAfter?: ConfigDuration;
}
/**
 * Limits of projects and people
 */
export interface ConfigQuotas {
  project?: ConfigLimits;
  user?: ConfigLimits;
  /**
   * Each member of a group. By the group's name. Of a user's groups the most generous counts.
   */
  groups?: {
    [k: string]: ConfigLimits | undefined;
  };
  /**
   * One user. By login name.
   */
  users?: {
    [k: string]: ConfigLimits | undefined;
  };
  /**
   * A project with a budget of its own. By the project's folder. What is said here the project alone is measured by, and it does not count for its owner.
   */
  projects?: {
    [k: string]: ConfigLimits | undefined;
  };
}
/**
 * Limits
 */
export interface ConfigLimits {
  /**
   * Containers. A number, or unlimited.
   */
  containers?: number | 'unlimited';
  /**
   * CPU cores. A number, or unlimited.
   */
  cpus?: number | 'unlimited';
  /**
   * Memory. A size, or unlimited.
   */
  memory?: string;
  /**
   * GPUs. A number, or unlimited.
   */
  gpus?: number | 'unlimited';
}
/**
 * Policy
 */
export interface ConfigPolicy {
  /**
   * Level. strict also asks for a digest of every image, a user other than root, a bound of processes, and no secret in a file, and leaves a container no capability.
   */
  level?: 'baseline' | 'strict';
  /**
   * Repositories that images may come from. None: all. A * stands at the end of a segment for the rest of it, and at the end of the pattern for all that follows. What names no registry is of docker.io, and of its library/ where it has one word.
   *
   * @maxItems 256
   */
  images?: ConfigRepository[];
  /**
   * Rules opened for a time. Each use is written to audit_log. One that is over counts as none.
   *
   * @maxItems 256
   */
  exceptions?: ConfigException[];
}
/**
 * Exception
 */
export interface ConfigException {
  /**
   * Rule. The id of one that may be opened; docs/policy.md says which.
   */
  rule: string;
  project: ConfigFolder;
  /**
   * Last day. A date, through the end of that day in UTC; or a moment, such as 2027-01-31T18:00:00Z.
   */
  until: string;
  /**
   * Why. For those who read audit_log.
   */
  reason: string;
}
/**
 * People
 */
export interface ConfigPeople {
  admins?: ConfigAdmins;
  /**
   * What people see. open: the state of every project. own: of one's own projects. Logs and shells are never open.
   */
  reading?: 'open' | 'own';
  /**
   * Folders below which people keep projects. Of the machine's instance: a folder of anybody but root counts only below one of these, or of the watched ones, and where its owner owns it all the way down. Absolute.
   *
   * @maxItems 256
   */
  roots?: ConfigFolder[];
}
/**
 * Administrators
 */
export interface ConfigAdmins {
  /**
   * Users. By login name or uid.
   *
   * @maxItems 256
   */
  users?: ConfigUser[];
  /**
   * Groups. By name. One that does not exist has no members.
   *
   * @maxItems 256
   */
  groups?: ConfigGroup[];
}
/**
 * Mount root
 */
export interface ConfigMountRoot {
  path: ConfigFolder;
  /**
   * Without the right to write. A mount below it that says nothing is then read-only, and readOnly: false a fault.
   */
  readOnly?: boolean;
  /**
   * For which projects. Their folders. Left out, for all.
   *
   * @minItems 1
   * @maxItems 1024
   */
  projects?: ConfigFolder[];
}
/**
 * Source
 */
export interface ConfigSource {
  /**
   * Name. Of the project, until its file names another; it stays the same project as long as this stays.
   */
  name: string;
  /**
   * Address. https://, ssh:// or user@host:path, or file:/// on this machine. Never with a password or token in it.
   */
  url: string;
  /**
   * Branch or tag. A name alone is a branch's, also where a tag has the same. A tag is followed as refs/tags/NAME, and anything else by its full name.
   */
  ref?: string;
  /**
   * Folder of the mlenv.yaml in the repository
   */
  path?: string;
  /**
   * Whose project it is. Login name. Containers run as them. Left out, MLEnv's own user.
   */
  owner?: string;
  poll?: ConfigDuration;
  token?: ConfigToken;
  key?: ConfigDeployKey;
  webhook?: ConfigWebhook;
  maxSize?: ConfigSize;
}
/**
 * Token
 */
export interface ConfigToken {
  /**
   * User name. As the server wants it beside a token.
   */
  user?: string;
  file: ConfigFolder;
}
/**
 * Deploy key
 */
export interface ConfigDeployKey {
  file: ConfigFolder;
  knownHosts?: ConfigFolder;
}
/**
 * Webhook. GitHub, GitLab, Gitea or Forgejo tell of a push at POST /hooks/git/NAME, and the remote is asked at once. It is polled all the same.
 */
export interface ConfigWebhook {
  secretFile: ConfigFolder;
}
/**
 * Receiver
 */
export interface ConfigReceiver {
  /**
   * Name. As mlenv notices shows it. What was told is remembered by it.
   */
  name: string;
  /**
   * Address that is sent a POST. http:// or https://. One that holds a secret belongs into a file: see webhookFile.
   */
  webhook?: string;
  webhookFile?: ConfigFolder;
  /**
   * Command that is run instead. A program and its arguments; no shell. The text stands on its standard input, the facts in MLENV_* variables; beside PATH there is no other.
   *
   * @minItems 1
   * @maxItems 64
   */
  command?: string[];
  /**
   * Of what. failure; recovery: it is over; pending: somebody has to decide.
   *
   * @minItems 1
   * @maxItems 3
   */
  events?: ('failure' | 'recovery' | 'pending')[];
  /**
   * Of which projects. Their names; * stands for any characters. Left out, of all.
   *
   * @minItems 1
   * @maxItems 256
   */
  projects?: string[];
  /**
   * Text. {event}, {subject}, {project}, {environment}, {owner}, {reason}, {message}, {todo}, {commit}, {host} and {time} stand for the facts; {{ and }} for braces.
   */
  template?: string;
  /**
   * Body. json: an object with the text as text. text: the text itself. event: an object with every fact. Left out, json for a webhook and text for a command.
   */
  format?: 'json' | 'text' | 'event';
  secretFile?: ConfigFolder;
}
/**
 * Registry
 */
export interface ConfigRegistry {
  /**
   * Name. As it stands before the first slash of an image; docker.io where none does.
   */
  name: string;
  /**
   * Address that is asked in its place. http:// or https://. Logins for the registry are told to it, over http for everybody to read.
   */
  url?: string;
  /**
   * Token servers. Hosts, with a port where it has one, that may be told the login for this registry. Its own host may always.
   *
   * @maxItems 16
   */
  tokenHosts?: string[];
  /**
   * Root's login is everybody's. Of the machine's instance: the login that root has for it is shown to it for the pulls and locks of all users. Else they ask as anybody.
   */
  sharedLogin?: boolean;
}
/**
 * Metrics
 */
export interface ConfigMetrics {
  /**
   * Time between two samples. 1s to 1h, or off: no sample is taken.
   */
  interval?: string;
  /**
   * GET /metrics at listen. For Prometheus, as docs/prometheus.md tells. Whoever reaches the address then reads the names of projects, people and cards.
   */
  prometheus?: boolean;
  tokenFile?: ConfigFolder;
}
/**
 * Idle
 */
export interface ConfigIdle {
  /**
   * After what time environments with cards are stopped that say nothing about idle. 10s to 5d. off: never.
   */
  cards?: string;
  warning?: ConfigDuration;
  maxKeep?: ConfigDuration;
  holdCards?: ConfigDuration;
  scarceAt?: ConfigPercentage;
  /**
   * What part of its time one that holds cards has then
   */
  scarceFactor?: number;
}
/**
 * Health probes
 */
export interface ConfigHealth {
  /**
   * Time between two notes of a verdict that stays. 10s to 1h, or off: only changes are noted.
   */
  interval?: string;
  /**
   * Time between two looks of a container at its cards. 1s to 24h, or off: nobody looks. Each is one nvidia-smi -L in the container.
   */
  gpuInterval?: string;
}
/**
 * Retention
 */
export interface ConfigRetention {
  events?: ConfigDuration;
  audit?: ConfigDuration;
  metrics?: ConfigDuration;
  snapshots?: ConfigDuration;
  usage?: ConfigDuration;
  healthChecks?: ConfigDuration;
  deletedContainers?: ConfigDuration;
  generations?: ConfigDuration;
  runs?: ConfigDuration;
  runLogs?: ConfigSize;
  /**
   * Rows at most. Of samples, health checks and the audit log each; the oldest go first, however young.
   */
  maxRows?: number;
  maxBytes?: ConfigSize;
  freeDisk?: ConfigSize;
}
/**
 * Backups
 */
export interface ConfigBackups {
  /**
   * How many. 0: none is made, and none taken away. As many copies from before a migration are kept.
   */
  keep?: number;
  /**
   * When. Hour and minute of the day, by the host's clock.
   */
  at?: string;
}
