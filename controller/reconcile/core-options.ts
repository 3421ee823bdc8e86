import type { PassReport } from '../loop/controller.ts';
import type { CatalogueSync } from '../model/catalogue-api.ts';
import type { ConfigSource } from '../model/config.ts';
import type { GpuInjection, GpuProvider } from '../model/gpu.ts';
import type { Checkouts, SourceTrees } from '../model/git.ts';
import type { HostLoad } from '../model/host.ts';
import type {
  Clock,
  EngineReader,
  EngineWriter,
  HostPorts,
  MountSources,
  MountWitness,
  Random,
  SpecReader,
} from '../model/ports.ts';
import type { Notifier } from '../model/notice.ts';
import type { People } from '../model/people.ts';
import type { RegistryReader } from '../model/registry.ts';
import type { RunLogs } from '../model/runs.ts';
import type { SecretFiles, SecretFolders } from '../model/secret.ts';
import type { Store } from '../model/store.ts';
import type { RoomOptions } from './record-room.ts';

/** Everything that the core is put together from: ports, and what this instance is. */
export interface CoreOptions {
  readonly store: Store;
  readonly reader: EngineReader;
  readonly writer: EngineWriter;
  readonly specs: SpecReader;
  readonly hostPorts: HostPorts;
  readonly clock: Clock;
  readonly random: Random;
  readonly config: ConfigSource;
  readonly gpuProvider: GpuProvider;
  readonly hostLoad: HostLoad;
  readonly mountSources: MountSources;
  /** Left out: nobody looks at what was mounted. */
  readonly mountWitness?: MountWitness;
  readonly secretFiles: SecretFiles;
  readonly secretFolders: SecretFolders;
  readonly runLogs: RunLogs;
  readonly checkouts: Checkouts;
  readonly trees: SourceTrees;
  readonly notifier: Notifier;
  /** Left out: this process reads no catalogue. */
  readonly catalogueSync?: CatalogueSync;
  /** Left out: this process asks none. */
  readonly registry?: RegistryReader;
  /** Of the engine, as registries name it. */
  readonly architecture: string;
  readonly injection: () => GpuInjection;
  readonly timeText: (at: number, now: number) => string;
  readonly instance: string;
  readonly loginName: (uid: number) => string | null;
  /** Left out: nobody is in a group. */
  readonly people?: People;
  /** true: root's, for several people: over folders of the host a container is its project's owner. */
  readonly shared?: boolean;
  /** true: only projects that a request of this process named are touched. */
  readonly scoped?: boolean;
  /** true: nothing is written, as by a process that only looks. */
  readonly readOnly?: boolean;
  /** Left out: nobody looks at the disk that the record is on. */
  readonly room?: RoomOptions;
  /** On the disk that images come to; null: it cannot be told. Left out: it never can. */
  readonly engineFreeBytes?: () => number | null;
  readonly workers?: number;
  readonly onPass?: (report: PassReport) => void;
}
