import type { ListedContainer } from '../model/container.ts';
import type { Failure } from '../model/failure.ts';
import { environmentKey, type EnvironmentKey } from '../model/key.ts';
import { label } from '../model/labels.ts';
import { signatures } from '../observe/listed-reader.ts';
import type { Deps } from './deps.ts';
import { rebuild } from './rebuild.ts';

/**
 * In how many resyncs every one of `count` is looked at whole, whatever the list says: a hundred cost
 * the engine nothing, and of more it is a part each time, so that a limit changed by hand whose event
 * was lost is found within five minutes.
 */
const slicesOf = (count: number): number => Math.min(10, Math.ceil(count / 100)) || 1;

/**
 * The safety net: lists the engine again, corrects what the record says of it, and names the keys
 * that need a look. One list, however many environments there are; an inspect only where the list
 * differs from what the last pass saw, and for a slice of the rest.
 */
export const resync = async (
  deps: Deps,
  round: number,
): Promise<
  | { readonly ok: true; readonly keys: readonly EnvironmentKey[] }
  | { readonly ok: false; readonly failure: Failure }
> => {
  const { store, reader, memory, clock, instance } = deps;
  // What new containers are made with, runtimes and CDI devices, may be other ones after a restart of the engine.
  const info = await reader.info();
  if (!info.ok) return info;
  const listed = await reader.list({ [label.instance]: instance });
  if (!listed.ok) return listed;
  const networks = await reader.networks({ [label.instance]: instance });
  if (!networks.ok) return networks;

  const byKey = group(listed.value);
  const ids = new Set(listed.value.map(({ id }) => id));
  if ([...byKey.keys()].some((key) => store.environments.get(key) === null)) {
    // A container of ours that no row knows is adopted: its file's pass decides what becomes of it.
    const failure = await rebuild(deps);
    if (failure !== null) return { ok: false, failure };
  }
  memory.networks.clear();
  const inhabited = new Set(listed.value.map(({ labels }) => labels[label.projectId]));
  for (const { name, labels } of networks.value) {
    const projectId = labels[label.projectId];
    if (projectId === undefined) continue;
    if (store.projects.get(projectId) !== null) memory.networks.add(projectId);
    // Of a record that was lost: its project has another id by now, and nobody else would remove it.
    else if (!inhabited.has(projectId)) await deps.writer.removeNetwork(name);
  }
  for (const row of store.containers.live()) {
    if (!ids.has(row.containerId)) store.containers.deleted(row.containerId, clock.now());
  }
  store.quotas.recompute();

  const keys: EnvironmentKey[] = [];
  const records = store.environments.all();
  const slices = slicesOf(records.length);
  records.forEach((record, index) => {
    const key = environmentKey(record);
    const found = byKey.get(key) ?? [];
    memory.ids.set(key, new Set(found.map(({ id }) => id)));
    // What could not be seen is owed a look, though the list is as before.
    const isNew =
      memory.listed.get(key) !== signatures(found) || record.reason === 'EngineUnavailable';
    if (isNew || index % slices === round % slices) keys.push(key);
  });
  return { ok: true, keys };
};

const group = (
  containers: readonly ListedContainer[],
): ReadonlyMap<EnvironmentKey, readonly ListedContainer[]> => {
  const byKey = new Map<EnvironmentKey, ListedContainer[]>();
  for (const container of containers) {
    const projectId = container.labels[label.projectId];
    const environment = container.labels[label.environment];
    if (projectId === undefined || environment === undefined) continue;
    const key = environmentKey({ projectId, environment });
    byKey.set(key, [...(byKey.get(key) ?? []), container]);
  }
  return byKey;
};
