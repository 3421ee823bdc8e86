import { ok, failed } from '../../controller/model/failure.ts';
import {
  defaultGitLimits,
  type Checkout,
  type Checkouts,
  type Commit,
  type SourceConfig,
  type SourceTrees,
} from '../../controller/model/git.ts';
import type { WorldFiles } from './world-files.ts';

/** Remotes that people push to, and the trees that a controller lays of them; both outlive every controller. */
export interface WorldSources {
  readonly trees: SourceTrees;
  readonly checkouts: Checkouts;
  /** As the host's configuration has them now. */
  configured: readonly SourceConfig[];
  /** What every remote answers instead of its commits; null: all is well. */
  down: string | null;
  /** When each remote was asked, in ms. */
  readonly asked: number[];
  /** Mirrors that lie on the disk. */
  readonly mirrors: ReadonlySet<string>;
  /** A commit on top of the branch, or of another commit; null: of none. Its hash. */
  push(name: string, spec: string, on?: string | null): string;
  /** A commit that takes the file away. */
  remove(name: string): string;
  /** Somebody changes a file of a laid tree. */
  edit(name: string, commit: string): void;
  /** What is checked out in a folder that people pull into. */
  checkOut(folder: string, id: string, over?: Partial<Checkout>): void;
}

export const createWorldSources = (files: WorldFiles, now: () => number): WorldSources => {
  const parents = new Map<string, string | null>();
  const texts = new Map<string, string>();
  const heads = new Map<string, string>();
  const mirrors = new Set<string>();
  const laid = new Map<string, Set<string>>();
  const edited = new Set<string>();
  const checkedOut = new Map<string, Checkout>();

  const commitOf = (id: string): Commit => ({
    id,
    author: 'Alice',
    at: 0,
    subject: `Commit ${id}`,
  });
  const follows = (id: string | null, since: string): boolean =>
    id !== null && (id === since || follows(parents.get(id) ?? null, since));
  const folder = (name: string): string => `/sources/${name}`;
  const treeOf = (name: string, id: string): string => `${folder(name)}/${id}`;
  const treesOf = (name: string): Set<string> => laid.get(name) ?? new Set();
  const prune = (name: string, keep: readonly string[]): readonly string[] =>
    [...treesOf(name)].flatMap((id) => {
      if (keep.includes(id)) return [];
      const tree = treeOf(name, id);
      if (edited.has(tree)) return [tree];
      files.remove(tree);
      treesOf(name).delete(id);
      return [];
    });

  const world: WorldSources = {
    configured: [],
    down: null,
    asked: [],
    mirrors,
    push: (name, spec, on = heads.get(name) ?? null) => {
      const id = (parents.size + 1).toString(16).padStart(40, '0');
      parents.set(id, on);
      texts.set(id, spec);
      heads.set(name, id);
      return id;
    },
    remove: (name) => {
      const id = world.push(name, '');
      texts.delete(id);
      return id;
    },
    edit: (name, commit) => void edited.add(treeOf(name, commit)),
    checkOut: (at, id, over = {}) =>
      void checkedOut.set(at, {
        commit: commitOf(id),
        branch: 'main',
        busy: null,
        isEdited: false,
        isWriting: false,
        files: [],
        ...over,
      }),
    checkouts: { look: (at) => Promise.resolve(checkedOut.get(at) ?? null) },
    trees: {
      folder,
      fetch: ({ name }, since) => {
        world.asked.push(now());
        const head = heads.get(name);
        if (world.down !== null || head === undefined) {
          // As curl says it: with a time that is never the same.
          const message = `${world.down ?? 'no such repository'} after ${world.asked.length} ms`;
          return Promise.resolve(failed('retry', message));
        }
        mirrors.add(name);
        const isForward = since === null || follows(head, since);
        return Promise.resolve(ok({ commit: commitOf(head), isForward, note: '' }));
      },
      commit: ({ name }, id) => {
        const found = [...parents.keys()].find((one) => one.startsWith(id));
        return Promise.resolve(
          found === undefined || !mirrors.has(name)
            ? failed('retry', 'no such commit')
            : ok(commitOf(found)),
        );
      },
      lay: ({ name }, id) => {
        const text = texts.get(id);
        if (text === undefined) files.write(`${treeOf(name, id)}/README`, '');
        else files.write(`${treeOf(name, id)}/mlenv.yaml`, text);
        laid.set(name, treesOf(name).add(id));
        const owner = { uid: 1000, gid: 1000 };
        return Promise.resolve(ok({ folder: treeOf(name, id), owner, skipped: [] }));
      },
      prune: ({ name }, keep) => Promise.resolve(prune(name, keep)),
      retire: (name) => {
        mirrors.delete(name);
        return Promise.resolve(prune(name, []));
      },
    },
  };
  return world;
};

export const sourceNamed = (name: string): SourceConfig => ({
  name,
  url: `https://git.lab/${name}.git`,
  ref: 'main',
  path: '',
  owner: null,
  pollMs: 60_000,
  hookSecretFile: null,
  credentials: { kind: 'none' },
  limits: defaultGitLimits,
});
