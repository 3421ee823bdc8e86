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
  /** Who is asked about first: where time is short, each has its turn. */
  let turn = 0;

  const find = (container: RunningContainer, pid: number): Place | null => {
    mounts ??= mountsOf(files.text('/proc/self/mountinfo') ?? '');
    return placeOf({ container, pid, files, mounts });
  };

  /** Inspected each time: a process that was just gone is no reason to ask the slow way for ever. */
  const ask = async (container: RunningContainer): Promise<UsageReading | null> => {
    const { containerId } = container;
    const pid = await engine.pid(containerId);
    if (!pid.ok || pid.value === null) return null;
    const place = find(container, pid.value);
    if (place !== null) {
      places.set(containerId, place);
      return readFiles(place, files, monotonicMs);
    }
    const told = await engine.usage(containerId);
    return told.ok ? told.value : null;
  };

  return {
    read: async (containers, signal) => {
      const until = monotonicMs() + passMs;
      const readings = new Map<string, UsageReading>();
      const running = new Set(containers.map(({ containerId }) => containerId));
      for (const id of places.keys()) if (!running.has(id)) places.delete(id);

      const unread: RunningContainer[] = [];
      for (const [index, container] of containers.entries()) {
        if (index % batch === batch - 1) await breathe();
        const place = places.get(container.containerId);
        const reading =
          place?.startedAt === container.startedAt ? readFiles(place, files, monotonicMs) : null;
        if (reading !== null) readings.set(container.containerId, reading);
        else {
          places.delete(container.containerId);
          unread.push(container);
        }
      }

      const first = unread.length === 0 ? 0 : turn % unread.length;
      const queue = [...unread.slice(first), ...unread.slice(0, first)];
      await eachOf(queue, concurrency, async (container) => {
        if (signal.aborted || monotonicMs() >= until) return;
        turn += 1;
        const reading = await ask(container);
        if (reading !== null) readings.set(container.containerId, reading);
      });
      return readings;
    },
  };
};

/** Where the counters of one start of a container are. */
interface Place {
  readonly startedAt: number | null;
  readonly pid: number;
  /** Of /proc/PID/cgroup: another process with that number has another. */
  readonly cgroup: string;
  readonly files: CgroupFiles;
  /** false: it uses the host's own network, whose counters are not the container's. */
  readonly hasNetwork: boolean;
}

/** null: not on this machine, or not to be seen from here. */
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
}): Place | null => {
  const cgroup = files.text(`/proc/${pid}/cgroup`);
  // The number may be another machine's.
  if (cgroup?.includes(containerId) !== true) return null;
  const found = cgroupFiles(pathsOf(cgroup), mounts);
  if (found?.cpu == null || files.text(found.cpu) === null) return null;
  const namespace = files.link(`/proc/${pid}/ns/net`);
  const hasNetwork = namespace === null || namespace !== files.link('/proc/self/ns/net');
  const disk = found.disk.filter((path) => files.text(path) !== null);
  return { startedAt, pid, cgroup, files: { ...found, disk }, hasNetwork };
};

/** null: its process is gone. */
const readFiles = (
  { pid, cgroup, files: at, hasNetwork }: Place,
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
