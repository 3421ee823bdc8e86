import type { SourceConfig } from '../model/git.ts';
import type { Condition } from '../model/condition.ts';
import { parseKey, type EnvironmentKey } from '../model/key.ts';
import type { NoticeSubject, Trouble } from '../model/notice.ts';
import { tellsOf, type Reason, type Tells } from '../model/reason.ts';
import type { ProjectRecord } from '../model/record.ts';
import { likenessOf, outgoing } from '../plan/notice-text.ts';
import type { Deps } from './deps.ts';
import { ownerOf, personName } from './people.ts';

export interface Health {
  readonly reason: Reason;
  readonly message: string;
  /** true: whatever the reason says, what it is for is done. */
  readonly isWell?: boolean;
  /** Instead of what its table says. */
  readonly tells?: Tells;
}

type TroubleDeps = Pick<Deps, 'store' | 'clock' | 'memory' | 'people' | 'ring'>;

/**
 * What became of a subject, for those who are told of it: called in the transaction that records it, so that
 * a failure which was recorded is one that will be told. Writes nothing where nothing is new.
 */
export const noteEnvironment = (deps: TroubleDeps, key: EnvironmentKey, health: Health): void => {
  const { projectId, environment } = parseKey(key);
  const project = deps.store.projects.get(projectId);
  if (project === null) return;
  const wish = deps.memory.wishes.get(key);
  const values = wish?.kind === 'wanted' ? Object.values(wish.environment.env) : [];
  note(deps, `environment:${key}`, health, {
    values,
    about: () => ({ ...ofProject(deps, project), environment }),
  });
};

export const noteProject = (deps: TroubleDeps, project: ProjectRecord, health: Health): void =>
  note(deps, `project:${project.id}`, health, {
    about: () => ({ ...ofProject(deps, project), environment: null }),
  });

/** `project`: the one that stands on it; null: it has brought none yet. */
export const noteSource = (
  deps: TroubleDeps,
  { name, owner }: Pick<SourceConfig, 'name' | 'owner'>,
  project: ProjectRecord | null,
  health: Health,
): void =>
  note(deps, `source:${name}`, health, {
    about: () =>
      project === null
        ? { project: name, environment: null, owner: owner ?? itself, revision: '' }
        : { ...ofProject(deps, project), environment: null },
  });

/** Of the host as a whole: it stands where a project's name does. */
const noteHost = (
  deps: TroubleDeps & Pick<Deps, 'notifier'>,
  what: 'engine' | 'configuration',
  health: Health,
): void =>
  note(deps, `host:${what}`, health, {
    about: () => ({
      project: deps.notifier.host,
      environment: null,
      owner: itself,
      revision: '',
    }),
  });

/** Whose it is where it is no project's. */
const itself = 'mlenv';

/** Of each environment it says only that nothing is known; here it is what has to be mended. */
export const noteEngine = (deps: TroubleDeps & Pick<Deps, 'notifier'>): void => {
  const { engineTrouble } = deps.memory;
  noteHost(
    deps,
    'engine',
    engineTrouble === null
      ? { reason: 'Running', message: 'the engine answers again' }
      : { reason: 'EngineUnavailable', message: engineTrouble, tells: 'failure' },
  );
};

/** null: it is in order. */
export const noteConfiguration = (
  deps: TroubleDeps & Pick<Deps, 'notifier'>,
  fault: string | null,
): void => {
  noteHost(
    deps,
    'configuration',
    fault === null
      ? { reason: 'SpecValid', message: 'the configuration is in force' }
      : { reason: 'ConfigInvalid', message: fault },
  );
  // Others may be told now.
  deps.ring.notices();
};

/** As conditions say it: ready is ready, also where a change waits. */
export const healthOf = (
  { reason, message }: Health,
  conditions: readonly Pick<Condition, 'type' | 'status'>[],
): Health => ({
  reason,
  message,
  isWell: conditions.some(({ type, status }) => type === 'Ready' && status === 'True'),
});

const ofProject = (
  deps: TroubleDeps,
  project: ProjectRecord,
): Omit<NoticeSubject, 'subject' | 'environment'> => ({
  project: project.name,
  owner: personName(deps, ownerOf(deps.store, project)),
  revision: project.revision,
});

const note = (
  { store, clock, ring }: TroubleDeps,
  subject: string,
  { reason, message, isWell = false, tells = tellsOf(reason) }: Health,
  {
    values = [],
    about,
  }: {
    readonly values?: readonly string[];
    readonly about: () => Omit<NoticeSubject, 'subject'>;
  },
): void => {
  const open = store.troubles.of(subject);
  const failure = open.find(({ kind }) => kind === 'failure') ?? null;
  const pending = open.find(({ kind }) => kind === 'pending') ?? null;
  const now = clock.now();
  const isOver = tells !== 'failure' && (isWell || tells === 'well');
  // A decision that nobody waits for any more is worth no word.
  if (pending !== null && (tells === 'failure' || (isOver && tells !== 'pending'))) {
    store.troubles.remove(pending);
  }
  if (failure !== null && isOver && failure.wellAt === null) {
    if (store.notices.isTold(failure)) {
      const wellMessage = outgoing(message, values);
      store.troubles.set({ ...failure, wellAt: now, wellReason: reason, wellMessage });
    } else store.troubles.remove(failure);
    ring.notices();
  }
  if (tells !== 'failure' && tells !== 'pending') return;
  const before = tells === 'failure' ? failure : pending;
  const text = outgoing(message, values);
  const likeness = likenessOf(text);
  if (before !== null && before.wellAt === null && isSame(before, { reason, likeness })) return;
  store.troubles.set({
    ...about(),
    subject,
    kind: tells,
    reason,
    message: text,
    likeness,
    openedAt: before?.openedAt ?? now,
    changedAt: before !== null && isSame(before, { reason, likeness }) ? before.changedAt : now,
    wellAt: null,
    wellReason: null,
    wellMessage: '',
  });
  ring.notices();
};

const isSame = (
  { reason, likeness }: Trouble,
  now: Pick<Trouble, 'reason' | 'likeness'>,
): boolean => reason === now.reason && likeness === now.likeness;
