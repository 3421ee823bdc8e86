import type { ImageDefaults, ListedContainer, ObservedContainer } from './container.ts';
import type { DependencyWish } from './environment.ts';
import type { Phase } from './phase.ts';

/** The world as one pass saw it, for one environment. Unknown is a value: no step follows from it. */
export type EnvironmentSnapshot =
  { readonly kind: 'unknown'; readonly why: string } | KnownSnapshot;

export interface KnownSnapshot {
  readonly kind: 'known';
  /** Ours for this key, inspected in this pass. More than one only if somebody copied labels or renamed. */
  readonly containers: readonly ObservedContainer[];
  /** A container that is not this environment's and bears its name. */
  readonly nameHolder: ListedContainer | null;
  /** null: not on the engine. 'unseen': not asked, as nothing depends on it. */
  readonly image: ImageDefaults | null | 'unseen';
  /** `heldBy`: its name belongs to another one, in words. */
  readonly network: 'present' | 'absent' | { readonly heldBy: string };
  readonly pull: PullState | null;
  /** Slow work of this process on this environment that has not come back yet. */
  readonly inFlight: 'stop' | null;
  readonly dependencies: readonly DependencyState[];
  /** Environments that name this one in dependsOn, are to be stopped too and still run. */
  readonly dependentsRunning: readonly string[];
  readonly outages: readonly Outage[];
  /** Since when this process follows the engine's events; null: it does not. */
  readonly watchedSince: number | null;
}

export interface DependencyState extends DependencyWish {
  /** null: no such environment has a record yet. */
  readonly phase: Phase | null;
  readonly hasHealthCheck: boolean;
}

/** A pull that this process runs or has just ended. */
export type PullState =
  | {
      readonly kind: 'pulling';
      readonly image: string;
      readonly doneBytes: number;
      /** 0: not known yet. */
      readonly totalBytes: number;
    }
  | {
      readonly kind: 'failed';
      readonly image: string;
      readonly message: string;
      readonly retryAt: number;
    }
  /** Done for the create that comes next, which uses it up. */
  | { readonly kind: 'done'; readonly image: string };

/** The engine did not answer from … to …: what ran before `from` may have been cut by it. */
export interface Outage {
  readonly from: number;
  /** Since when an end may be the engine's, which stops its containers before it goes; left out: since `from`. */
  readonly endsFrom?: number;
  readonly to: number;
  /** The engine came up at `to`, so that it cut whatever ran before; otherwise it was only not heard. */
  readonly isBoot?: true;
}

/** Facts of the engine that a pass needs as values. */
export interface EngineInfo {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly rootDir: string;
  readonly cgroupVersion: string;
  readonly liveRestore: boolean;
  readonly runtimes: readonly string[];
  /** Names of CDI devices that it found (`nvidia.com/gpu=0`); empty before Engine 28. */
  readonly cdiDevices: readonly string[];
  readonly rootless: boolean;
  /** null: it does not say. */
  readonly runcVersion: string | null;
  /** When the daemon started, in milliseconds; null: it does not say. */
  readonly bootedAt: number | null;
}
