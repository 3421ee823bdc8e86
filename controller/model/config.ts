import { defaultSettings, type Settings } from './context.ts';
import type { SourceConfig } from './git.ts';
import type { GpuInjection } from './gpu.ts';
import { defaultIdleConfig, type IdleConfig } from './idle.ts';
import type { MetricsConfig } from './metrics.ts';
import type { ReceiverConfig } from './notice.ts';
import type { RegistryConfig } from './registry.ts';
import { noLimits, type QuotaConfig } from './quota.ts';
import type { StartConfig } from './start.ts';
import type { PolicyLevel, PolicyRuleId } from './policy.ts';

/** One host's configuration with all defaults laid in: what /etc/mlenv/config.yaml says, in numbers. */
export interface HostConfig {
  /** Of a user's own instance, and not of the machine's: what nobody wrote down refuses nothing there. */
  readonly own: boolean;
  readonly settings: Settings;
  /** Where projects are looked for: patterns of folders, absolute. */
  readonly watch: readonly string[];
  readonly start: StartConfig;
  readonly gpu: GpuConfig;
  /** For environments that say nothing; null: no limit. */
  readonly defaults: { readonly cpus: number | null; readonly memoryBytes: number | null };
  readonly host: HostThresholds;
  readonly queue: QueueConfig;
  readonly quotas: QuotaConfig;
  /** By the project's folder: the login name of who answers for it, instead of the folder's owner. */
  readonly owners: ReadonlyMap<string, string>;
  readonly policy: PolicyConfig;
  readonly people: PeopleConfig;
  /** Folders beyond the project's own that projects may mount from. */
  readonly mountRoots: readonly MountRoot[];
  /** Projects that follow git remotes. */
  readonly sources: readonly SourceConfig[];
  /** Who is told of failures outside. */
  readonly notices: readonly ReceiverConfig[];
  /** Where webhooks are heard over TCP; null: nowhere. */
  readonly listen: ListenConfig | null;
  /** Where registries are asked, and who may know their logins. */
  readonly registries: readonly RegistryConfig[];
  /** Of NGC's search, or of a mirror of it. */
  readonly catalogueUrl: string;
  readonly metrics: MetricsConfig;
  readonly idle: IdleConfig;
  /** Between two notes of a verdict that stays, and two looks of a container at its cards; null: never. */
  readonly health: { readonly everyMs: number | null; readonly gpuEveryMs: number | null };
  readonly retention: RetentionConfig;
  readonly backups: BackupConfig;
}

/** What only people read, and what is room enough. */
export interface RetentionConfig {
  readonly eventsMs: number;
  readonly auditMs: number;
  readonly metricsMs: number;
  readonly snapshotsMs: number;
  readonly usageMs: number;
  readonly healthChecksMs: number;
  readonly deletedContainersMs: number;
  readonly generationsMs: number;
  readonly runsMs: number;
  /** Of all copies of logs of containers that are gone. */
  readonly runLogBytes: number;
  /** Of each table that grows by itself. */
  readonly maxRows: number;
  /** Of the record. */
  readonly maxBytes: number;
  /** On the state folder, below which nothing new is begun. */
  readonly freeDiskBytes: number;
}

export interface BackupConfig {
  /** 0: none is made. */
  readonly keep: number;
  /** Minutes after midnight by the host's clock. */
  readonly atMinute: number;
}

export interface MountRoot {
  /** Absolute. */
  readonly path: string;
  /** What lies below it is mounted without the right to write. */
  readonly readOnly: boolean;
  /** Folders of the projects that it is for, absolute; null: all. */
  readonly projects: readonly string[] | null;
}

export interface GpuConfig {
  /** Path or name of the program; null: this host is run without cards. */
  readonly nvidiaSmi: string | null;
  readonly injection: GpuInjection | 'auto';
  readonly pollMs: number;
  /** nvidia-smi is killed after it. */
  readonly timeoutMs: number;
  /** A card with more than this in use by nobody known is busy. */
  readonly foreignMemoryBytes: number;
  /** Good looks in a row after which an unhealthy card is offered again. */
  readonly recoverAfter: number;
  /** Indexes or uuids, as text. */
  readonly exclude: readonly string[];
  readonly shared: readonly { readonly gpus: readonly string[]; readonly slots: number }[];
  readonly reserved: readonly GpuReservation[];
}

export interface GpuReservation {
  readonly gpus: readonly string[];
  readonly for: {
    /** Folders of projects, absolute. */
    readonly projects: readonly string[];
    /** Login names of owners of projects, or their uids as text. */
    readonly users: readonly string[];
  };
}

