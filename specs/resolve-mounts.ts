import type { MountWish, WorkspaceWish } from '../controller/model/environment.ts';
import { fault, partName, type Path } from './fault.ts';
import type { SpecFiles } from './files.ts';
import { cleanTarget, refusedTarget, resolveBelow } from './paths.ts';
import { sizeOf, type Range, type Report } from './resolve-scalars.ts';
import { quoted } from './safe-text.ts';
import type { SpecMount, SpecWorkspace } from './types.generated.ts';

export interface MountPlace {
  readonly files: SpecFiles;
  readonly folder: string;
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
  }: { readonly path: Path; readonly report: Report; readonly place: MountPlace },
): Promise<readonly MountWish[]> => {
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
    taken.add(target);
    wishes.push(await mountOf(mount, target, { path: at, report, place }));
  }
  return wishes;
};

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
  const readOnly = mount.readOnly ?? false;
  if ('volume' in mount) return { kind: 'volume', volume: mount.volume, target, readOnly };
  const source = await sourceOf(mount.source, { path: [...path, 'source'], report, place });
  return { kind: 'bind', source, target, readOnly };
};

const sourceOf = async (
  given: string,
  {
    path,
    report,
    place,
  }: { readonly path: Path; readonly report: Report; readonly place: MountPlace },
): Promise<string> => {
  const hint =
    "only what lies in the project's folder can be mounted; a named volume can hold the rest";
  if (given.startsWith('~')) {
    const message = `${quoted(given)}: ~ is not replaced`;
    report(fault('E_PATH_OUTSIDE', path, { message, hint }));
    return place.folder;
  }
  const below = await resolveBelow(place.files, place.folder, given);
  switch (below.kind) {
    case 'below':
      return below.path;
    case 'outside':
      report(fault('E_PATH_OUTSIDE', path, { message: `${quoted(given)} ${below.message}`, hint }));
      return place.folder;
    case 'unreadable': {
      const message = `${quoted(given)} cannot be looked at (${below.message})`;
      report({ ...fault('E_FILE_READ', path, { message }), temporary: true });
      return place.folder;
    }
    default:
      return below satisfies never;
  }
};

export const targetOf = (target: string, path: Path, report: Report): string => {
  const refused = refusedTarget(target, 'mount');
  if (refused !== null) {
    const hint = target.startsWith('/dev/shm') ? 'shm: sets its size' : 'choose another path';
    report(fault('E_PATH', path, { message: `${partName(path)} ${refused}`, hint }));
  }
  return cleanTarget(target);
};

const tmpfsRange: Range = { min: 4096, max: 2 ** 50, says: '4KB or more' };
