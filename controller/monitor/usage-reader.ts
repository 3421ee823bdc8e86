import type { EngineUsage, RunningContainer, UsageReader, UsageReading } from '../model/metrics.ts';
import {
  cgroupFiles,
  cpuNsOf,
  diskOf,
  memoryLimitOf,
  memoryOf,
  mountsOf,
  networkOf,
  pathsOf,
  type CgroupFiles,
  type CgroupMount,
} from './cgroup.ts';

export interface UsageReaderOptions {
  readonly engine: EngineUsage;
  readonly files: CounterFiles;
  /** Milliseconds of a clock that is never set. */
  readonly monotonicMs: () => number;
  /** Lets other work of this process go on. */
  readonly breathe: () => Promise<void>;
  /** Calls to the engine at once. */
  readonly concurrency?: number;
  /** From then on no further container is asked about in this pass. */
  readonly passMs?: number;
}

/** Files of the kernel: they never wait for a disk, so they are read without leaving the thread. */
export interface CounterFiles {
  /** null: not there, or not to be read. */
  text(path: string): string | null;
  link(path: string): string | null;
}

/** So many containers are read in a row: about two milliseconds. */
const batch = 8;

/**
 * Counters of local containers come from the kernel's files; where those are not to be found (an engine on another
 * machine or in a user's own namespace) the engine is asked.
 */
export const createUsageReader = (options: UsageReaderOptions): UsageReader => {
  const { engine, files, monotonicMs, breathe, concurrency = 8, passMs = 20_000 } = options;
  const places = new Map<string, Place>();
  let mounts: readonly CgroupMount[] | null = null;

  const find = async (container: RunningContainer): Promise<Place | null> => {
    const pid = await engine.pid(container.containerId);
    if (!pid.ok || pid.value === null) return null;
    mounts ??= mountsOf(files.text('/proc/self/mountinfo') ?? '');
    return placeOf({ container, pid: pid.value, files, mounts });
  };

  return {
    read: async (containers) => {
      const until = monotonicMs() + passMs;
      const readings = new Map<string, UsageReading>();
      const running = new Set(containers.map(({ containerId }) => containerId));
      for (const id of places.keys()) if (!running.has(id)) places.delete(id);

      const unread: RunningContainer[] = [];
      for (const [index, container] of containers.entries()) {
        if (index % batch === batch - 1) await breathe();
        const place = places.get(container.containerId);
        const reading =
          place?.kind === 'files' && place.startedAt === container.startedAt
            ? readFiles(place, files, monotonicMs)
            : null;
        if (reading === null) unread.push(container);
        else readings.set(container.containerId, reading);
      }

      await eachOf(unread, concurrency, async (container) => {
        const { containerId } = container;
        if (monotonicMs() >= until) return;
        const known = places.get(containerId);
        if (known?.kind !== 'engine' || known.startedAt !== container.startedAt) {
          places.delete(containerId);
          const place = await find(container);
          if (place === null) return;
          places.set(containerId, place);
          const reading = place.kind === 'files' ? readFiles(place, files, monotonicMs) : null;
          if (reading !== null) {
            readings.set(containerId, reading);
            return;
          }
          if (place.kind === 'files') return;
        }
        const told = await engine.usage(containerId);
        if (told.ok) readings.set(containerId, told.value);
      });
      return readings;
    },
  };
};

/** Where the counters of one start of a container are. */
type Place =
  | {
      readonly kind: 'files';
      readonly startedAt: number | null;
      readonly pid: number;
      /** Of /proc/PID/cgroup: another process with that number has another. */
      readonly cgroup: string;
      readonly files: CgroupFiles;
      /** false: it uses the host's own network, whose counters are not the container's. */
      readonly hasNetwork: boolean;
    }
  | { readonly kind: 'engine'; readonly startedAt: number | null };

const placeOf = ({
  container: { containerId, startedAt },
  pid,
  files,
  mounts,
}: {
  readonly container: RunningContainer;
  readonly pid: number;
  readonly files: CounterFiles;
  readonly mounts: readonly CgroupMount[];
}): Place => {
  const cgroup = files.text(`/proc/${pid}/cgroup`);
  const engine: Place = { kind: 'engine', startedAt };
  // The number may be another machine's.
  if (cgroup?.includes(containerId) !== true) return engine;
  const found = cgroupFiles(pathsOf(cgroup), mounts);
  if (found?.cpu == null || files.text(found.cpu) === null) return engine;
  const namespace = files.link(`/proc/${pid}/ns/net`);
  const hasNetwork = namespace === null || namespace !== files.link('/proc/self/ns/net');
  return { kind: 'files', startedAt, pid, cgroup, files: found, hasNetwork };
};

/** null: its process is gone. */
const readFiles = (
  { pid, cgroup, files: at, hasNetwork }: Extract<Place, { kind: 'files' }>,
  files: CounterFiles,
  monotonicMs: () => number,
): UsageReading | null => {
  const { version } = at;
  const textOf = (path: string | null): string | null => (path === null ? null : files.text(path));
  const atMs = monotonicMs();
  const cpu = textOf(at.cpu);
  const [usage, stat] = [textOf(at.memory), textOf(at.memoryStat)];
  const limit = version === 1 ? stat : textOf(at.memoryLimit);
  const disk = firstDisk(at, files);
  const net = hasNetwork ? textOf(`/proc/${pid}/net/dev`) : null;
  const network = net === null ? null : networkOf(net);
  // Last, so that all before was of this very process.
  if (files.text(`/proc/${pid}/cgroup`) !== cgroup) return null;
  return {
    atMs,
    run: `files ${pid}`,
    cpuNs: cpu === null ? null : cpuNsOf(version, cpu),
    memoryBytes: usage === null || stat === null ? null : memoryOf(version, { usage, stat }),
    memoryLimitBytes: limit === null ? null : memoryLimitOf(version, limit),
    diskReadBytes: disk?.read ?? null,
    diskWriteBytes: disk?.written ?? null,
    networkRxBytes: network?.rx ?? null,
    networkTxBytes: network?.tx ?? null,
  };
};

const firstDisk = (
  { version, disk }: CgroupFiles,
  files: CounterFiles,
): ReturnType<typeof diskOf> => {
  for (const path of disk) {
    const text = files.text(path);
    const found = text === null ? null : diskOf(version, text);
    if (found !== null) return found;
  }
  return null;
};

const eachOf = async <T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> => {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
};
