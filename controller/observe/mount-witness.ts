import { readFile } from 'node:fs/promises';
import { codeOf, release, type Held } from '../door/descriptor.ts';
import { holdWay } from '../door/way.ts';
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
    const held: HeldSource[] = [];
    const letGo = (): Promise<void> => release(held.flatMap(({ found }) => found ?? []));
    for (const { source } of sources) {
      const found = await holdLinkless(source).catch(codeOf);
      if (typeof found !== 'string') held.push({ source, found });
      // Of what is not there the engine has its own words; what comes in its place is not what was judged.
      else if (found === 'ENOENT') held.push({ source, found: null });
      else if (found === 'ELOOP' || found === 'ENOTDIR') {
        await letGo();
        return { kind: 'changed', message: `${source} has a link on its way` };
      } else {
        // Not ours to look at, as in a user's own instance.
        await letGo();
        return { kind: 'held', held: unwatched };
      }
    }
    return {
      kind: 'held',
      held: { compare: (id) => compare(held, { id, pidOf, proc }), release: letGo },
    };
  },
});

interface HeldSource {
  readonly source: string;
  /** null: it was not there. */
  readonly found: Held | null;
}

const unwatched: HeldSources = {
  compare: () => Promise.resolve(null),
  release: () => Promise.resolve(),
};

const compare = async (
  held: readonly HeldSource[],
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
  for (const { source, found } of held) {
    const at = found === null ? -1 : mounted.indexOf(identityOf(found));
    if (at < 0) return `${source} is mounted as another folder than the one that was looked at`;
    // Two mounts of one folder are two in the container as well.
    mounted.splice(at, 1);
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
    const points = mountPoints(await readFile(`${at}/mountinfo`, 'utf8'));
    // The number may be that of another machine, or given out anew.
    if (!(await readFile(`${at}/cgroup`, 'utf8')).includes(id)) return null;
    const found: string[] = [];
    for (const point of points) {
      // The kernel's own link to its root is followed, and none behind it.
      const held = await holdLinkless(point, `${at}/root/.`).catch(() => null);
      if (held === null) continue;
      found.push(identityOf(held));
      await release([held]);
    }
    return (await readFile(`${at}/cgroup`, 'utf8')).includes(id) ? found : null;
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

const identityOf = ({ stat: { dev, ino } }: Held): string => `${dev}:${ino}`;

/** Part by part, so that no link on the way is followed, whoever puts one there meanwhile. */
const holdLinkless = async (path: string, top?: string): Promise<Held> => {
  const way = await holdWay(path, top);
  const last = way.at(-1);
  await release(way.slice(0, -1));
  if (last === undefined || last.kind === 'symlink') {
    await release(way.slice(-1));
    throw Object.assign(new Error(`${path} has a link on its way`), { code: 'ELOOP' });
  }
  return last;
};
