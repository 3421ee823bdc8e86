import type { FileSource } from './audit.ts';
import type { AnonymousVolume } from './container.ts';
import type { DriftPolicy } from './context.ts';
import type { RawEnvironment } from './environment.ts';
import type { Phase } from './phase.ts';
import type { QuotaField } from './quota.ts';
import type { Reason } from './reason.ts';
import type { LastRun, StopIntent } from './run.ts';
import type { StartFailure } from './start-fault.ts';

/** All times are milliseconds since the epoch; the store writes them as UTC text where a person reads them. */
export interface ProjectRecord {
  /** Random, given at first sight; also in the labels. */
  readonly id: string;
  readonly name: string;
  /** realpath of the folder. */
  readonly path: string;
  readonly device: string;
  readonly inode: string;
  readonly owner: Owner;
  /** Set where the folder's owner is not the recorded one. */
  readonly ownerSeen: Owner | null;
  readonly subnet: string | null;
  readonly specError: string | null;
  readonly firstSeenAt: number;
  /** Since when the file, or its folder, is gone. */
  readonly vanishedAt: number | null;
  /** Commit of the files, with `+` where they were changed since; '': not in git. */
  readonly revision: string;
  /** Who made that commit; null: not in git. */
  readonly commit: ProjectCommit | null;
  /** Name of the source that its files come from; null: the folder itself. */
  readonly source: string | null;
  /** Folder with the files of its revision; null: `path`. */
  readonly tree: string | null;
  /** As its file said when it was last read. */
  readonly driftPolicy: DriftPolicy;
}

export interface ProjectCommit {
  /** null: none is checked out. */
  readonly branch: string | null;
  readonly author: string;
  /** First line of its message. */
  readonly subject: string;
  readonly at: number;
}

/** Where the project's files lie now. */
export const folderOf = ({ tree, path }: Pick<ProjectRecord, 'tree' | 'path'>): string =>
  tree ?? path;

/** One remote of the host's configuration, and how far it was followed. */
export interface SourceRecord {
  readonly name: string;
  /** The newest commit that was taken; null: none yet. */
  readonly newest: string | null;
  /** A commit that is no successor of it and waits for a person. */
  readonly waiting: string | null;
  /** The commit that a person chose. */
  readonly pinned: string | null;
  /** What the last look said that failed; '': it is well. */
  readonly failure: string;
  /** Failures in a row. */
  readonly failures: number;
  /** The last look that went well. */
  readonly checkedAt: number | null;
}

