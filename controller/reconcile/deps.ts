import type { Hands } from '../act/execute.ts';
import type { ObservedContainer } from '../model/container.ts';
import type { CatalogueSync } from '../model/catalogue-api.ts';
import type { ConfigSource, HostConfig } from '../model/config.ts';
import type { UnresolvedReason } from '../plan/input.ts';
import type { Attempt } from '../plan/progress.ts';
import type { Environment } from '../model/environment.ts';
import type { HostHold } from '../model/freeze.ts';
import type { DigestLookup } from '../model/image-pin.ts';
import type { GpuClaim, GpuInjection, GpuInventory, SickGpu } from '../model/gpu.ts';
import type { Checkouts, SourceTrees } from '../model/git.ts';
import type { HostLoad } from '../model/host.ts';
import type { EnvironmentKey } from '../model/key.ts';
import type { Notifier } from '../model/notice.ts';
import type { People } from '../model/people.ts';
import type { Clock, EngineReader, HostPorts, Random, SpecReader } from '../model/ports.ts';
import type { RegistryReader } from '../model/registry.ts';
import type { SecretFiles } from '../model/secret.ts';
import type { Outage } from '../model/snapshot.ts';
import type { Store } from '../model/store.ts';

/** Everything a pass may touch, handed in. */
export interface Deps extends Hands {
  readonly store: Store;
  readonly reader: EngineReader;
  readonly specs: SpecReader;
  readonly hostPorts: HostPorts;
  readonly clock: Clock;
  readonly random: Random;
  readonly config: ConfigSource;
  /** Which MLEnv this is. */
  readonly instance: string;
  /** Login name on the host; null where the uid has none. */
  readonly loginName: (uid: number) => string | null;
  readonly people: People;
  /** true: root's, for several people: over folders of the host a container is its project's owner. */
  readonly shared?: boolean;
  readonly gpus: GpuWatch;
  readonly hostLoad: HostLoad;
  readonly secretFiles: SecretFiles;
  readonly checkouts: Checkouts;
  readonly trees: SourceTrees;
  readonly notifier: Notifier;
  /** Left out: this process reads no catalogue. */
  readonly catalogueSync?: CatalogueSync;
  readonly digests: DigestLookup;
  /** Left out: this process asks none. */
  readonly registry?: RegistryReader;
  /** Of the engine, as registries name it: `amd64`. */
  readonly architecture: string;
  /** How cards get into a container on this engine. */
  readonly injection: () => GpuInjection;
  /** false: a project that no request of this process named, and so none that it may grant to. */
  readonly inScope: (projectId: string) => boolean;
  /** A moment as people of this host read it: `09:12`, or with its date where it is another day. */
  readonly timeText: (at: number, now: number) => string;
  /** Why nothing on this host may be changed now; null: it may. */
  readonly frozen: () => HostHold | null;
  readonly memory: Memory;
  readonly ring: Ring;
}

/** The cards as they were last seen, looked at again when that is too long ago. */
export interface GpuWatch {
  /** null: not looked at yet. */
  current(): GpuInventory | null;
  claims(): readonly GpuClaim[];
  /** Why nothing may be given out on what was seen; null: nothing speaks against it. */
  trouble(): string | null;
  /** As the last look that could be read found them. */
  sick(): readonly SickGpu[];
  /** Looks again unless the last look is younger; what changed is in the record afterwards. */
  refresh(maxAgeMs: number): Promise<void>;
}

/** Asks for a pass over a key; how passes reach each other. */
export interface Ring {
  /** `low`: may wait until nothing else does. */
  environment(key: EnvironmentKey, low?: boolean): void;
  project(projectId: string, low?: boolean): void;
  /** Somebody may have to be told of something. */
  notices(): void;
  /** By its name. */
  source(name: string): void;
}

/**
 * What a process knows and may lose: caches of files and of the engine. Nothing here is a fact that
 * another look could not bring back.
 */