export interface ListenConfig {
  /** An address of this machine. */
  readonly host: string;
  readonly port: number;
}

/** null: this threshold is off. Percentages from 0 to 100. */
export interface HostThresholds {
  readonly memoryPercent: number | null;
  readonly cpuPercent: number | null;
  readonly freeMemory: LeastFree | null;
  /** Load average of one minute, as a multiple of the cores. */
  readonly loadPerCore: number | null;
  /** On the engine's root and the state folder. */
  readonly freeDisk: LeastFree | null;
}

/** Where both are set, the lesser counts: a share fits small machines, an amount large ones. */
export interface LeastFree {
  readonly percent: number | null;
  readonly bytes: number | null;
}

export interface QueueConfig {
  /**
   * - `strict`: nobody passes the one before who waits for the same cards.
   * - `best-effort`: who fits may pass, until the one before has waited `reserveAfterMs`; then cards are kept for it.
   */
  readonly order: 'strict' | 'best-effort';
  readonly reserveAfterMs: number;
}

export interface PolicyConfig {
  readonly level: PolicyLevel;
  /** Repositories that images may come from, such as `nvcr.io/nvidia/*`; empty: all. */
  readonly images: readonly string[];
  readonly exceptions: readonly PolicyException[];
}

/** One rule opened for one project, for a time. */
export interface PolicyException {
  readonly rule: PolicyRuleId;
  /** The project's folder, absolute. */
  readonly project: string;
  /** From then on it counts as none; milliseconds since the epoch. */
  readonly until: number;
  readonly reason: string;
}

export interface PeopleConfig {
  readonly admins: {
    /** Login names, or uids as text. */
    readonly users: readonly string[];
    readonly groups: readonly string[];
  };
  /** `own`: people see the state of their own projects alone. */
  readonly reading: 'open' | 'own';
  /** Folders below which people keep projects, absolute; the watched ones count as well. */
  readonly roots: readonly string[];
}

/** The configuration as it is now: a good edit takes its place, a bad one leaves it. */
export interface ConfigSource {
  current(): HostConfig;
}

const dayMs = 86_400_000;

/** What holds where no file says otherwise. */
export const defaultHostConfig: HostConfig = {
  own: false,
  settings: defaultSettings,
  watch: [],
  start: { usual: 'onFirstUp', roots: [] },
  gpu: {
    nvidiaSmi: 'nvidia-smi',
    injection: 'auto',
    pollMs: 20_000,
    timeoutMs: 10_000,
    foreignMemoryBytes: 2 ** 30,
    recoverAfter: 3,
    exclude: [],
    shared: [],
    reserved: [],
  },
  defaults: { cpus: null, memoryBytes: null },
  host: {
    memoryPercent: 85,
    cpuPercent: 90,
    freeMemory: { percent: 10, bytes: 4 * 2 ** 30 },
    loadPerCore: 2,
    freeDisk: { percent: 5, bytes: 4 * 2 ** 30 },
  },
  queue: { order: 'best-effort', reserveAfterMs: 600_000 },
  quotas: {
    project: { ...noLimits, containers: 5 },
    user: noLimits,
    groups: new Map(),
    users: new Map(),
    projects: new Map(),
  },
  owners: new Map(),
  policy: { level: 'baseline', images: [], exceptions: [] },
  people: { admins: { users: [], groups: ['mlenv-admin'] }, reading: 'open', roots: ['/home'] },
  mountRoots: [],
  sources: [],
  notices: [],
  listen: null,
  registries: [],
  catalogueUrl: 'https://api.ngc.nvidia.com',
  metrics: { everyMs: 30_000, prometheus: false, tokenFile: null },
  idle: defaultIdleConfig,
  health: { everyMs: 60_000, gpuEveryMs: 300_000 },
  retention: {
    eventsMs: 30 * dayMs,
    auditMs: 365 * dayMs,
    metricsMs: 7 * dayMs,
    snapshotsMs: 30 * dayMs,
    usageMs: 400 * dayMs,
    healthChecksMs: 30 * dayMs,
    deletedContainersMs: 90 * dayMs,
    generationsMs: 365 * dayMs,
    runsMs: 90 * dayMs,
    runLogBytes: 2 ** 30,
    maxRows: 4_000_000,
    maxBytes: 4 * 2 ** 30,
    freeDiskBytes: 64 * 2 ** 20,
  },
  backups: { keep: 7, atMinute: 180 },
};

/** The roots that the project in this folder may mount from. */
export const mountRootsFor = (
  { mountRoots }: Pick<HostConfig, 'mountRoots'>,
  folder: string,
): readonly MountRoot[] =>
  mountRoots.filter(({ projects }) => projects === null || projects.includes(folder));