/** One generation of one environment, as history shows it. */
export interface GenerationRecord {
  readonly projectId: string;
  readonly environment: string;
  readonly generation: number;
  readonly digest: string;
  readonly revision: string;
  readonly author: string;
  readonly subject: string;
  readonly at: number;
  /** The last reason that it had while it was the newest. */
  readonly outcome: string;
  /** By its digest, where it was looked up or locked; '': it was not. */
  readonly image: string;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface EnvironmentRecord {
  readonly projectId: string;
  readonly environment: string;
  /** Random, given at first sight; also in the labels. */
  readonly uid: string;
  readonly raw: RawEnvironment;
  readonly digest: string;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly phase: Phase;
  readonly reason: Reason;
  readonly message: string;
  readonly containerId: string | null;
  /** Restarts since the last time it was well for ten minutes. */
  readonly restarts: number;
  /** What the last try that failed said; '' once it is well again. */
  readonly lastFailure: string;
  /** The last try to create or start its container that the engine refused; null: it was started since. */
  readonly startFailure: StartFailure | null;
  /** No try before then; null: at once. */
  readonly nextAttemptAt: number | null;
  /** Since when it is missing from a file that could be read. */
  readonly vanishedAt: number | null;
  /** The commit that removed it; null: not in git, or not missing. */
  readonly vanishedBy: FileSource | null;
  /** A person let this change through (`approve`, `up`). */
  readonly approval: Approval | null;
  /** Set by `restart`, cleared by the step that fulfils it. */
  readonly restartRequestedAt: number | null;
  /** The admission step let it run; null: it has to ask. */
  readonly grantedAt: number | null;
  /** The generation that was granted: a newer one asks again before it changes anything. */
  readonly grantedGeneration: number | null;
  /** What was granted: cores and bytes with the host's defaults laid in; null: without a limit. */
  readonly grantedCpus: number | null;
  readonly grantedMemoryBytes: number | null;
  /** Since when it asks. */
  readonly requestedAt: number | null;
  /** A `docker stop` by somebody's hand, as the event stream told it. */
  readonly handStop: { readonly containerId: string; readonly at: number } | null;
  /** The kernel ended a process of its container for its memory limit, as the engine told at that moment. */
  readonly oomSeen: { readonly containerId: string; readonly at: number } | null;
  /** Since when its container is unhealthy, or was first seen so; null: it is not. */
  readonly unhealthySince: number | null;
  /** The stop that we last began, and why: what the end of that run is read by. */
  readonly stopIntent: StopIntent | null;
  /** The newest run and how it ended; null: it has not run since it was asked for. */
  readonly lastRun: LastRun | null;
  /** The container that we last began to remove: its end is no hand's. */
  readonly removingId: string | null;
  /** Its container was found removed by a hand, and `driftPolicy: report` leaves it so. */
  readonly handRemovedAt: number | null;
  /** `up` asked for the repair of what is reported. */
  readonly repairRequestedAt: number | null;
  /** The image's own volumes of the container before, to be attached again. */
  readonly anonymousVolumes: readonly AnonymousVolume[];
  /** `rm --volumes` was asked and is not yet done. */
  readonly removeVolumes: boolean;
  readonly createdAt: number;
}

/** Valid for exactly what was shown: this generation over this container (null: its removal from the file). */
export interface Approval {
  readonly generation: number;
  readonly containerId: string | null;
  readonly by: string;
  readonly at: number;
}

/**
 * - `suspend` blocks every mutation; lifted by `resume`.
 * - `down` keeps it stopped, `rm` keeps it absent, `rebuilt` keeps it as it was found; lifted by `up`.
 * - `unstarted`: its folder's projects start after one `up`, which lifts it.
 * - `idle` and `lifetime` keep it stopped as well, by MLEnv's own hand; lifted by `up`.
 */
export type HoldKind = 'suspend' | 'down' | 'rm' | 'rebuilt' | 'unstarted' | StoppedFor;

/** Why MLEnv stopped it by itself. */
export type StoppedFor = 'idle' | 'lifetime';

export interface Hold {
  readonly projectId: string;
  /** null: the whole project. */
  readonly environment: string | null;
  readonly kind: HoldKind;
  readonly by: string;
  readonly at: number;
}

/** A host port given to one environment, from the grant until the environment is gone. */
export interface PortLease {
  readonly projectId: string;
  readonly environment: string;
  readonly container: number;
  readonly protocol: 'tcp' | 'udp';
  readonly hostIp: string;
  readonly host: number;
  /** host: auto chose it. */
  readonly auto: boolean;
}

/** A row of the document's `project_quotas`: limits (null: none) and what is in use now. */
export interface ProjectQuota {
  readonly projectPath: string;
  readonly maxContainers: number | null;
  readonly maxCpuCores: number | null;
  readonly maxMemoryGb: number | null;
  readonly maxGpus: number | null;
  readonly currentContainers: number;
  readonly currentCpuCores: number;
  readonly currentMemoryGb: number;
  readonly currentGpus: number;
  /** The limits that are a budget of the project's own, and who says so. */
  readonly overrides: QuotaOverrides;
  /** What the limits are where nobody says otherwise; left out: none. Memory in GB, as in the row. */
  readonly defaulted: Readonly<Partial<Record<QuotaField, number>>>;
}

/** `set`: `mlenv quota set`, or a hand; `config`: the host's configuration. */
export type QuotaOverrides = Readonly<Partial<Record<QuotaField, 'set' | 'config'>>>;

/** The part of a quota row that people write. */
export type ProjectLimits = Omit<
  ProjectQuota,
  'currentContainers' | 'currentCpuCores' | 'currentMemoryGb' | 'currentGpus'
>;

/** What a project's environments hold: the larger of what was granted and what their containers have. */
export interface ProjectUsage {
  readonly containers: number;
  /** Cores. */
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly gpus: number;
}

export interface Event {
  readonly id: number;
  /** Rises with every change of any event. */
  readonly seq: number;
  readonly at: number;
  readonly firstAt: number;
  readonly count: number;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly projectId: string | null;
  readonly environment: string | null;
}
