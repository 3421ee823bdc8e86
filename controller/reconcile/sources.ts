import type { Outcome } from '../loop/outcome.ts';
import type { Commit, SourceConfig } from '../model/git.ts';
import type { ProjectRecord, SourceRecord } from '../model/record.ts';
import type { Deps } from './deps.ts';
import { newProject } from './register.ts';
import { noteSource } from './trouble.ts';

/**
 * One pass over one source: fetch, lay the commit in a folder of its own, and let the project stand on it.
 * What runs keeps the tree that it was made with. The project is the source's, so that neither another commit
 * nor another place is another project.
 */
export const reconcileSource = async (
  deps: Deps,
  name: string,
  signal: AbortSignal,
): Promise<Outcome> => {
  const { store, trees, clock } = deps;
  const source = deps.config.current().sources.find((one) => one.name === name);
  if (source === undefined) return forget(deps, name);
  const row = store.sources.get(name);
  const newest = row?.newest ?? null;
  const fetched = await trees.fetch(source, newest, signal);
  if (!fetched.ok) return trouble(deps, source, fetched.failure.message);
  const { commit, isForward } = fetched.value;
  if (!isForward) {
    store.transaction(() => {
      store.sources.update(name, { waiting: commit.id, checkedAt: clock.now() });
      if (row?.waiting === commit.id) return;
      const message = `${source.ref} is ${short(commit.id)} now, which does not follow ${short(newest ?? '')}`;
      noteSource(deps, source, projectOf(deps, source), { reason: 'SourceRewound', message });
      tell(deps, source, { type: 'Warning', reason: 'SourceRewound', message });
    });
    return { kind: 'waiting', reason: 'SourceRewound', afterMs: source.pollMs };
  }
  const wanted = row?.pinned == null ? commit : await pinnedCommit(deps, source, row);
  if (wanted === null)
    return trouble(deps, source, `${short(row?.pinned ?? '')} is not in the mirror`);
  const stood = await standOn(deps, source, wanted);
  if (stood !== null) return trouble(deps, source, stood);
  store.transaction(() => {
    store.sources.update(name, {
      newest: commit.id,
      waiting: null,
      failure: '',
      failures: 0,
      checkedAt: clock.now(),
    });
    const message = 'it answers again';
    noteSource(deps, source, projectOf(deps, source), { reason: 'SourceSynced', message });
    if (row !== null && row.failure !== '') {
      tell(deps, source, { type: 'Normal', reason: 'SourceSynced', message });
    }
  });
  return { kind: 'lookAgain', afterMs: spread(deps, source.pollMs) };
};

/** The project's files are those of the commit from now on; null: they are. */
export const standOn = async (
  deps: Deps,
  source: SourceConfig,
  commit: Commit,
): Promise<string | null> => {
  const { store, trees } = deps;
  const laid = await trees.lay(source, commit.id);
  if (!laid.ok) return laid.failure.message;
  const path = trees.folder(source);
  const known = store.projects.byPath(path);
  if (known?.revision === commit.id && known.tree === laid.value.folder) {
    await trees.prune(source, inUse(deps, known, commit.id));
    return null;
  }
  const { author, subject, at } = commit;
  const now = {
    revision: commit.id,
    tree: laid.value.folder,
    source: source.name,
    commit: { branch: source.ref, author, subject, at },
  };
  const project =
    known ??
    newProject({
      id: deps.random.hex(16),
      name: source.name,
      folder: { path, device: '', inode: '', owner: laid.value.owner },
      at: deps.clock.now(),
    });
  store.transaction(() => {
    if (known === null) store.projects.insert({ ...project, ...now });
    else store.projects.update(project.id, now);
    const skipped = laid.value.skipped.length;
    tell(deps, source, {
      type: 'Normal',
      reason: 'SourceSynced',
      message: `${short(commit.id)} by ${author}: ${subject}${skipped === 0 ? '' : ` (${skipped} entries left out: ${laid.value.skipped[0]})`}`,
    });
  });
  deps.ring.project(project.id);
  return null;
};

/** A source that left the configuration is no longer followed; its project stays until its file is gone. */
const forget = (deps: Deps, name: string): Outcome => {
  deps.store.transaction(() => {
    const message = 'it is no longer followed';
    noteSource(deps, { name, owner: null }, null, { reason: 'SourceSynced', message });
    deps.store.sources.remove(name);
  });
  return { kind: 'done' };
};

const pinnedCommit = async (
  { trees }: Deps,
  source: SourceConfig,
  { pinned }: SourceRecord,
): Promise<Commit | null> => {
  const commit = await trees.commit(source, pinned ?? '');
  return commit.ok ? commit.value : null;
};

/** Said once while it is the same trouble, however often it is met. */
const trouble = (deps: Deps, source: SourceConfig, message: string): Outcome => {
  const { store } = deps;
  const row = store.sources.get(source.name);
  const failures = (row?.failures ?? 0) + 1;
  store.transaction(() => {
    store.sources.update(source.name, { failure: message, failures });
    noteSource(deps, source, projectOf(deps, source), { reason: 'SourceFailed', message });
    if (row?.failure !== message) {
      tell(deps, source, { type: 'Warning', reason: 'SourceFailed', message });
    }
  });
  const growing = source.pollMs * 2 ** Math.min(failures - 1, 5);
  return {
    kind: 'waiting',
    reason: 'SourceFailed',
    afterMs: spread(deps, Math.min(growing, Math.max(source.pollMs, longestWaitMs))),
  };
};

const longestWaitMs = 900_000;

/** Many sources must not be asked for at the same moment. */
const spread = ({ random }: Deps, ms: number): number => ms * (0.9 + 0.2 * random.fraction());

/** Commits whose trees something of the project is bound to. */
const inUse = ({ store }: Deps, project: ProjectRecord, current: string): readonly string[] => [
  current,
  ...store.containers.live(project.id).map(({ revision }) => revision),
];

const projectOf = ({ store, trees }: Deps, source: SourceConfig): ProjectRecord | null =>
  store.projects.byPath(trees.folder(source));

const tell = (
  deps: Deps,
  source: SourceConfig,
  event: {
    readonly type: 'Normal' | 'Warning';
    readonly reason: 'SourceSynced' | 'SourceFailed' | 'SourceRewound';
    readonly message: string;
  },
): void =>
  deps.store.events.add({
    ...event,
    message: `${source.name}: ${event.message}`,
    at: deps.clock.now(),
    projectId: projectOf(deps, source)?.id ?? null,
    environment: null,
  });

/** As people write it. */
export const short = (id: string): string => id.slice(0, 10);
