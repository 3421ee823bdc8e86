import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { failed, ok } from '../model/failure.ts';
import {
  defaultGitLimits,
  type RemoteSource,
  type SourceConfig,
  type SourceTrees,
} from '../model/git.ts';
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
  secretTrouble,
}: {
  readonly git: Git;
  readonly root: string;
  /** By login name; null: there is no such user. */
  readonly ownerOf: (name: string | null) => Promise<Owner | null>;
  /** Why a file does not count as a secret; null: it does. ssh looks at keys itself. */
  readonly secretTrouble: (file: string) => Promise<string | null>;
}): SourceTrees => {
  const folder = (name: string): string => join(root, name);
  const mirrorFolder = (name: string): string => join(root, '.mirrors', name);
  const mirrorOf = (source: SourceConfig): Mirror =>
    createMirror({ git, folder: mirrorFolder(source.name), source });

  const prune = async (
    name: string,
    { mirror, keep }: { readonly mirror: Mirror; readonly keep: readonly string[] },
  ): Promise<readonly string[]> => {
    const changed: string[] = [];
    for (const entry of await treesIn(folder(name))) {
      if (keep.includes(entry)) continue;
      const tree = join(folder(name), entry);
      if (isCommit(entry) && (await isChanged(mirror, { folder: tree, commit: entry }))) {
        changed.push(tree);
      } else await takeAway(tree);
    }
    return changed;
  };

  return {
    folder,
    fetch: async (source, since, signal) => {
      const { credentials } = source;
      const trouble = credentials.kind === 'token' ? await secretTrouble(credentials.file) : null;
      if (trouble !== null) return failed('retry', `the token of ${source.name}: ${trouble}`);
      await mkdir(join(root, '.mirrors'), { recursive: true, mode: 0o700 });
      return mirrorOf(source).fetch(since, signal);
    },
    commit: (source, id) => mirrorOf(source).commit(id),
    lay: async (source, id) => {
      const owner = await ownerOf(source.owner);
      if (owner === null) return failed('terminal', `there is no user ${source.owner}`);
      const parent = folder(source.name);
      await mkdir(parent, { recursive: true, mode: 0o755 });
      const { limits } = source;
      const laid = await layTree(mirrorOf(source), { commit: id, parent, owner, limits });
      return laid.ok
        ? ok({ ...laid.value, folder: join(laid.value.folder, source.path), owner })
        : laid;
    },
    prune: async (source, keep) => {
      const mirror = mirrorOf(source);
      const changed = await prune(source.name, { mirror, keep });
      await mirror.tidy([...keep, ...(await treesIn(folder(source.name))).filter(isCommit)]);
      return changed;
    },
    retire: async (name) => {
      const mirror = createMirror({ git, folder: mirrorFolder(name), source: nowhere });
      const changed = await prune(name, { mirror, keep: [] });
      await rm(mirrorFolder(name), { recursive: true, force: true });
      // What somebody put there is not ours to take.
      if (changed.length === 0) await rmdir(folder(name)).catch(() => {});
      return changed;
    },
  };
};

/** A mirror that is read and asks nobody, whatever was taken before. */
const nowhere: RemoteSource = {
  url: '',
  ref: '',
  credentials: { kind: 'none' },
  limits: { ...defaultGitLimits, maxBytes: Number.MAX_SAFE_INTEGER, maxFiles: 2 ** 20 },
};

/** Under another name first: half taken away, it would look as if somebody had changed it. */
const takeAway = async (tree: string): Promise<void> => {
  const half = isCommit(basename(tree)) ? join(dirname(tree), `.${basename(tree)}.half`) : tree;
  if (half !== tree) {
    await rm(half, { recursive: true, force: true });
    await rename(tree, half);
  }
  await rm(half, { recursive: true, force: true });
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
