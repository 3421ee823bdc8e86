import { environmentKey } from '../model/key.ts';
import { label } from '../model/labels.ts';
import type { EnvironmentRecord, ProjectRecord } from '../model/record.ts';
import { desiredContainer } from '../plan/desired.ts';
import type { Deps } from './deps.ts';
import { contextOf } from './gather.ts';

/**
 * `rm --volumes`, once the containers are gone: what only removed environments used goes, what a
 * staying one uses stays. A volume that cannot go yet keeps the request open.
 */
export const removeVolumes = async (deps: Deps, project: ProjectRecord): Promise<void> => {
  const { store, writer } = deps;
  const rows = store.environments.ofProject(project.id);
  const going = rows.filter((row) => row.removeVolumes && row.containerId === null);
  if (going.length === 0) return;
  const kept = new Set(
    rows.filter((row) => !row.removeVolumes).flatMap((row) => namesOf(deps, project, row)),
  );
  // With all of them going, so does what earlier ones left that are in the file no more.
  const left = going.length === rows.length ? await listed(deps, project) : [];
  for (const row of going) {
    let all = true;
    for (const name of new Set([...namesOf(deps, project, row), ...left])) {
      if (kept.has(name)) continue;
      const removed = await writer.removeVolume(name);
      if (removed.ok || removed.failure.kind === 'absent') store.volumes.forget(name);
      else all = false;
    }
    if (all) store.environments.update(environmentKey(row), { removeVolumes: false });
  }
};

const listed = async (deps: Deps, project: ProjectRecord): Promise<readonly string[]> => {
  const found = await deps.reader.volumes({
    [label.instance]: deps.instance,
    [label.projectId]: project.id,
  });
  return found.ok ? found.value.map(({ name }) => name) : [];
};

const namesOf = (
  deps: Deps,
  project: ProjectRecord,
  record: EnvironmentRecord,
): readonly string[] => {
  const wish = deps.memory.wishes.get(environmentKey(record));
  if (wish?.kind !== 'wanted') return [];
  const context = contextOf(deps, project);
  return desiredContainer({
    wish: wish.environment,
    record,
    context,
    leases: [],
    gpuLeases: null,
    made: null,
  }).volumes.map(({ name }) => name);
};
