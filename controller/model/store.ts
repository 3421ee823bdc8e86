import type { ContainerVersion } from './container.ts';
import type { AuditEntry, AuditQuery, AuditRow } from './audit.ts';
import type { Condition } from './condition.ts';
import type { IdleTable } from './idle.ts';
import type { CheckType, HealthRow } from './health.ts';
import type { PinTable } from './image-pin.ts';
import type { Intent } from './intent.ts';
import type { EnvironmentKey } from './key.ts';
import type { MetricsTable } from './metrics.ts';
import type { DocumentStatus } from './phase.ts';
import type {
  AnswerCache,
  CatalogueTable,
  EngineImageTable,
  SyncTable,
} from './store-catalogue.ts';
import type { GpuTable } from './store-gpu.ts';
import type { NoticeTable, TroubleTable } from './store-notices.ts';
import type { RunTable } from './runs.ts';
import type { PeopleTable } from './store-people.ts';
import type { GenerationTable, SourceTable } from './store-sources.ts';
import type { UpkeepTable } from './store-upkeep.ts';
import type { UsageTable } from './store-usage.ts';
import type {
  EnvironmentRecord,
  Event,
  Hold,
  PortLease,
  ProjectLimits,
  ProjectQuota,
  ProjectRecord,
  ProjectUsage,
} from './record.ts';

/**
 * The record, as a port. Every method is synchronous and throws only on a failed disk or a bug.
 * `transaction` is BEGIN IMMEDIATE; nested calls join the outer one.
 */
export interface Store {
  transaction<T>(run: () => T): T;
  readonly projects: ProjectTable;
  readonly environments: EnvironmentTable;
  readonly holds: HoldTable;
  readonly conditions: ConditionTable;
  readonly events: EventTable;
  readonly intents: IntentTable;
  readonly containers: ContainerTable;
  readonly ports: PortTable;
  readonly quotas: QuotaTable;
  readonly people: PeopleTable;
  readonly gpus: GpuTable;
  readonly volumes: VolumeTable;
  readonly sources: SourceTable;
  readonly generations: GenerationTable;
  readonly runs: RunTable;
  readonly troubles: TroubleTable;
  readonly notices: NoticeTable;
  readonly meta: MetaTable;
  readonly audit: AuditTable;
  readonly upkeep: UpkeepTable;
  readonly metrics: MetricsTable;
  readonly idle: IdleTable;
  readonly usage: UsageTable;
  readonly health: HealthTable;
  readonly pins: PinTable;
  readonly catalogue: CatalogueTable;
  readonly syncs: SyncTable;
  readonly answers: AnswerCache;
  readonly engineImages: EngineImageTable;
  close(): void;
}

export interface ProjectTable {
  list(): readonly ProjectRecord[];
  get(id: string): ProjectRecord | null;
  byPath(path: string): ProjectRecord | null;
  /** Also writes a row for its owner, and its quota row where there is none: 5 containers, other limits NULL. */
  insert(project: ProjectRecord): void;
  /** A new `path` is also written to quota rows and live container rows. */
  update(id: string, patch: Partial<Omit<ProjectRecord, 'id'>>): void;
  /** Removes the project with its environments, holds, conditions and leases; container rows stay. */
  remove(id: string): void;
}

export interface EnvironmentTable {
  all(): readonly EnvironmentRecord[];
  ofProject(projectId: string): readonly EnvironmentRecord[];
  /** Those that wait for a grant. */
  requested(): readonly EnvironmentRecord[];
  get(key: EnvironmentKey): EnvironmentRecord | null;
  insert(environment: EnvironmentRecord): void;
  update(
    key: EnvironmentKey,
    patch: Partial<Omit<EnvironmentRecord, 'projectId' | 'environment' | 'uid'>>,
  ): void;
  remove(key: EnvironmentKey): void;
}

export interface HoldTable {
  all(): readonly Hold[];
  /** Holds on the environment itself and on its whole project. */
  of(key: EnvironmentKey): readonly Hold[];
  /** One hold a kind and place; asked again, the first stays. */
  add(hold: Hold): void;
  /** `environment: null` lifts the project's own hold and those of all its environments. */
  lift(place: Pick<Hold, 'projectId' | 'environment' | 'kind'>): void;
}

export interface ConditionTable {
  of(key: EnvironmentKey): readonly Condition[];
  /** Replaces all; keeps lastTransitionAt where status, reason and message are the same. Writes nothing if nothing changed. */
  set(
    key: EnvironmentKey,
    conditions: readonly Omit<Condition, 'lastTransitionAt'>[],
    at: number,
  ): void;
}

