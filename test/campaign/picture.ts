import { environmentKey } from '../../controller/model/key.ts';
import { label } from '../../controller/model/labels.ts';
import type { World } from '../support/world.ts';

/**
 * What a world has come to, without what may differ between two runs that ended alike: random ids,
 * times, counts of tries. Two pictures are equal where a user would see no difference.
 */
export const pictureOf = (world: World): Picture => {
  const { process, engine } = world;
  if (process === null) throw new Error('a picture is taken of a world whose controller lives');
  const { store } = process;
  const projects = store.projects.list();
  const uids = store.environments.all().map(({ uid }) => uid);
  const known = (text: string): string =>
    projects
      .reduce((told, { id, path }) => told.replaceAll(id.slice(0, 8), path), text)
      .replace(/^mlenv-[0-9a-f]{8}/, 'mlenv-gone')
      .replace(/[0-9a-f]{16}$/, (uid) => (uids.includes(uid) ? 'uid' : uid));
  const anonymous = (name: string): string => (/^[0-9a-f]{64}$/.test(name) ? 'anonymous' : name);
  return {
    containers: engine.containers
      .map(({ name, state, config, labels }) => ({
        name: known(name),
        state,
        image: config.image,
        command: config.command,
        env: config.env,
        ports: config.ports.map(({ container, host }) => `${container}:${host}`),
        cpus: config.cpus,
        memoryBytes: config.memoryBytes,
        mounts: config.mounts.map((mount) =>
          'source' in mount ? `${known(mount.source)} ${mount.target}` : mount.target,
        ),
        generation: labels[label.generation] ?? '',
        digest: labels[label.digest] ?? '',
      }))
      .sort(by(({ name }) => name)),
    environments: store.environments
      .all()
      .map((row) => ({
        name: `${store.projects.get(row.projectId)?.path ?? ''} ${row.environment}`,
        phase: row.phase,
        reason: row.reason,
        generation: row.generation,
        observed: row.observedGeneration,
        vanished: row.vanishedAt !== null,
        granted: row.grantedAt !== null,
        leases: store.ports
          .of(environmentKey(row))
          .map(({ container, host }) => `${container}:${host}`),
      }))
      .sort(by(({ name }) => name)),
    projects: projects
      .map(({ path, name, specError, ownerSeen, vanishedAt }) =>
        [path, name, specError !== null, ownerSeen?.uid ?? '', vanishedAt !== null].join(' '),
      )
      .sort(),
    holds: store.holds
      .all()
      .map(({ projectId, environment, kind }) =>
        [store.projects.get(projectId)?.path, environment, kind].join(' '),
      )
      .sort(),
    networks: engine.networkNames.map(known).sort(),
    volumes: engine.volumeNames.map((name) => anonymous(known(name))).sort(),
  };
};

export interface Picture {
  readonly containers: readonly { readonly name: string; readonly state: string }[];
  readonly environments: readonly { readonly name: string; readonly reason: string }[];
  readonly projects: readonly string[];
  readonly holds: readonly string[];
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
}

/** What is ours and belongs to nothing any more. */
export const leaksOf = (world: World): readonly string[] => {
  const { process, engine } = world;
  if (process === null) return ['no controller lives'];
  const { store } = process;
  const rows = store.environments.all();
  const used = new Set(rows.map(({ containerId }) => containerId));
  const live = new Set(store.containers.live().map(({ containerId }) => containerId));
  const networks = new Set(store.projects.list().map(({ id }) => `mlenv-${id.slice(0, 8)}`));
  const uids = new Set(rows.filter((row) => row.containerId !== null).map(({ uid }) => uid));
  return [
    ...[...world.secrets.laidOut.keys()]
      .filter((folder) => !uids.has(folder.slice(folder.lastIndexOf('/') + 1)))
      .map((folder) => `secrets in ${folder} have no container`),
    ...world
      .ours()
      .filter(({ id }) => !used.has(id))
      .map(({ name }) => `container ${name} has no environment`),
    ...world
      .ours()
      .filter(({ id }) => !live.has(id))
      .map(({ name }) => `container ${name} has no live row`),
    ...[...live]
      .filter((id) => !world.ours().some((container) => container.id === id))
      .map((id) => `live row ${id} has no container`),
    ...engine.networkNames
      .filter((name) => name.startsWith('mlenv-') && !networks.has(name))
      .map((name) => `network ${name} has no project`),
    ...[...world.sources.mirrors]
      .filter((name) => store.sources.get(name) === null)
      .map((name) => `mirror ${name} has no source`),
    ...store.intents.unfinished().map(({ effect }) => `intent ${effect} is open`),
  ];
};

const by =
  <T>(key: (item: T) => string) =>
  (a: T, b: T): number =>
    key(a) < key(b) ? -1 : 1;
