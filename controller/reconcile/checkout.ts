import type { EnvironmentKey } from '../model/key.ts';
import { parseKey } from '../model/key.ts';
import type { FolderIdentity } from '../model/ports.ts';
import type { ProjectRecord } from '../model/record.ts';
import type { Deps } from './deps.ts';

/**
 * Writes down which commit is checked out in a folder that people pull into. Answers with what is under way
 * there and makes its files those of no commit, as a merge does; null: nothing.
 */
export const noteCheckout = async (
  { store, checkouts, clock }: Deps,
  project: ProjectRecord,
  folder: FolderIdentity,
): Promise<string | null> => {
  if (project.source !== null) return null;
  const checkout = await checkouts.look(folder.path, folder.owner);
  if (checkout === null) {
    if (project.revision !== '' || project.commit !== null) {
      store.projects.update(project.id, { revision: '', commit: null });
    }
    return null;
  }
  const { commit, branch, busy } = checkout;
  if (busy !== null) {
    const message = `${busy} is under way in ${folder.path}; its files are taken once it has ended`;
    store.transaction(() => {
      store.events.add({
        at: clock.now(),
        type: 'Normal',
        reason: 'CheckoutBusy',
        message,
        projectId: project.id,
        environment: null,
      });
    });
    return busy;
  }
  if (project.revision === commit.id && project.commit?.branch === branch) return null;
  const { author, subject, at } = commit;
  store.transaction(() => {
    store.projects.update(project.id, {
      revision: commit.id,
      commit: { branch, author, subject, at },
    });
    store.events.add({
      at: clock.now(),
      type: 'Normal',
      reason: 'SourceSynced',
      message: `${commit.id.slice(0, 10)} by ${author}: ${subject}`,
      projectId: project.id,
      environment: null,
    });
  });
  return null;
};

/** A new generation, with the commit that it came by. */
export const beginGeneration = ({ store, clock }: Deps, key: EnvironmentKey): void => {
  const row = store.environments.get(key);
  const project = store.projects.get(parseKey(key).projectId);
  if (row === null || project === null) return;
  store.generations.begin({
    ...parseKey(key),
    generation: row.generation,
    digest: row.digest,
    revision: project.revision,
    author: project.commit?.author ?? '',
    subject: project.commit?.subject ?? '',
    at: clock.now(),
    outcome: row.reason,
  });
};
