import { close, constants, fstat, open, read, readdir, readlink, type BigIntStats } from 'node:fs';
import { promisify } from 'node:util';
import { showsAcl } from './acl.ts';
import type { Absent, Component, FileKind, FileRead, FolderList, Unreadable } from './kinds.ts';

/** Something of a file system that is held: whatever its name leads to by now, this is what was looked at. */
export interface Held extends Component {
  readonly fd: number;
  readonly stat: BigIntStats;
}

/** Linux: a descriptor to look at and to go on from, which opens nothing and never waits. */
const O_PATH = 0o10000000;
const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** Never through a link: that itself is held. Throws what the system says. `shown`: as people know it. */
export const hold = async (path: string | Buffer, shown: string): Promise<Held> => {
  const fd = await opens(path, O_PATH | O_NOFOLLOW);
  try {
    const stat = await fstats(fd, { bigint: true });
    return {
      fd,
      stat,
      path: shown,
      kind: kindOf(stat),
      uid: Number(stat.uid),
      gid: Number(stat.gid),
      mode: Number(stat.mode) & permissionBits,
      hasAcl: () => showsAcl(fd, `${stat.dev}:${stat.ino}:${stat.birthtimeNs}:${stat.ctimeNs}`),
    };
  } catch (error) {
    await closes(fd);
    throw error;
  }
};

/** What has this name in the folder that is held. */
export const holdPart = (folder: Held, name: string | Buffer): Promise<Held> =>
  hold(within(folder, name), `${folder.path === '/' ? '' : folder.path}/${name.toString()}`);

export const release = async (held: readonly Held[]): Promise<void> => {
  await Promise.all(held.map(({ fd }) => closes(fd)));
};

export const linkIn = (folder: Held, name: string): Promise<string> =>
  readlinks(within(folder, name), 'utf8');

export const listHeld = (folder: Held): Promise<FolderList> =>
  valueOf<FolderList>(async () => {
    if (folder.kind !== 'folder') return { kind: 'not-a-folder' };
    const entries = await readdirs(`/proc/self/fd/${folder.fd}`, { withFileTypes: true });
    const named = entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
    return { kind: 'entries', entries: named.sort((a, b) => (a.name < b.name ? -1 : 1)) };
  });

/** The bytes of what is held. Only an ordinary file is ever opened: a pipe or a device would notice. */
export const readHeld = (held: Held, maxBytes: number): Promise<FileRead> =>
  valueOf<FileRead>(async () => {
    if (held.kind !== 'file') return { kind: 'not-a-file', found: held.kind };
    const fd = await opens(`/proc/self/fd/${held.fd}`, O_RDONLY | O_NONBLOCK);
    try {
      return await bytesOf(fd, maxBytes);
    } finally {
      await closes(fd);
    }
  });

const bytesOf = async (fd: number, maxBytes: number): Promise<FileRead> => {
  const before = await fstats(fd, { bigint: true });
  if (before.size > BigInt(maxBytes)) return { kind: 'too-large' };
  // One more than there is, to see that there is no more.
  const buffer = new Uint8Array(Number(before.size) + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await reads(fd, buffer, length, buffer.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  if (!isSame(before, await fstats(fd, { bigint: true }), length)) return { kind: 'moved' };
  return { kind: 'bytes', bytes: buffer.slice(0, length) };
};

const isSame = (before: BigIntStats, after: BigIntStats, length: number): boolean =>
  before.size === BigInt(length) &&
  before.size === after.size &&
  before.mtimeNs === after.mtimeNs &&
  before.ctimeNs === after.ctimeNs;

export const kindOf = (seen: {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}): FileKind => {
  if (seen.isFile()) return 'file';
  if (seen.isDirectory()) return 'folder';
  return seen.isSymbolicLink() ? 'symlink' : 'other';
};

/** Names are bytes, and not all of them are text. */
const within = (folder: Held, name: string | Buffer): string | Buffer => {
  const at = `/proc/self/fd/${folder.fd}/`;
  return typeof name === 'string' ? at + name : Buffer.concat([Buffer.from(at), name]);
};

const permissionBits = 0o7777;

const opens = promisify(open);
const fstats = promisify(fstat);
const closes = promisify(close);
const reads = promisify(read);
const readdirs = promisify(readdir);
const readlinks = promisify(readlink);

// ENOTDIR: what the path goes through is a file, so nothing can lie beneath it.
const absentCodes: readonly string[] = ['ENOENT', 'ENOTDIR'];

export const isAbsent = (error: unknown): boolean => absentCodes.includes(codeOf(error));

export const valueOf = async <T>(
  run: () => Promise<T>,
  special: (code: string) => T | null = () => null,
): Promise<T | Absent | Unreadable> => {
  try {
    return await run();
  } catch (error) {
    const code = codeOf(error);
    const known = special(code);
    if (known !== null) return known;
    return absentCodes.includes(code) ? { kind: 'absent' } : unreadable(code);
  }
};

/** Root is denied only where a file system does not know it for root. */
export const unreadable = (code: string, uid = process.getuid?.()): Unreadable => {
  const denied = code === 'EACCES' || code === 'EPERM';
  const message = denied && uid === 0 ? `${code}: ${deniedToRoot}` : code;
  return { kind: 'unreadable', denied, message };
};

const deniedToRoot =
  'its file system denies root, as NFS with root_squash does: export it with no_root_squash, or let its owner run an instance of their own';

export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : String(error);
