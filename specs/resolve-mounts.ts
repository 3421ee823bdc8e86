import { isAbsolute, posix } from 'node:path';
import { type MountRoot } from '../controller/model/config.ts';
import { systemFolderAt } from '../controller/model/system-folders.ts';
import type { MountWish, WorkspaceWish } from '../controller/model/environment.ts';
import { secretsTarget } from '../controller/model/secret.ts';
import { fault, partName, type Path } from './fault.ts';
import type { Judge } from '../controller/door/kinds.ts';
import type { HeldFolder, SpecFiles } from './files.ts';
import { cleanTarget, refusedTarget, resolveBelow, type Below } from './paths.ts';
import { sizeOf, type Range, type Report } from './resolve-scalars.ts';
import { quoted } from './safe-text.ts';
import type { SpecMount, SpecWorkspace } from './types.generated.ts';

export interface MountPlace {
  readonly files: Pick<SpecFiles, 'enter'>;
  readonly folder: string;
  /** The same folder where somebody holds it already. */
  readonly held?: HeldFolder;
  /** Asked of each file that is read from it; left out: all are taken. */
  readonly judge?: Judge;
  /** What the host lets the project in this folder mount beyond it; left out: nothing. */
  readonly mountRoots?: (folder: string) => readonly MountRoot[];
}

export const defaultWorkspace = '/workspace';

export const workspaceOf = (
  workspace: SpecWorkspace,
  path: Path,
  report: Report,
): WorkspaceWish | null => {
  if (workspace === false) return null;
  if (workspace === true) return { target: defaultWorkspace, readOnly: false, update: 'keep' };
  if (typeof workspace === 'string') {
    return { target: targetOf(workspace, path, report), readOnly: false, update: 'keep' };
  }
  const { target = defaultWorkspace, readOnly = false, update = 'keep' } = workspace;
  return { target: targetOf(target, [...path, 'target'], report), readOnly, update };
};

export const mountsOf = async (
  mounts: readonly SpecMount[],
  workspace: WorkspaceWish | null,
  {
    path,
    report,
    place,
    hasSecrets,
  }: {
    readonly path: Path;
    readonly report: Report;
    readonly place: MountPlace;
    readonly hasSecrets: boolean;
  },
): Promise<readonly MountWish[]> => {
  if (hasSecrets && workspace !== null && isSecretsPlace(workspace.target)) {
    const message = `${quoted(workspace.target)} is where secrets lie`;
    const hint = 'choose another place for the workspace';
    report(fault('E_DUPLICATE_MOUNT', ['workspace'], { message, hint }));
  }
  const taken = new Set(workspace === null ? [] : [workspace.target]);
  const wishes: MountWish[] = [];
  for (const [index, mount] of mounts.entries()) {
    const at = [...path, index];
    const target = targetOf(mount.target, [...at, 'target'], report);
    if (taken.has(target)) {
      const message = `${quoted(target)} is mounted twice`;
      const hint =
        target === workspace?.target
          ? 'the workspace lies there; choose another target, or workspace: false'
          : 'choose another target';
      report(fault('E_DUPLICATE_MOUNT', [...at, 'target'], { message, hint }));
    }
    if (hasSecrets && isSecretsPlace(target)) {
      const message = `${quoted(target)} is where secrets lie`;
      const hint = 'choose another target';
      report(fault('E_DUPLICATE_MOUNT', [...at, 'target'], { message, hint }));
    }
    taken.add(target);
    wishes.push(await mountOf(mount, target, { path: at, report, place }));
  }
  return wishes;
};

const isSecretsPlace = (target: string): boolean => isBelow(secretsTarget, target);

const mountOf = async (
  mount: SpecMount,
  target: string,
  {
    path,
    report,
    place,
  }: { readonly path: Path; readonly report: Report; readonly place: MountPlace },
): Promise<MountWish> => {
  if ('tmpfs' in mount) {
    const sizeBytes =
      mount.size === undefined ? null : sizeOf(mount.size, [...path, 'size'], tmpfsRange, report);
    return { kind: 'tmpfs', target, sizeBytes };
  }
  if ('volume' in mount) {
    return { kind: 'volume', volume: mount.volume, target, readOnly: mount.readOnly ?? false };
  }
  const { source, root } = await sourceOf(mount.source, {
    path: [...path, 'source'],
    report,
    place,
  });
  if (root?.readOnly === true && mount.readOnly === false) {
    const message = `${quoted(mount.source)} lies below ${root.path}, which is read-only here`;
    const hint = 'write readOnly: true, or leave it out';
    report(fault('E_MOUNT_READ_ONLY', [...path, 'readOnly'], { message, hint }));
  }
  // Where nothing is said, a read-only root decides.
  const readOnly = mount.readOnly ?? root?.readOnly ?? false;
  return { kind: 'bind', source, target, readOnly };
};

