import { shortRevision } from '../model/git.ts';
import type { Commit, SourceConfig } from '../model/git.ts';
import type { ProjectRecord } from '../model/record.ts';
import type { Deps } from './deps.ts';
import { newProject } from './register.ts';

/** The project's files are those of the commit from now on; null: they are. */
export const standOn = async (
  deps: Deps,
  source: SourceConfig,
  commit: Commit,
  /** Said with the commit, where it is a new one. */
  remark = '',
): Promise<string | null> => {
  const { store, trees } = deps;
  const laid = await trees.lay(source, commit.id);
  if (!laid.ok) return laid.failure.message;
  const { folder, owner, skipped } = laid.value;
  const path = trees.folder(source.name);
  const known = store.projects.byPath(path);
  if (known?.revision === commit.id && known.tree === folder) {
    // Its source had left the configuration and is back.
    if (known.vanishedAt !== null) deps.ring.project(known.id);
    await tidyUp(deps, source, inUse(deps, known, commit.id));
    return null;
  }
  if (known === null && (await hasNoFile(deps, folder))) {
    await tidyUp(deps, source, [commit.id]);
    return `${shortRevision(commit.id)} has no ${source.path === '' ? '' : `${source.path}/`}mlenv.yaml`;
  }
  const { author, subject, at } = commit;
  const now = {
    revision: commit.id,
    tree: folder,
    source: source.name,
    commit: { branch: source.ref, author, subject, at },
  };
  const project =
    known ??
    newProject({
      id: deps.random.hex(16),
      name: source.name,
      folder: { path, device: '', inode: '', owner },
      at: deps.clock.now(),
    });
  store.transaction(() => {
    if (known === null) store.projects.insert({ ...project, ...now });
    else store.projects.update(project.id, now);
    const leftOut =
      skipped.length === 0 ? '' : ` (${skipped.length} entries left out: ${skipped[0]})`;
    tellOf(deps, source.name, {
      type: 'Normal',
      reason: 'SourceSynced',
      message: `${shortRevision(commit.id)} by ${author}: ${subject}${leftOut}${remark === '' ? '' : `; ${remark}`}`,
    });
  });
  deps.ring.project(project.id);
  return null;
};

/** A tree that was changed by hand is told of once. */
export const tellKept = (deps: Deps, source: string, changed: readonly string[]): void => {
  for (const tree of changed) {
    if (deps.memory.keptTrees.has(tree)) continue;
    deps.memory.keptTrees.add(tree);
    tellOf(deps, source, {
      type: 'Warning',
      reason: 'TreeKept',
      message: `files in ${tree} were changed by hand; nothing runs on it, and it is kept`,
    });
  }
};

export interface SourceEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: 'SourceSynced' | 'SourceFailed' | 'SourceRewound' | 'SourceRetired' | 'TreeKept';
  readonly message: string;
}

export const tellOf = ({ store, clock, trees }: Deps, source: string, event: SourceEvent): void =>
  store.events.add({
    ...event,
    message: `${source}: ${event.message}`,
    at: clock.now(),
    projectId: store.projects.byPath(trees.folder(source))?.id ?? null,
    environment: null,
  });

const tidyUp = async (deps: Deps, source: SourceConfig, keep: readonly string[]): Promise<void> =>
  tellKept(deps, source.name, await deps.trees.prune(source, keep));

/** Commits whose trees something of the project is bound to. */
const inUse = ({ store }: Deps, project: ProjectRecord, current: string): readonly string[] => [
  current,
  ...store.containers.live(project.id).map(({ revision }) => revision),
];

/** Then there is no project, and none is made that would end at once. */
const hasNoFile = async ({ specs }: Deps, folder: string): Promise<boolean> =>
  ['no-file', 'no-folder'].includes((await specs.read(folder)).kind);
