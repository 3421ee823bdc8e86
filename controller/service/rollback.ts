import { shortRevision } from '../model/git.ts';
import { ApiError, type ActionResult } from '../model/api.ts';
import type { Commit, SourceConfig } from '../model/git.ts';
import type { RollbackRequest } from '../model/history.ts';
import type { ProjectRecord } from '../model/record.ts';
import type { Store } from '../model/store.ts';
import { audit } from '../reconcile/audit.ts';
import { standOn } from '../reconcile/standing.ts';
import type { Acting } from './acting.ts';
import { result } from './actions.ts';
import { findProjects, type Seen } from './resolve.ts';

/** Pins a project to a commit of its source, or lets it follow the remote again. */
export const rollback = async (core: Acting, request: RollbackRequest): Promise<ActionResult> => {
  const { store } = core.deps;
  const project = oneProject(store, request);
  const source = sourceOf(core, project);
  if (request.resume) return follow(core, { project, source, by: request.by });
  const commit = await commitOf(core, { project, source, revision: request.revision });
  const before = store.sources.get(source.name)?.pinned ?? null;
  // The pin comes first: a pass that begins meanwhile must not stand on the newest again.
  pin(core, { project, source, by: request.by, before, pinned: commit.id });
  const trouble = await standOn(core.deps, source, commit);
  if (trouble !== null) {
    core.sources.enqueue(source.name);
    throw new ApiError(
      'prerequisite',
      `${project.name} is pinned to ${shortRevision(commit.id)}, whose files could not be laid out yet: ${trouble}`,
    );
  }
  return result(core, store.environments.ofProject(project.id), [
    `${project.name} is pinned to ${shortRevision(commit.id)} (${commit.subject}) until mlenv rollback ${project.name} --resume`,
  ]);
};

/** The one project that is meant. */
export const oneProject = (
  store: Seen,
  { scope }: Pick<RollbackRequest, 'scope'>,
): ProjectRecord => {
  const [project, ...others] = findProjects(store, scope);
  if (project === undefined) throw new ApiError('not-found', 'no project is known');
  if (others.length > 0) {
    throw new ApiError(
      'usage',
      `that names ${others.length + 1} projects; name the folder of one: ${[project, ...others].map(({ path }) => path).join(', ')}`,
    );
  }
  return project;
};

const sourceOf = ({ deps }: Acting, project: ProjectRecord): SourceConfig => {
  if (project.source === null) {
    throw new ApiError(
      'refused',
      `${project.name} follows no remote: what runs is what lies in ${project.path}; go back there with git revert, or with git checkout of a commit`,
    );
  }
  const source = deps.config.current().sources.find(({ name }) => name === project.source);
  if (source === undefined) {
    throw new ApiError(
      'refused',
      `the source ${project.source} is no longer in the host's configuration; put it back there first`,
    );
  }
  return source;
};

const commitOf = async (
  { deps }: Acting,
  what: {
    readonly project: ProjectRecord;
    readonly source: SourceConfig;
    readonly revision: string | null;
  },
): Promise<Commit> => {
  const { project, source } = what;
  const wanted = what.revision ?? earlier(deps.store, project);
  if (wanted === null) {
    throw new ApiError(
      'refused',
      `history knows no commit of ${project.name} before this one; name one: mlenv rollback ${project.name} REV`,
    );
  }
  if (!/^[0-9a-f]{7,64}$/.test(wanted)) {
    throw new ApiError('usage', `${wanted} is not a commit: at least 7 digits of its hash`);
  }
  const found = await deps.trees.commit(source, wanted);
  // Digits may also name a file's content, which is none.
  if (!found.ok || !found.value.id.startsWith(wanted)) {
    throw new ApiError(
      'not-found',
      `${wanted} is not one commit in the mirror of ${source.name}; mlenv history ${project.name} shows those that ran`,
    );
  }
  return found.value;
};

/** The commit before the one that it stands on, in the order in which they first ran. */
const earlier = (store: Store, { id, revision }: ProjectRecord): string | null => {
  const ran = store.generations
    .ofProject(id, 1_000_000)
    .map((generation) => generation.revision)
    .filter((each) => each !== '')
    .toReversed();
  const inOrder = [...new Set(ran)];
  const now = inOrder.indexOf(revision);
  // A commit that changed no environment began no generation.
  return (now === -1 ? inOrder.at(-1) : inOrder[now - 1]) ?? null;
};

const follow = (
  core: Acting,
  what: { readonly project: ProjectRecord; readonly source: SourceConfig; readonly by: string },
): ActionResult => {
  const { project, source } = what;
  const before = core.deps.store.sources.get(source.name)?.pinned ?? null;
  if (before === null) return { keys: [], messages: [`${project.name} is not pinned`] };
  pin(core, { ...what, before, pinned: null });
  core.sources.enqueue(source.name);
  return { keys: [], messages: [`${project.name} follows ${source.ref} again`] };
};

const pin = (
  { deps, uid }: Acting,
  what: {
    readonly project: ProjectRecord;
    readonly source: SourceConfig;
    readonly by: string;
    readonly before: string | null;
    readonly pinned: string | null;
  },
): void => {
  const { project, source, by, before, pinned } = what;
  deps.store.transaction(() => {
    deps.store.sources.update(source.name, { pinned });
    audit(deps, {
      uid,
      by,
      action: 'rollback',
      project,
      environment: null,
      before: { pinned: before },
      after: { pinned },
    });
  });
};
