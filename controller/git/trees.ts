import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { failed, ok } from '../model/failure.ts';
import type { SourceConfig, SourceTrees } from '../model/git.ts';
import type { Owner } from '../model/record.ts';
import { createMirror, type Mirror } from './mirror.ts';
import type { Git } from './run.ts';
import { isChanged, layTree } from './tree.ts';

/**
 * `<root>/<source>/<commit>/…` are the trees, `<root>/.mirrors/<source>` the repositories. The first is entered by
 * the engine for its binds, the second by nobody but us.
 */
export const createSourceTrees = ({
  git,
  root,
  ownerOf,
}: {
  readonly git: Git;
  readonly root: string;
  /** By login name; null: there is no such user. */
  readonly ownerOf: (name: string | null) => Promise<Owner | null>;
}): SourceTrees => {
  const folder = ({ name }: SourceConfig): string => join(root, name);
  const mirrorOf = (source: SourceConfig): Mirror =>
    createMirror({ git, folder: join(root, '.mirrors', source.name), source });
  return {
    folder,
    fetch: async (source, since, signal) => {
      await mkdir(join(root, '.mirrors'), { recursive: true, mode: 0o700 });
      return mirrorOf(source).fetch(since, signal);
    },
    commit: (source, id) => mirrorOf(source).commit(id),
    lay: async (source, id) => {
      const owner = await ownerOf(source.owner);
      if (owner === null) return failed('terminal', `there is no user ${source.owner}`);
      await mkdir(folder(source), { recursive: true, mode: 0o755 });
      const laid = await layTree(mirrorOf(source), {
        commit: id,
        parent: folder(source),
        owner,
        limits: source.limits,
      });
      return laid.ok
        ? ok({ ...laid.value, folder: join(laid.value.folder, source.path), owner })
        : laid;
    },
    prune: async (source, keep) => {
      for (const name of await treesIn(folder(source))) {
        if (keep.includes(name)) continue;
        const tree = join(folder(source), name);
        const changed =
          isCommit(name) && (await isChanged(mirrorOf(source), { folder: tree, commit: name }));
        if (!changed) await rm(tree, { recursive: true, force: true });
      }
    },
  };
};

const isCommit = (name: string): boolean => /^[0-9a-f]{40,64}$/.test(name);

/** Ours: commits, and halves that a kill left. */
const treesIn = async (folder: string): Promise<readonly string[]> => {
  try {
    const names = await readdir(folder);
    return names.filter((name) => isCommit(name) || /^\.[0-9a-f]{40,64}\.half$/.test(name));
  } catch {
    return [];
  }
};