export interface EventTable {
  /** What comes again is counted, and what comes too often is combined: model/event-fold.ts. */
  add(event: Pick<Event, 'at' | 'type' | 'reason' | 'message' | 'projectId' | 'environment'>): void;
  /** Newest last. `after`, the last `seq` that was seen: those that changed since, first things first. */
  list(query: {
    readonly projectId?: string;
    readonly environment?: string;
    readonly after?: number;
    readonly limit: number;
  }): readonly Event[];
}

export interface IntentTable {
  open(intent: Omit<Intent, 'id'>): number;
  close(id: number, result: string, at: number): void;
  /** Of this key, or of all: those that were never closed. */
  unfinished(key?: EnvironmentKey): readonly Intent[];
}

/** The document's `container_instances`. */
export interface ContainerTable {
  /** Upsert by container id; `status` null keeps the last one. A row once `deleted` stays so. */
  observe(row: ContainerRow): void;
  /** Marks the row deleted, with `stopped_at` if it had none. */
  deleted(containerId: string, at: number): void;
  /** Ids of rows that are not deleted, for one project or all. */
  live(projectId?: string): readonly {
    readonly containerId: string;
    readonly containerName: string;
    readonly projectId: string;
    readonly environment: string;
    /** Of the files that it was made from. */
    readonly revision: string;
    readonly startedAt: number | null;
  }[];
}

export interface ContainerRow {
  readonly containerId: string;
  readonly containerName: string;
  readonly imageName: string;
  readonly projectPath: string;
  readonly projectId: string;
  readonly environment: string;
  /** As it was made. */
  readonly made: ContainerVersion;
  /** What it was seen to be in accord with by now; null: it is not, and what is known of it stays. */
  readonly became: ContainerVersion | null;
  readonly ownerUid: number | null;
  readonly status: DocumentStatus | null;
  /** Cores; null: no limit. */
  readonly cpuLimit: number | null;
  readonly memoryLimitBytes: number | null;
  /** What the engine gave it: uuids of GPUs and of MIG slices. */
  readonly gpuDevices: readonly string[];
  /** container port → host port. */
  readonly portMappings: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly stoppedAt: number | null;
  readonly exitCode: number | null;
}

export interface PortTable {
  all(): readonly PortLease[];
  of(key: EnvironmentKey): readonly PortLease[];
  /** Replaces all leases of the environment. Throws PortTaken, and changes nothing, if another one holds a port. */
  replace(key: EnvironmentKey, leases: readonly PortLease[]): void;
}

/** A host port that was asked for is leased already, itself or through a wildcard address. */
export class PortTaken extends Error {
  readonly lease: PortLease;
  readonly holder: EnvironmentKey;

  constructor(lease: PortLease, holder: EnvironmentKey) {
    super(`${lease.hostIp}:${lease.host}/${lease.protocol} is held by ${holder}`);
    this.name = 'PortTaken';
    this.lease = lease;
    this.holder = holder;
  }
}

export interface QuotaTable {
  get(projectPath: string): ProjectQuota | null;
  all(): readonly ProjectQuota[];
  /** Writes the limits of a row that is there. */
  set(limits: ProjectLimits): void;
  /** The paths whose current_* is not what is granted and runs. Writes nothing. */
  wrong(): readonly string[];
  /** Writes current_* afresh; returns the paths whose row was wrong. */
  recompute(): readonly string[];
  /** What every project with a quota row uses now, by its path, counted afresh. */
  usage(): ReadonlyMap<string, ProjectUsage>;
}

/** Named volumes that MLEnv made, and whether they were given to their user. */
export interface VolumeTable {
  /** Before the volume is made; a row that exists stays as it is. */
  intend(name: string, projectId: string, at: number): void;
  unseeded(names: readonly string[]): readonly string[];
  seeded(names: readonly string[], at: number): void;
  forget(name: string): void;
}

export interface MetaTable {
  get(key: string): string | null;
  set(key: string, value: string): void;
}

/** The document's `health_checks`. */
export interface HealthTable {
  add(row: HealthRow): void;
  /** The last word of one asker; null: it never said one. */
  latest(containerId: string, type: CheckType): HealthRow | null;
  /** Of all containers of an environment, newest first. */
  of(key: EnvironmentKey, limit: number): readonly HealthRow[];
}

export interface AuditTable {
  add(entry: AuditEntry): void;
  /** The newest `limit` rows. `reader`: what this uid did or its projects had; `own`: not what it was refused. */
  list(
    query: Omit<AuditQuery, 'since'> & {
      readonly reader: number | null;
      readonly own?: boolean;
      readonly since: number | null;
    },
  ): readonly AuditRow[];
}
