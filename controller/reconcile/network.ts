import type { Outcome } from '../loop/outcome.ts';
import type { Settings } from '../model/context.ts';
import { label } from '../model/labels.ts';
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
  if (memory.networks.has(project.id)) return null;
  const listed = await reader.networks({});
  if (!listed.ok) return { kind: 'retry', message: listed.failure.message };
  const name = networkName({ projectId: project.id });
  const own = listed.value.find((network) => network.name === name);
  if (own !== undefined) {
    if (own.labels[label.instance] !== deps.instance) {
      return { kind: 'waiting', reason: 'NameConflict', afterMs: 30_000 };
    }
    memory.networks.add(project.id);
    return null;
  }
  // What other projects were given counts as taken, whether or not their network is up.
  const taken = [
    ...listed.value.flatMap(({ subnet }) => subnet ?? []),
    ...store.projects.list().flatMap(({ id, subnet }) => (id === project.id ? [] : (subnet ?? []))),
  ];
  for (const subnet of candidates(project.subnet, subnets, taken)) {
    store.projects.update(project.id, { subnet });
    const made = await writer.createNetwork({
      name,
      subnet,
      labels: projectLabels(contextOf(deps, project)),
    });
    if (made.ok) {
      memory.networks.add(project.id);
      return null;
    }
    if (made.failure.kind === 'frozen') {
      return { kind: 'waiting', reason: 'Frozen', afterMs: null };
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
