import { statfs } from 'node:fs/promises';
import type { StatsFs } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { mem } from 'systeminformation';
import type { HostDisk, HostLoad, HostReading } from '../model/host.ts';

export interface HostLoadOptions {
  /** Where to look for free space. `what` is for people. */
  readonly disks: () => readonly { readonly what: string; readonly path: string }[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** For each thing that is read. */
  readonly timeoutMs?: number;
}

/**
 * systeminformation's currentLoad and fsSize start programs or hold the process up; what they tell stands in
 * node:os and statfs as well. Its mem reads one file. A disk that does not answer is left out.
 */
export const createHostLoad = ({ disks, now, timeoutMs = 2000 }: HostLoadOptions): HostLoad => {
  let before: CpuTimes | null = null;
  const diskOf = diskReader(timeoutMs);
  return {
    read: async () => {
      const times = cpuTimes();
      const percent = before === null ? null : busyPercent(before, times);
      // Two looks within one tick of the clock tell nothing: the next one counts from the first.
      if (before === null || times.totalMs > before.totalMs) before = times;
      const [memory, found] = await Promise.all([
        within(memoryOf(), timeoutMs),
        Promise.all(disks().map(diskOf)),
      ]);
      return {
        readAt: now(),
        cores: Math.max(1, times.cores),
        cpuPercent: percent,
        ...loads(),
        memoryTotalBytes: memory?.totalBytes ?? null,
        memoryAvailableBytes: memory?.availableBytes ?? null,
        disks: found.filter((disk) => disk !== null),
      };
    },
  };
};

const loads = (): Pick<HostReading, 'load1' | 'load5' | 'load15'> => {
  const [load1 = null, load5 = null, load15 = null] = process.platform === 'win32' ? [] : loadavg();
  return { load1, load5, load15 };
};

export interface CpuTimes {
  readonly cores: number;
  readonly idleMs: number;
  readonly totalMs: number;
}

/** From 0 to 100; null: no time passed, or the counters went back. */
export const busyPercent = (before: CpuTimes, after: CpuTimes): number | null => {
  const totalMs = after.totalMs - before.totalMs;
  const idleMs = after.idleMs - before.idleMs;
  if (totalMs <= 0 || idleMs < 0) return null;
  return Math.min(100, Math.max(0, (100 * (totalMs - idleMs)) / totalMs));
};

const cpuTimes = (): CpuTimes => {
  const cores = cpus();
  const sum = (read: (times: (typeof cores)[number]['times']) => number): number =>
    cores.reduce((total, { times }) => total + read(times), 0);
  return {
    cores: cores.length,
    idleMs: sum(({ idle }) => idle),
    totalMs: sum(({ user, nice, sys, idle, irq }) => user + nice + sys + idle + irq),
  };
};

interface Memory {
  readonly totalBytes: number | null;
  readonly availableBytes: number | null;
}

/** What could not be read is 0 there, or no number. */
const memoryOf = async (): Promise<Memory> => {
  const { total, available } = await mem();
  const known = (bytes: number): number | null => (bytes > 0 ? bytes : null);
  return { totalBytes: known(total), availableBytes: known(available) };
};

interface Disk {
  readonly what: string;
  readonly path: string;
}

/**
 * A dead network mount never answers, and each question to it holds one of Node's few threads: while one
 * is open, who asks for the same path waits for that one.
 */
const diskReader = (timeoutMs: number): ((disk: Disk) => Promise<HostDisk | null>) => {
  const open = new Map<string, Promise<StatsFs>>();
  return async ({ what, path }) => {
    const asked =
      open.get(path) ??
      statfs(path).finally(() => {
        open.delete(path);
      });
    open.set(path, asked);
    const found = await within(asked, timeoutMs);
    if (found === null || found.blocks === 0) return null;
    // What a user may write, less what is kept for root.
    return { what, totalBytes: found.blocks * found.bsize, freeBytes: found.bavail * found.bsize };
  };
};

/** null: it failed or did not come in time. */
const within = async <T>(promise: Promise<T>, limitMs: number): Promise<T | null> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, limitMs, null);
  });
  try {
    return await Promise.race([promise, late]);
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
};
