import { existsSync, readFileSync, realpathSync, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** What the check asks of the host. */
export interface FileSystemFacts {
  /** `f_type` of statfs(2). */
  readonly type: (path: string) => number;
  /** The text of /proc/self/mountinfo; '' where there is none. */
  readonly mounts: () => string;
}

export const hostFileSystem: FileSystemFacts = {
  type: (path) => statfsSync(path).type,
  mounts: () => {
    try {
      return readFileSync('/proc/self/mountinfo', 'utf8');
    } catch {
      return '';
    }
  },
};

/** Bytes that this user may still write there; null: it cannot be told. */
export const freeBytesAt = (path: string): number | null => {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return null;
  }
};

/** Bytes of the whole file system there; null: it cannot be told. */
export const totalBytesAt = (path: string): number | null => {
  try {
    const { blocks, bsize } = statfsSync(path);
    return blocks * bsize;
  } catch {
    return null;
  }
};

/**
 * The name of the network file system that a path is on, or will be; null: a local one. SQLite's WAL needs
 * shared memory and true locks, which file systems of a network do not give.
 */
export const networkFileSystem = (path: string, facts: FileSystemFacts): string | null => {
  const there = nearestFolder(resolve(path));
  const type = facts.type(there) >>> 0;
  if (type !== fuse) return networkTypes.get(type) ?? null;
  const name = mountType(realpathSync(there), facts.mounts());
  return localFuse.has(name) ? null : name;
};

/** Magic numbers of statfs(2), linux/magic.h and the file systems' own sources. */
const networkTypes: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9p'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x73757245, 'Coda'],
  [0x47504653, 'GPFS'],
  [0x0bd00bd0, 'Lustre'],
  [0x564c, 'NCP'],
  [0x19830326, 'BeeGFS'],
  [0xaad7aaea, 'PanFS'],
]);

const fuse = 0x65735546;

/** FUSE file systems over a local disk; any other may be at the far end of a network. */
const localFuse: ReadonlySet<string> = new Set([
  'fuseblk',
  'fuse.fuse-overlayfs',
  'fuse.overlayfs',
  'fuse.bindfs',
  'fuse.mergerfs',
  'fuse.gocryptfs',
  'fuse.encfs',
  'fuse.ntfs-3g',
  'virtiofs',
]);

const nearestFolder = (path: string): string =>
  existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path));

/** proc(5): the fifth field is the mount point, the type is the first after the lone dash. The last mount on top wins. */
const mountType = (path: string, mountinfo: string): string => {
  let best = { length: -1, type: 'FUSE' };
  for (const line of mountinfo.split('\n')) {
    const [left = '', right = ''] = line.split(' - ', 2);
    const point = withoutEscapes(left.split(' ')[4] ?? '');
    const inside = point === '/' || path === point || path.startsWith(`${point}/`);
    if (point !== '' && inside && point.length >= best.length)
      best = { length: point.length, type: right.split(' ')[0] ?? 'FUSE' };
  }
  return best.type;
};

const withoutEscapes = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
