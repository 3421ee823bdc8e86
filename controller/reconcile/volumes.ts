import type { Environment } from '../model/environment.ts';
import { environmentKey } from '../model/key.ts';
import { label } from '../model/labels.ts';
import { folderOf, type EnvironmentRecord, type ProjectRecord } from '../model/record.ts';
import { desiredContainer } from '../plan/desired.ts';
import { prunesVolumes } from '../plan/input.ts';
import type { Deps } from './deps.ts';
import { contextOf } from './gather.ts';

/**
 * `rm --volumes`, once the containers are gone: what only removed environments used goes, what a
 * staying one uses stays. A volume that cannot go yet keeps the request open.
 */
export const removeVolumes = async (deps: Deps, project: ProjectRecord): Promise<void> => {
  const { store } = deps;
  const rows = store.environments.ofProject(project.id);
  const going = rows.filter((row) => row.removeVolumes && row.containerId === null);
  if (going.length === 0) return;
  const kept = await usedBy(
    deps,
    project,
    rows.filter((row) => !row.removeVolumes),
  );
  // They follow: until then the engine would refuse what they mount, at each look.
  const mounted = await usedBy(
    deps,
    project,
    rows.filter((row) => row.removeVolumes && row.containerId !== null),
  );
  const there = await listed(deps, project);
  // Nobody knows what must stay.
  if (!kept.ok || !mounted.ok || there === null) return;
  for (const row of going) {
    // With all of them going, so does what earlier ones left that are in the file no more.
    const own =
      going.length === rows.length
        ? { ok: true as const, names: there }
        : await usedBy(deps, project, [row]);
    // It stays asked for until the text can be filled in again.
    if (!own.ok) continue;
    const names = [...own.names].filter((name) => there.has(name) && !kept.names.has(name));
    const stays = await removeAll(
      deps,
      names.filter((name) => !mounted.names.has(name)),
    );
    const waits = names.some((name) => mounted.names.has(name));
    if (stays === null && !waits) {
      store.environments.update(environmentKey(row), { removeVolumes: false });
    }
  }
};

/**
 * The end of one that vanished and whose file said `prunePolicy: remove-volumes`: what only it used goes. Answers with
 * what is left, in words; null: nothing that was to go. Where a text cannot be filled in nobody knows what is used, and
 * all of it is kept.
 */
export const pruneVolumes = async (
  deps: Deps,
  record: EnvironmentRecord,
  project: ProjectRecord,
): Promise<string | null> => {
  if (record.vanishedAt === null || !prunesVolumes(record)) return null;
  const { store, clock } = deps;
  const others = store.environments
    .ofProject(project.id)
    .filter(({ environment }) => environment !== record.environment);
  const own = await usedBy(deps, project, [record]);
  const kept = own.ok ? await usedBy(deps, project, others) : own;
  if (own.ok && kept.ok) {
    return removeAll(
      deps,
      [...own.names].filter((name) => !kept.names.has(name)),
    );
  }
  store.events.add({
    at: clock.now(),
    type: 'Warning',
    reason: 'RemovalBlocked',
    message: `its volumes are kept: ${kept.ok ? '' : kept.why}`,
    projectId: project.id,
    environment: record.environment,
  });
  return null;
};

/** What could not be removed, in words; null: all is gone. */
const removeAll = async (
  { writer, store }: Deps,
  names: readonly string[],
): Promise<string | null> => {
  let stays: string | null = null;
  for (const name of new Set(names)) {
    const removed = await writer.removeVolume(name);
    if (removed.ok || removed.failure.kind === 'absent') store.volumes.forget(name);
    else stays = `its volume ${name} is not removed yet: ${removed.failure.message}`;
  }
  return stays;
};

/** null: nobody knows. */
const listed = async (deps: Deps, project: ProjectRecord): Promise<ReadonlySet<string> | null> => {
  const found = await deps.reader.volumes({
    [label.instance]: deps.instance,
    [label.projectId]: project.id,
  });
  return found.ok ? new Set(found.value.map(({ name }) => name)) : null;
};

type Used =
  | { readonly ok: true; readonly names: ReadonlySet<string> }
  | { readonly ok: false; readonly why: string };

const usedBy = async (
  deps: Deps,
  project: ProjectRecord,
  records: readonly EnvironmentRecord[],
): Promise<Used> => {
  const names = new Set<string>();
  for (const record of records) {
    const wish = await wishOf(deps, project, record);
    if (typeof wish === 'string') return { ok: false, why: wish };
    for (const name of namesIn(deps, project, { record, wish })) names.add(name);
  }
  return { ok: true, names };
};

/** Of what vanished before this process began, the last good text; a text: why it cannot be filled in. */
const wishOf = async (
  { memory, specs }: Deps,
  project: ProjectRecord,
  record: EnvironmentRecord,
): Promise<Environment | string> => {
  const known = memory.wishes.get(environmentKey(record));
  if (known?.kind === 'wanted') return known.environment;
  const last = await specs.resolve(record.raw, record.environment, folderOf(project));
  return last.ok ? last.value.wish : last.failure.message;
};

const namesIn = (
  deps: Deps,
  project: ProjectRecord,
  { record, wish }: { readonly record: EnvironmentRecord; readonly wish: Environment },
): readonly string[] =>
  desiredContainer({
    wish,
    record,
    context: contextOf(deps, project),
    leases: [],
    gpuLeases: null,
    made: null,
  }).volumes.map(({ name }) => name);