interface Sourced {
  readonly source: string;
  /** What it lies below beyond the project's folder; null: it is the project's own. */
  readonly root: MountRoot | null;
}

const sourceOf = async (
  given: string,
  {
    path,
    report,
    place,
  }: { readonly path: Path; readonly report: Report; readonly place: MountPlace },
): Promise<Sourced> => {
  const nowhere: Sourced = { source: place.folder, root: null };
  const roots = place.mountRoots?.(place.folder) ?? [];
  const hint = outsideHint(roots);
  if (given.startsWith('~')) {
    const message = `${quoted(given)}: ~ is not replaced`;
    report(fault('E_PATH_OUTSIDE', path, { message, hint }));
    return nowhere;
  }
  const { below, root } = await placeOf(given, { place, roots });
  switch (below.kind) {
    case 'below': {
      if (below.found === 'other') {
        const message = `${quoted(given)} is a socket, a device or a pipe`;
        report(fault('E_MOUNT_SOURCE', path, { message, hint: 'mount a file or a folder' }));
      }
      return { source: below.path, root };
    }
    case 'outside':
      report(fault('E_PATH_OUTSIDE', path, { message: `${quoted(given)} ${below.message}`, hint }));
      return nowhere;
    case 'unreadable': {
      const message = `${quoted(given)} cannot be looked at (${below.message})`;
      report({ ...fault('E_FILE_READ', path, { message }), temporary: true });
      return nowhere;
    }
    default:
      return below satisfies never;
  }
};

/** In the project's folder, else below the first root that it lies below: never by a link that leads out. */
const placeOf = async (
  given: string,
  { place, roots }: { readonly place: MountPlace; readonly roots: readonly MountRoot[] },
): Promise<{ readonly below: Below; readonly root: MountRoot | null }> => {
  const own = await inFolder(place, (held) => resolveBelow(held, given, place));
  if (own.kind !== 'outside' || !isAbsolute(given)) return { below: own, root: null };
  let best: Below = own;
  for (const root of roots.filter((one) => isBelow(one.path, posix.normalize(given)))) {
    const what = `the mount root ${root.path}`;
    const named = { folder: root.path, what };
    const below = await inFolder({ files: place.files, ...named }, (held) =>
      resolveBelow(held, given, named),
    );
    if (below.kind === 'below') {
      const system = systemFolderAt(below.path);
      // The root itself may be a link, and may have become one since the configuration was read.
      if (system === null) return { below, root };
      best = { kind: 'outside', message: `leads into ${system}` };
    } else best = below;
  }
  return { below: best, root: null };
};

/** Does something with a folder that is held, and opened for this alone where nobody holds it. */
export const inFolder = async <T>(
  {
    files,
    folder,
    held,
    what = 'the folder',
  }: Pick<MountPlace, 'files' | 'folder' | 'held'> & { readonly what?: string },
  run: (held: HeldFolder) => Promise<T>,
): Promise<T | { readonly kind: 'unreadable'; readonly message: string }> => {
  if (held !== undefined) return run(held);
  const entry = await files.enter(folder);
  if (entry.kind !== 'folder') return { kind: 'unreadable', message: `${what} cannot be read` };
  try {
    return await run(entry.held);
  } finally {
    await entry.held.close();
  }
};

const isBelow = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(`${folder}/`);

const outsideHint = (roots: readonly MountRoot[]): string =>
  roots.length === 0
    ? "only what lies in the project's folder can be mounted; a named volume can hold the rest"
    : `only what lies in the project's folder or below ${roots.map(({ path }) => path).join(', ')} can be mounted; a named volume can hold the rest`;

export const targetOf = (target: string, path: Path, report: Report): string => {
  const refused = refusedTarget(target, 'mount');
  if (refused !== null) {
    const hint = target.startsWith('/dev/shm') ? 'shm: sets its size' : 'choose another path';
    report(fault('E_PATH', path, { message: `${partName(path)} ${refused}`, hint }));
  }
  return cleanTarget(target);
};

const tmpfsRange: Range = { min: 4096, max: 2 ** 50, says: '4KB or more' };
