import { constants } from 'node:fs';
import { open, readFile, type FileHandle } from 'node:fs/promises';
import type { HeldSources, MountWitness } from '../model/ports.ts';

/**
 * What a container was given, against what was judged. The engine takes a path, and its owner may put another
 * folder or a link in its place between the last look and the mount. So the sources are held by descriptors from
 * before the start, which also keeps their inode numbers from being given out anew, and after it the container's
 * own mounts are looked at.
 */
export const createMountWitness = ({
  pidOf,
  proc = '/proc',
}: {
  /** Of a container's first process, where the engine runs; null: it has none. */
  readonly pidOf: (containerId: string) => Promise<number | null>;
  readonly proc?: string;
}): MountWitness => ({
  hold: async (sources) => {
    const held: { readonly source: string; readonly handle: FileHandle | null }[] = [];
    const release = async (): Promise<void> => {
      await Promise.all(held.map(async ({ handle }) => handle?.close()));
    };
    for (const { source } of sources) {
      const found = await openLinkless('/', source).catch((error: unknown) => codeOf(error));
      if (typeof found !== 'string') held.push({ source, handle: found });
      // Of what is not there the engine has its own words; what comes in its place is not what was judged.
      else if (found === 'ENOENT') held.push({ source, handle: null });
      else if (found === 'ELOOP' || found === 'ENOTDIR') {
        await release();
        return { kind: 'changed', message: `${source} has a link on its way` };
      } else {
        // Not ours to look at, as in a user's own instance.
        await release();
        return { kind: 'held', held: unwatched };
      }
    }
    return { kind: 'held', held: { compare: (id) => compare(held, { id, pidOf, proc }), release } };
  },
});

const unwatched: HeldSources = {
  compare: () => Promise.resolve(null),
  release: () => Promise.resolve(),
};

const compare = async (
  held: readonly { readonly source: string; readonly handle: FileHandle | null }[],
  of: {
    readonly id: string;
    readonly pidOf: (containerId: string) => Promise<number | null>;
    readonly proc: string;
  },
): Promise<string | null> => {
  const pid = held.length === 0 ? null : await of.pidOf(of.id);
  const mounted = pid === null ? null : await identitiesIn(pid, of);
  // It has ended, or runs where nobody of this machine can look.
  if (mounted === null) return null;
  for (const { source, handle } of held) {
    const found = handle === null ? -1 : mounted.indexOf(await identityOf(handle));
    if (found < 0) return `${source} is mounted as another folder than the one that was looked at`;
    // Two mounts of one folder are two in the container as well.
    mounted.splice(found, 1);
  }
  return null;
};

/** Of everything that is mounted in the container; null: it is not there, or not on this machine. */
const identitiesIn = async (
  pid: number,
  { id, proc }: { readonly id: string; readonly proc: string },
): Promise<string[] | null> => {
  const at = `${proc}/${pid}`;
  try {
    const root = await open(`${at}/root`, pathOnly);
    try {
      const points = mountPoints(await readFile(`${at}/mountinfo`, 'utf8'));
      // The number may be that of another machine, or given out anew.
      if (!(await readFile(`${at}/cgroup`, 'utf8')).includes(id)) return null;
      const found: string[] = [];
      for (const point of points) {
        const handle = await openLinkless(`/proc/self/fd/${root.fd}/`, point).catch(() => null);
        if (handle === null) continue;
        found.push(await identityOf(handle));
        await handle.close();
      }
      return (await readFile(`${at}/cgroup`, 'utf8')).includes(id) ? found : null;
    } finally {
      await root.close();
    }
  } catch {
    return null;
  }
};

/** The kernel's own are none of the host's folders. */
export const mountPoints = (mountinfo: string): readonly string[] =>
  mountinfo.split('\n').flatMap((line) => {
    const point = line.split(' ')[4];
    return point === undefined || point === '/' || /^\/(proc|sys|dev)(\/|$)/.test(point)
      ? []
      : [point.replace(/\\([0-7]{3})/g, (_, digits: string) => octal(digits))];
  });

const octal = (digits: string): string => String.fromCharCode(parseInt(digits, 8));

const identityOf = async (handle: FileHandle): Promise<string> => {
  const { dev, ino } = await handle.stat({ bigint: true });
  return `${dev}:${ino}`;
};

/** Linux on every architecture that MLEnv runs on; Node has no name for it. */
const pathOnly = 0o10000000;

/** Part by part, so that no link on the way is followed, whoever puts one there meanwhile. */
const openLinkless = async (from: string, path: string): Promise<FileHandle> => {
  let at = await open(from, pathOnly | constants.O_DIRECTORY);
  for (const part of path.split('/').filter((each) => each !== '')) {
    const before = at;
    try {
      at = await open(`/proc/self/fd/${before.fd}/${part}`, pathOnly | constants.O_NOFOLLOW);
    } finally {
      await before.close();
    }
    if ((await at.stat()).isSymbolicLink()) {
      await at.close();
      throw Object.assign(new Error(`${part} is a link`), { code: 'ELOOP' });
    }
  }
  return at;
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
