import { posix } from 'node:path';

/** Where the kernel keeps a container's counters; null: not there. Absolute paths of files. */
export interface CgroupFiles {
  readonly version: 1 | 2;
  readonly cpu: string | null;
  readonly memory: string | null;
  readonly memoryStat: string | null;
  /** v1 tells the limit in memoryStat. */
  readonly memoryLimit: string | null;
  /** The first with a device in it counts: which one does depends on the kernel's I/O scheduler. */
  readonly disk: readonly string[];
}

/** `/proc/PID/cgroup`: controller → path below its mount; '' is v2's one hierarchy. */
export const pathsOf = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split('\n').flatMap((line) => {
      const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
      if (controllers === undefined || path === undefined) return [];
      return controllers.split(',').map((name) => [name, path] as const);
    }),
  );

export interface CgroupMount {
  /** '' for v2. */
  readonly controllers: readonly string[];
  /** What of the hierarchy is mounted there. */
  readonly root: string;
  readonly at: string;
}

/** `/proc/self/mountinfo`: where each hierarchy is mounted. */
export const mountsOf = (mountinfo: string): readonly CgroupMount[] =>
  mountinfo.split('\n').flatMap((line): readonly CgroupMount[] => {
    const [before, after] = line.split(' - ');
    const [, , , root, at] = (before ?? '').split(' ');
    const [type, , options] = (after ?? '').split(' ');
    if (root === undefined || at === undefined) return [];
    if (type === 'cgroup2') return [{ controllers: [''], root, at }];
    return type === 'cgroup' ? [{ controllers: (options ?? '').split(','), root, at }] : [];
  });

/** null: no hierarchy counts this process, or the container is not the one in its path. */
export const cgroupFiles = (
  paths: ReadonlyMap<string, string>,
  mounts: readonly CgroupMount[],
): CgroupFiles | null => {
  const folder = (controller: string): string | null => {
    const path = paths.get(controller);
    if (path === undefined) return null;
    const found = mounts
      .filter(({ controllers }) => controllers.includes(controller))
      .map(({ root, at }) => ({ at, below: belowRoot(path, root) }))
      .find(({ below }) => below !== null);
    return found?.below == null ? null : posix.join(found.at, found.below);
  };
  const [cpu, memory, disk] = [folder('cpuacct'), folder('memory'), folder('blkio')];
  if (cpu !== null || memory !== null) {
    return {
      version: 1,
      cpu: cpu && `${cpu}/cpuacct.usage`,
      memory: memory && `${memory}/memory.usage_in_bytes`,
      memoryStat: memory && `${memory}/memory.stat`,
      memoryLimit: null,
      disk:
        disk === null
          ? []
          : ['throttle.', 'bfq.', ''].map(
              (kind) => `${disk}/blkio.${kind}io_service_bytes_recursive`,
            ),
    };
  }
  const all = folder('');
  if (all === null) return null;
  return {
    version: 2,
    cpu: `${all}/cpu.stat`,
    memory: `${all}/memory.current`,
    memoryStat: `${all}/memory.stat`,
    memoryLimit: `${all}/memory.max`,
    disk: [`${all}/io.stat`],
  };
};

/** A path that leads out of what this process sees cannot be followed. */
const belowRoot = (path: string, root: string): string | null => {
  if (path.split('/').includes('..') || root.split('/').includes('..')) return null;
  if (root === '/') return path;
  if (path === root) return '/';
  return path.startsWith(`${root}/`) ? path.slice(root.length) : null;
};

/** Nanoseconds; null: not understood. */
export const cpuNsOf = (version: 1 | 2, text: string): number | null => {
  if (version === 1) return wholeOf(text.trim());
  const microseconds = keyed(text, 'usage_usec');
  return microseconds === null ? null : microseconds * 1000;
};

/** Less pages of files that are not in use, as `docker stats` counts. */
export const memoryOf = (
  version: 1 | 2,
  { usage, stat }: { readonly usage: string; readonly stat: string },
): number | null => {
  const used = wholeOf(usage.trim());
  const inactive = keyed(stat, version === 1 ? 'total_inactive_file' : 'inactive_file');
  if (used === null || inactive === null) return null;
  return inactive < used ? used - inactive : used;
};

/** Bytes; null: no limit. v1 writes a number of the size of the address space for none. */
export const memoryLimitOf = (version: 1 | 2, text: string): number | null => {
  const limit = version === 1 ? keyed(text, 'hierarchical_memory_limit') : wholeOf(text.trim());
  return limit === null || limit >= 2 ** 62 ? null : limit;
};

export interface ReadWritten {
  readonly read: number;
  readonly written: number;
}

/**
 * The sum over all devices. null: no device is in the file of v1, which does not tell "nothing yet" from
 * "not counted" (a kernel of 6.18 listed none after 16 MB were written past the page cache). The file of v2 is empty until something was read or written.
 */
export const diskOf = (version: 1 | 2, text: string): ReadWritten | null => {
  const lines = text.split('\n').filter((line) => /^\d+:\d+ /.test(line));
  if (version === 1 && lines.length === 0) return null;
  const sum = (pattern: RegExp): number =>
    lines.reduce((total, line) => total + Number(pattern.exec(line)?.[1] ?? 0), 0);
  return version === 1
    ? { read: sum(/^\d+:\d+ Read (\d+)$/), written: sum(/^\d+:\d+ Write (\d+)$/) }
    : { read: sum(/ rbytes=(\d+)/), written: sum(/ wbytes=(\d+)/) };
};

export interface Received {
  readonly rx: number;
  readonly tx: number;
}

/** `/proc/PID/net/dev` without the loopback; null: not such a file. */
export const networkOf = (text: string): Received | null => {
  const lines = text
    .split('\n')
    .slice(2)
    .filter((line) => line.trim() !== '');
  if (!text.startsWith('Inter-')) return null;
  return lines.reduce<Received>(
    ({ rx, tx }, line) => {
      const [name = '', rest = ''] = line.split(':');
      const numbers = rest.trim().split(/\s+/).map(Number);
      if (name.trim() === 'lo') return { rx, tx };
      return { rx: rx + (numbers[0] ?? 0), tx: tx + (numbers[8] ?? 0) };
    },
    { rx: 0, tx: 0 },
  );
};

const wholeOf = (text: string): number | null => (/^\d+$/.test(text) ? Number(text) : null);

const keyed = (text: string, key: string): number | null => {
  const at = text.startsWith(`${key} `) ? 0 : text.indexOf(`\n${key} `) + 1;
  if (at === 0 && !text.startsWith(`${key} `)) return null;
  const from = at + key.length + 1;
  const end = text.indexOf('\n', from);
  return wholeOf(text.slice(from, end === -1 ? undefined : end).trim());
};
