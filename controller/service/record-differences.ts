import { environmentKey, parseKey, type EnvironmentKey } from '../model/key.ts';
import { label } from '../model/labels.ts';
import type { ListedContainer, ObservedContainer } from '../model/container.ts';
import type { Result } from '../model/failure.ts';
import { deviceId } from '../model/gpu.ts';
import type { RecordDifference } from '../model/record-care.ts';
import type { Store } from '../model/store.ts';
import { isLive } from '../plan/input.ts';
import type { Deps } from '../reconcile/deps.ts';

/** Where the record and the engine differ at this moment: what a pass would find, without one. */
export const recordDifferences = async ({
  store,
  reader,
  instance,
}: Pick<Deps, 'store' | 'reader' | 'instance'>): Promise<Result<readonly RecordDifference[]>> => {
  const listed = await reader.list({ [label.instance]: instance });
  if (!listed.ok) return listed;
  const seen = await inspectAll(reader, listed.value);
  return seen.ok ? { ok: true, value: compare(store, seen.value) } : seen;
};

const compare = (
  store: Store,
  containers: readonly ObservedContainer[],
): readonly RecordDifference[] => {
  const nameOf = namesOf(store);
  const there = new Map(containers.map((container) => [container.id, container]));
  const known = new Set(store.containers.live().map(({ containerId }) => containerId));
  const running = new Map<EnvironmentKey, ObservedContainer>();
  for (const container of containers.filter(isLive)) {
    const key = keyOf(container);
    if (key !== null) running.set(key, container);
  }
  const leases = store.gpus.leases();
  return [
    ...store.containers.live().flatMap(({ containerId, containerName, ...place }) =>
      there.has(containerId)
        ? []
        : [
            {
              what: nameOf(environmentKey(place)),
              difference: `its container ${containerName} is gone`,
            },
          ],
    ),
    ...containers.flatMap((container) =>
      known.has(container.id)
        ? []
        : [
            {
              what: container.name,
              difference: `it is ${container.state} and the record does not know it`,
            },
          ],
    ),
    ...leases.flatMap((lease) => {
      const { key } = lease;
      // A row that a person wrote is theirs.
      if (key === null) return [];
      const record = store.environments.get(key);
      return running.has(key) || (record !== null && record.grantedAt !== null)
        ? []
        : [{ what: nameOf(key), difference: `it holds ${deviceId(lease)} and does not run` }];
    }),
    ...[...running].flatMap(([key, { config }]) => {
      const held = new Set(store.gpus.of(key).map(deviceId));
      return (config.gpus?.ids ?? [])
        .filter((id) => !held.has(id))
        .map((id) => ({
          what: nameOf(key),
          difference: `it runs on ${id}, which it does not hold`,
        }));
    }),
  ];
};

const inspectAll = async (
  reader: Deps['reader'],
  listed: readonly ListedContainer[],
): Promise<Result<readonly ObservedContainer[]>> => {
  const seen: ObservedContainer[] = [];
  for (const { id } of listed) {
    const container = await reader.inspect(id);
    if (container.ok) seen.push(container.value);
    else if (container.failure.kind !== 'absent') return container;
  }
  return { ok: true, value: seen };
};

const keyOf = ({ labels }: ObservedContainer): EnvironmentKey | null => {
  const projectId = labels[label.projectId];
  const environment = labels[label.environment];
  return projectId === undefined || environment === undefined
    ? null
    : environmentKey({ projectId, environment });
};

const namesOf = (store: Store) => {
  const projects = new Map(store.projects.list().map(({ id, name }) => [id, name]));
  return (key: EnvironmentKey): string => {
    const { projectId, environment } = parseKey(key);
    return `${projects.get(projectId) ?? projectId}/${environment}`;
  };
};
