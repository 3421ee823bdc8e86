import type { FileSource } from '../model/audit.ts';
import { shortRevision } from '../model/git.ts';
import type { EnvironmentKey } from '../model/key.ts';
import { parseKey } from '../model/key.ts';
import type { FolderIdentity } from '../model/ports.ts';
import type { EnvironmentRecord, ProjectRecord } from '../model/record.ts';
import { audit, type Audited } from './audit.ts';
import type { Deps } from './deps.ts';

/**
 * What a look at the folder of a project came to. `busy`: its files are those of no commit. `moved`: another one is
 * checked out than before, and what was read of the folder until then may be of either.
 */
export type CheckoutLook = 'as-it-was' | 'moved' | 'busy' | 'writing';

/** Writes down which commit is checked out in a folder that people pull into. */
export const noteCheckout = async (
  { store, checkouts, clock, memory }: Deps,
  project: ProjectRecord,
  folder: FolderIdentity,
): Promise<CheckoutLook> => {
  if (project.source !== null) return 'as-it-was';
  const checkout = await checkouts.look(folder.path, folder.owner);
  memory.checkoutFiles.set(project.id, checkout?.files ?? []);
  if (checkout === null) {
    if (project.revision !== '' || project.commit !== null) {
      store.projects.update(project.id, { revision: '', commit: null });
    }
    return 'as-it-was';
  }
  const { commit, branch, busy, isWriting, isEdited } = checkout;
  const revision = isEdited ? `${commit.id}+` : commit.id;
  if (isWriting) return 'writing';
  if (busy !== null) {
    store.events.add({
      at: clock.now(),
      type: 'Normal',
      reason: 'CheckoutBusy',
      message: `${busy} in ${folder.path}; its files are taken once that is over`,
      projectId: project.id,
      environment: null,
    });
    return 'busy';
  }
  const before = project.revision.replace(/\+$/, '');
  if (before === commit.id && project.commit?.branch === branch) {
    if (project.revision !== revision) store.projects.update(project.id, { revision });
    return 'as-it-was';
  }
  const { author, subject, at } = commit;
  store.transaction(() => {
    store.projects.update(project.id, {
      revision,
      commit: { branch, author, subject, at },
    });
    store.events.add({
      at: clock.now(),
      type: 'Normal',
      reason: 'SourceSynced',
      message: `${shortRevision(commit.id)} by ${author}: ${subject}`,
      projectId: project.id,
      environment: null,
    });
  });
  return 'moved';
};

/** A new generation, with the commit that it came by: in the history, and among what people did. */
export const beginGeneration = (
  deps: Pick<Deps, 'store' | 'clock'>,
  key: EnvironmentKey,
  before: Pick<EnvironmentRecord, 'generation' | 'digest'> | null,
): void => {
  const { store, clock } = deps;
  const row = store.environments.get(key);
  const project = store.projects.get(parseKey(key).projectId);
  if (row === null || project === null) return;
  store.generations.begin({
    ...parseKey(key),
    generation: row.generation,
    digest: row.digest,
    revision: project.revision,
    author: sourceOf(project)?.author ?? '',
    subject: isEdited(project) ? '' : (project.commit?.subject ?? ''),
    at: clock.now(),
    outcome: row.reason,
    image: '',
  });
  const facts = ({ generation, digest }: Pick<EnvironmentRecord, 'generation' | 'digest'>) => ({
    generation,
    digest,
  });
  auditFile(deps, project, {
    action: 'apply',
    environment: row.environment,
    ...(before === null ? {} : { before: facts(before) }),
    after: facts(row),
  });
};

/** What came by the file and not by a request: whose commit it was, where the folder is in git. */
export const auditFile = (
  deps: Pick<Deps, 'store' | 'clock'>,
  project: ProjectRecord,
  what: Pick<Audited, 'action' | 'environment' | 'before' | 'after'>,
): void => {
  const source = sourceOf(project);
  audit(deps, {
    uid: null,
    by: 'file',
    project,
    ...(source === null ? {} : { source }),
    ...what,
  });
};

/** Whose text the project's file is now; null: not in git. */
export const sourceOf = ({
  revision,
  commit,
}: Pick<ProjectRecord, 'revision' | 'commit'>): FileSource | null =>
  revision === ''
    ? null
    : { revision, author: isEdited({ revision }) ? null : (commit?.author ?? null) };

/** Who edited the file since its commit is in no history. */
const isEdited = ({ revision }: Pick<ProjectRecord, 'revision'>): boolean => revision.endsWith('+');