export interface Memory {
  /** Wishes hold secrets, so they live here and nowhere else. */
  readonly wishes: Map<EnvironmentKey, CachedWish>;
  /** Projects whose file this process has read. */
  readonly read: Set<string>;
  /** Container ids that a list or an event named for a key. */
  readonly ids: Map<EnvironmentKey, Set<string>>;
  /** false: files are still read for the first time, so that nobody knows who else wants a GPU. */
  allRead: boolean;
  /** Projects whose network was seen. */
  readonly networks: Set<string>;
  /** Projects whose network's name belongs to another one, with whose it is. */
  readonly networkHolders: Map<string, string>;
  /** Projects whose network is listed and has lost its bridge, as a start said. */
  readonly deadNetworks: Set<string>;
  /** Projects whose file was found faulty or missing once and is looked at a second time first. */
  readonly suspects: Map<string, number>;
  /** Projects whose owner and limits are in the record as this configuration says them. */
  settled: { readonly config: HostConfig | null; readonly projects: Set<string> };
  /** Why the folder of a project, at the last reading, was not taken for its owner's. */
  readonly untrusted: Map<string, string>;
  outages: readonly Outage[];
  /** Since when the engine's events are not heard; null: they are, or were not yet. Set by who listens. */
  outageSince: () => Pick<Outage, 'from' | 'endsFrom'> | null;
  /** Since when the engine's events are followed; null: they are not. */
  watchedSince: () => number | null;
  /** Why the engine does not answer; null: it did when it was last asked. Spares a hung engine a thousand calls. */
  engineTrouble: string | null;
  /** Set while there is no room to write; nothing is begun that could not be recorded. */
  recordTrouble: { readonly freeBytes: number | null; readonly neededBytes?: number | null } | null;
  /** When all containers were last listed; null: not yet. */
  resyncedAt: number | null;
  /** What of the upkeep failed when it was last tried, and why. */
  readonly upkeepFaults: Map<'retention' | 'backup' | 'file', string>;
  /** Containers as they were inspected last, by id: good for as long as a list shows them the same. */
  readonly inspected: Map<string, ObservedContainer>;
  /** Asked for by a person, and no pass has looked since. */
  readonly unseen: Map<EnvironmentKey, symbol>;
  /** Files of git that tell of another commit in a project's folder, by the project's id. */
  readonly checkoutFiles: Map<string, readonly string[]>;
  /** When a source that failed is asked again, by its name. */
  readonly nextLooks: Map<string, number>;
  /** Trees with changes by hand that this process has told of. */
  readonly keptTrees: Set<string>;
  /** Steps that were taken on a key since all of it was last as wished, newest first. */
  readonly attempts: Map<EnvironmentKey, readonly Attempt[]>;
  /** What the last pass saw of a key: it is looked at where a list differs, and now and then anyway. */
  readonly listed: Map<EnvironmentKey, string>;
}

export type CachedWish =
  | { readonly kind: 'wanted'; readonly environment: Environment }
  | {
      readonly kind: 'unresolved';
      readonly reason: UnresolvedReason;
      readonly message: string;
    };

export const emptyMemory = (): Memory => ({
  wishes: new Map(),
  read: new Set(),
  ids: new Map(),
  allRead: true,
  networks: new Set(),
  networkHolders: new Map(),
  deadNetworks: new Set(),
  suspects: new Map(),
  settled: { config: null, projects: new Set() },
  untrusted: new Map(),
  outages: [],
  outageSince: () => null,
  watchedSince: () => null,
  engineTrouble: null,
  recordTrouble: null,
  resyncedAt: null,
  upkeepFaults: new Map(),
  inspected: new Map(),
  unseen: new Map(),
  checkoutFiles: new Map(),
  nextLooks: new Map(),
  keptTrees: new Set(),
  attempts: new Map(),
  listed: new Map(),
});
