import type { GpuReservation, HostThresholds, PolicyConfig, QueueConfig } from '../model/config.ts';
import type { Environment, RawEnvironment } from '../model/environment.ts';
import type { GpuSharing } from '../model/gpu.ts';
import type { OwnIds } from '../model/identity.ts';
import type { HostReading } from '../model/host.ts';
import type { HostPort } from '../model/ports.ts';
import type { EnvironmentKey } from '../model/key.ts';
import type { PolicyRuleId } from '../model/policy.ts';
import type { Reason } from '../model/reason.ts';
import type { QuotaField } from '../model/quota.ts';
import type { PortLease, ProjectLimits } from '../model/record.ts';
import type { GrantedGpu } from '../model/store-gpu.ts';

/** One environment that wants to start, or to become what its file now says. */
export interface AdmissionRequest {
  readonly key: EnvironmentKey;
  readonly projectId: string;
  readonly environment: string;
  readonly projectPath: string;
  /** Of the project's folder. */
  readonly ownerUid: number;
  /** Left out: as its uid. */
  readonly ownerGid?: number;
  /** Who it has to be over folders of the host; left out or null: anybody. */
  readonly identity?: OwnIds | null;
  /** Login name of the project's owner, or the uid that has none. */
  readonly owner: string;
  /** Since when it asks: who came first is served first. */
  readonly requestedAt: number;
  readonly wish: Environment;
  /** As the user wrote it. */
  readonly raw: RawEnvironment;
  /** Cores; the host's default where the file says nothing; null: without a limit. */
  readonly cpus: number | null;
  readonly memoryBytes: number | null;
  /** What the ledger's usage counts for this very environment already. */
  readonly held: Usage;
  /** Devices it holds or its container was made with: kept where that is possible. */
  readonly prefers: readonly string[];
}

/** What has been given out, as the record has it. Gates read it; only the serial step writes it. */
export interface Ledger {
  readonly leases: readonly PortLease[];
  /** By project path. */
  readonly quotas: ReadonlyMap<string, ProjectLimits>;
  /** By project path: in whose sum its use counts. One that is not there counts in nobody's. */
  readonly owners: ReadonlyMap<string, Person>;
  /** By project path: everything granted or existing. */
  readonly usage: ReadonlyMap<string, Usage>;
  readonly pool: GpuPool;
  /** null: not asked, as no threshold is set. */
  readonly host: HostState | null;
  readonly queue: QueueConfig;
  readonly policy: PolicyConfig;
  /** Ports that something else on the host has bound. */
  readonly busy: readonly HostPort[];
  readonly now: number;
  /** For people. */
  readonly projectName: (projectId: string) => string;
  readonly timeText: (at: number) => string;
  /** Messages name no other project's environments. */
  readonly hidesNames?: boolean;
  readonly autoPorts: { readonly from: number; readonly to: number };
}

/** Containers, cores, bytes and cards. */
export type Usage = Readonly<Record<QuotaField, number>>;

export const noUsage: Usage = { containers: 0, cpus: 0, memoryBytes: 0, gpus: 0 };

/** Somebody who owns projects, with what all of them use. One object a person. */
export interface Person {
  readonly uid: number;
  /** For people. */
  readonly name: string;
  readonly limits: PersonLimits;
  /** By environment; what its project has a budget of its own for counts as 0. */
  readonly uses: ReadonlyMap<EnvironmentKey, { readonly name: string; readonly usage: Usage }>;
}

export type PersonLimits = Readonly<Record<QuotaField, PersonLimit>>;

export interface PersonLimit {
  /** null: none. */
  readonly limit: number | null;
  /** `limit of group students` */
  readonly from: string;
}

/** The cards as admission sees them: what may be given out, and who has it. */
export interface GpuPool {
  readonly state: 'known' | 'none' | 'unknown';
  /** Why it is not known, or there is none; ''. */
  readonly why: string;
  /** Whole cards, and the slices of those in MIG mode; in the order of their indexes. */
  readonly devices: readonly PoolDevice[];
  /** Score of a pair of cards by uuid; 0 where nothing is known. Symmetric. */
  readonly link: (a: string, b: string) => number;
}

export interface PoolDevice {
  /** `GPU-…`, or `MIG-…` */
  readonly id: string;
  readonly gpuUuid: string;
  /** nvidia-smi's index of the card. */
  readonly index: number;
  readonly model: string;
  readonly memoryBytes: number | null;
  /** Profile of a slice; null: a whole card. */
  readonly mig: string | null;
  /** How many may share it; 1: one alone, and then it is given out as exclusive only. */
  readonly slots: number;
  /** Why nobody new gets it (`cordoned by root: fan`, `used by process 4711 of bob`); null: it may be given. */
  readonly blocked: string | null;
  /** Who alone may have it; null: anybody. */
  readonly reservedFor: GpuReservation['for'] | null;
  readonly holders: readonly Holder[];
}

export interface Holder {
  /** null: a row that a person wrote into gpu_allocations. */
  readonly key: EnvironmentKey | null;
  /** `alice/train` */
  readonly name: string;
  readonly since: number;
  readonly sharing: GpuSharing;
}

export interface HostState {
  readonly reading: HostReading;
  readonly thresholds: HostThresholds;
  /** Granted since the reading, or so lately that it does not show there yet. */
  readonly pending: { readonly cpus: number; readonly memoryBytes: number };
}

export type GateAnswer =
  | { readonly kind: 'admit' }
  | { readonly kind: 'wait'; readonly reason: Reason; readonly message: string };

/** Not now; it keeps its place. */
export type Denial = Extract<GateAnswer, { readonly kind: 'wait' }>;

/** Never as it is: waiting helps nothing, another file or another policy does. */
export interface Refusal {
  readonly kind: 'refuse';
  readonly reason: 'PolicyRefused';
  readonly message: string;
  readonly rule: PolicyRuleId;
}

export const admit: GateAnswer = { kind: 'admit' };

export const wait = (reason: Reason, message: string): Denial => ({
  kind: 'wait',
  reason,
  message,
});

export type AdmissionAnswer =
  | {
      readonly kind: 'grant';
      readonly key: EnvironmentKey;
      readonly leases: readonly PortLease[];
      readonly gpus: readonly GrantedGpu[];
      /** Rules that only an exception opened. */
      readonly opened: readonly PolicyRuleId[];
    }
  | (Refusal & { readonly key: EnvironmentKey })
  | (Denial & {
      readonly key: EnvironmentKey;
      /** Among those who wait for what they wait for, from 1; null: it waits for nobody else. */
      readonly place: number | null;
    });
