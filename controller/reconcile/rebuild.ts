import type { ObservedContainer } from '../model/container.ts';
import type { Failure } from '../model/failure.ts';
import { environmentKey } from '../model/key.ts';
import { label } from '../model/labels.ts';
import type { EnvironmentRecord, Owner, ProjectRecord } from '../model/record.ts';
import type { StopIntent } from '../model/run.ts';
import { isLive } from '../plan/input.ts';
import type { Deps } from './deps.ts';
import { pinOfContainer } from './pins.ts';
import { isRebuilding } from './rebuilding.ts';
import { newEnvironment, newProject } from './register.ts';

/**
 * A record that was lost is built again from the labels of what is there. What runs goes on running
 * and counts as granted; what does not run is held as it is until a person says `up`, as nobody
 * remembers whether it was stopped on purpose.
 */
export const rebuild = async (deps: Deps): Promise<Failure | null> => {
  const listed = await deps.reader.list({ [label.instance]: deps.instance });
  if (!listed.ok) return listed.failure;
  for (const { id } of listed.value) {
    const seen = await deps.reader.inspect(id);
    if (seen.ok) deps.store.transaction(() => rebuildRow(deps, seen.value));
    else if (seen.failure.kind !== 'absent') return seen.failure;
  }
  return null;
};

export const holdRebuilt = (
  { store, clock }: Pick<Deps, 'store' | 'clock'>,
  projectId: string,
  environment: string,
): void =>
  store.holds.add({ projectId, environment, kind: 'rebuilt', by: 'mlenv', at: clock.now() });

const rebuildRow = (deps: Deps, container: ObservedContainer): void => {
  const { store, clock, random } = deps;
  const { labels } = container;
  const projectId = labels[label.projectId];
  const environment = labels[label.environment];
  const path = labels[label.projectPath];
  if (projectId === undefined || environment === undefined || path === undefined) return;
  const now = clock.now();
  if (store.projects.get(projectId) === null) {
    // A clone that took the path meanwhile keeps it; this one's folder is elsewhere or gone.
    if (store.projects.byPath(path) !== null) return;
    store.projects.insert(projectOf(labels, { id: projectId, path, at: now }));
  }
  const key = environmentKey({ projectId, environment });
  const known = store.environments.get(key);
  if (known !== null && (known.containerId !== null || !isLive(container))) return;
  const live = isLive(container);
  // What runs counts with all that it has: nobody asks for it again while it is as the file says.
  const grant = {
    grantedAt: live ? now : null,
    grantedCpus: live ? container.config.cpus : null,
    grantedMemoryBytes: live ? container.config.memoryBytes : null,
  };
  const row: EnvironmentRecord = {
    ...newEnvironment(deps, {
      projectId,
      environment: { name: environment, digest: labels[label.digest] ?? '' },
      // Until the file is read again nothing is known of its wish, and so it is protected.
      raw: { updates: 'manual' },
      at: container.createdAt,
    }),
    uid: labels[label.uid] ?? random.hex(16),
    generation: Number(labels[label.generation] ?? 1) || 1,
    phase: 'unknown',
    reason: 'Rebuilt',
    message: 'rebuilt from the labels of its container',
    anonymousVolumes: container.anonymousVolumes,
  };
  const found = {
    containerId: container.id,
    ...grant,
    // Whoever says `up` starts it, however it had ended.
    ...(live || !isRebuilding(store) ? {} : { stopIntent: asFound(container) }),
  };
  if (known === null) store.environments.insert({ ...row, ...found });
  else store.environments.update(key, found);
  const pin = pinOfContainer(container.config.image, { ...row, at: now });
  if (pin !== null && known === null) store.pins.set(pin);
  if (live) store.ports.replace(key, leasesOf(container, projectId, environment));
  else if (isRebuilding(store)) holdRebuilt(deps, projectId, environment);
};

const asFound = ({ id, startedAt }: ObservedContainer): StopIntent => ({
  containerId: id,
  startedAt,
  cause: 'rebuilt',
  at: 0,
  until: 0,
});

export const leasesOf = (container: ObservedContainer, projectId: string, environment: string) =>
  container.config.ports.map((port) => ({
    projectId,
    environment,
    container: port.container,
    protocol: port.protocol,
    hostIp: port.hostIp,
    host: port.host,
    auto: false,
  }));

const projectOf = (
  labels: Readonly<Record<string, string>>,
  { id, path, at }: { readonly id: string; readonly path: string; readonly at: number },
): ProjectRecord => ({
  ...newProject({
    id,
    name: labels[label.project] ?? 'project',
    // The first reading of the file fills in which folder it is.
    folder: { path, device: '', inode: '', owner: ownerOf(labels[label.owner]) },
    at,
  }),
  revision: labels[label.revision] ?? '',
});

const ownerOf = (text: string | undefined): Owner => {
  const [uid, gid] = (text ?? '').split(':').map(Number);
  return { uid: uid ?? 0, gid: gid ?? 0 };
};
