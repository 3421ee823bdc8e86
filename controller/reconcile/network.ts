import type { Outcome } from '../loop/outcome.ts';
import type { Settings } from '../model/context.ts';
import { heldName, isForeign } from '../model/name-holder.ts';
import type { ProjectRecord } from '../model/record.ts';
import { networkName, projectLabels } from '../plan/names.ts';
import { freeSubnets, overlaps } from '../plan/subnets.ts';
import type { Deps } from './deps.ts';
import { contextOf } from './gather.ts';

/** null: the network is there. */
export const ensureNetwork = async (
  deps: Deps,
  project: ProjectRecord,
): Promise<Outcome | null> => {
  const { reader, writer, store, memory } = deps;
  const { subnets } = deps.config.current().settings;
  if (memory.deadNetworks.has(project.id)) await dropDead(deps, project);
  if (memory.networks.has(project.id)) return null;
  const listed = await reader.networks({});
  if (!listed.ok) return { kind: 'retry', message: listed.failure.message };
  const name = networkName({ projectId: project.id });
  const ours = projectLabels(contextOf(deps, project));
  const own = listed.value.find((network) => network.name === name);
  if (own !== undefined) {
    if (isForeign(own.labels, ours)) {
      const holder = { ...own, here: deps.instance };
      memory.networkHolders.set(project.id, heldName(`the name ${name}`, 'network', holder));
      return { kind: 'waiting', reason: 'NameConflict', afterMs: 30_000 };
    }
    return found(deps, project);
  }
  memory.networkHolders.delete(project.id);
  // What other projects were given counts as taken, whether or not their network is up.
  const taken = [
    ...listed.value.flatMap(({ subnet }) => subnet ?? []),
    ...store.projects.list().flatMap(({ id, subnet }) => (id === project.id ? [] : (subnet ?? []))),
  ];
  for (const subnet of candidates(project.subnet, subnets, taken)) {
    store.projects.update(project.id, { subnet });
    const made = await writer.createNetwork({ name, subnet, labels: ours });
    if (made.ok) return found(deps, project);
    if (made.failure.kind === 'frozen') {
      return { kind: 'waiting', reason: deps.frozen()?.reason ?? 'Frozen', afterMs: null };
    }
    if (made.failure.kind === 'unknown' || made.failure.kind === 'retry') {
      return { kind: 'retry', message: made.failure.message };
    }
    // The next one: the engine knows of overlaps that its list does not show, a route of the host, say.
  }
  return {
    kind: 'retry',
    message: `no subnet is free in ${subnets.base} for the project's network`,
  };
};

const found = ({ memory }: Deps, { id }: ProjectRecord): null => {
  memory.networkHolders.delete(id);
  memory.networks.add(id);
  return null;
};

/**
 * The network is listed, and no container can join it, as its bridge is gone. Where nothing hangs on it a new one takes
 * its place. What still runs on it is cut off already, and is not ended for that: it is told, and the network made anew
 * when the next start finds it so with nothing on it.
 */
const dropDead = async (deps: Deps, project: ProjectRecord): Promise<void> => {
  const { memory, store, clock } = deps;
  memory.deadNetworks.delete(project.id);
  const name = networkName({ projectId: project.id });
  const removed = await deps.writer.removeNetwork(name);
  if (removed.ok) memory.networks.delete(project.id);
  store.events.add({
    at: clock.now(),
    type: 'Warning',
    reason: 'NetworkBroken',
    message: removed.ok
      ? `network ${name} had lost its bridge and is made anew`
      : `network ${name} has lost its bridge, so that what runs on it is cut off: mlenv restart it, and the network is made anew once nothing runs on it (${removed.failure.message})`,
    projectId: project.id,
    environment: null,
  });
};

/** The one that it had comes first, each at most once. */
const candidates = function* (
  had: string | null,
  range: Settings['subnets'],
  taken: readonly string[],
): Generator<string> {
  if (had !== null && !taken.some((other) => overlaps(other, had))) yield had;
  yield* freeSubnets(range, had === null ? taken : [...taken, had]);
};

/** Once nothing of the project is left. A network that still has a guest stays for the next look. */
export const removeNetwork = async (deps: Deps, projectId: string): Promise<boolean> => {
  const removed = await deps.writer.removeNetwork(networkName({ projectId }));
  deps.memory.networks.delete(projectId);
  return removed.ok || removed.failure.kind === 'absent';
};
