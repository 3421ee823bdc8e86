import { shortRevision } from '../model/git.ts';
import type { Outcome } from '../loop/outcome.ts';
import type { Commit, SourceConfig } from '../model/git.ts';
import type { SourceRecord } from '../model/record.ts';
import type { Deps } from './deps.ts';
import { standOn, tellKept, tellOf, type SourceEvent } from './standing.ts';
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
  if (source === undefined) return retire(deps, name);
  const row = store.sources.get(name);
  const newest = row?.newest ?? null;
  const fetched = await trees.fetch(source, newest, signal);
  if (!fetched.ok) return trouble(deps, source, fetched.failure.message);
  const { commit, isForward, note: remark } = fetched.value;
  if (!isForward) {
    const message = `${source.ref} is ${shortRevision(commit.id)} now, which does not follow ${shortRevision(newest ?? '')}`;
    note(deps, source, {
      patch: { ...isWell, waiting: commit.id, checkedAt: clock.now() },
      event: { type: 'Warning', reason: 'SourceRewound', message },
      isNew: row?.waiting !== commit.id,
    });
    return { kind: 'waiting', reason: 'SourceRewound', afterMs: source.pollMs };
  }
  const wanted = row?.pinned == null ? commit : await pinnedCommit(deps, source, row);
  if (wanted === null)
    return trouble(deps, source, `${shortRevision(row?.pinned ?? '')} is not in the mirror`);
  const stood = await standOn(deps, source, wanted, wanted === commit ? remark : '');
  if (stood !== null) return trouble(deps, source, stood);
  note(deps, source, {
    patch: { ...isWell, newest: commit.id, waiting: null, checkedAt: clock.now() },
    event: { type: 'Normal', reason: 'SourceSynced', message: 'it answers again' },
    isNew: row !== null && row.failure !== '',
  });
  return { kind: 'lookAgain', afterMs: spread(deps, source.pollMs) };
};

/**
 * A source that left the configuration: its project goes the way of one whose file is gone, and rings here when it
 * has. Until then the row stays, with the commit that it was pinned to.
 */
const retire = async (deps: Deps, name: string): Promise<Outcome> => {
  const { store, trees, ring } = deps;
  const project = store.projects.list().find(({ source }) => source === name);
  if (project !== undefined) {
    ring.project(project.id);
    return { kind: 'done' };
  }
  const changed = await trees.retire(name);
  store.transaction(() => {
    const message = 'it is no longer followed';
    noteSource(deps, { name, owner: null }, null, { reason: 'SourceSynced', message });
    tellKept(deps, name, changed);
    tellOf(deps, name, {
      type: 'Normal',
      reason: 'SourceRetired',
      message: 'it left the configuration, and nothing runs on it any more',
    });
    store.sources.remove(name);
  });
  return { kind: 'done' };
};

/** Whether the configuration still has the source of this project. */
export const isFollowed = ({ config }: Pick<Deps, 'config'>, source: string): boolean =>
  config.current().sources.some(({ name }) => name === source);

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
  const { store, clock, memory } = deps;
  const row = store.sources.get(source.name);
  const failures = (row?.failures ?? 0) + 1;
  const growing = source.pollMs * 2 ** Math.min(failures - 1, 5);
  const afterMs = spread(deps, Math.min(growing, Math.max(source.pollMs, longestWaitMs)));
  memory.nextLooks.set(source.name, clock.now() + afterMs);
  note(deps, source, {
    patch: { failure: message, failures },
    event: { type: 'Warning', reason: 'SourceFailed', message },
    isNew: row === null || !isSameTrouble(row.failure, message),
  });
  return { kind: 'waiting', reason: 'SourceFailed', afterMs };
};

/** What a look came to; what is not new goes into the row alone. */
const note = (
  deps: Deps,
  source: SourceConfig,
  what: {
    readonly patch: Partial<Omit<SourceRecord, 'name'>>;
    readonly event: SourceEvent;
    readonly isNew: boolean;
  },
): void => {
  const { patch, event, isNew } = what;
  const { store, trees } = deps;
  const write = (): void => {
    store.sources.update(source.name, patch);
    noteSource(deps, source, store.projects.byPath(trees.folder(source.name)), event);
    if (isNew) tellOf(deps, source.name, event);
  };
  if (isNew) store.transaction(write);
  else write();
};

const isWell = { failure: '', failures: 0 } as const;

/** Times and ports differ from one try to the next. */
const isSameTrouble = (before: string, now: string): boolean =>
  before.replaceAll(/[0-9]+/g, '0') === now.replaceAll(/[0-9]+/g, '0');

const longestWaitMs = 900_000;

/** Many sources must not be asked for at the same moment. */
const spread = ({ random }: Deps, ms: number): number => ms * (0.9 + 0.2 * random.fraction());
