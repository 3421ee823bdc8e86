import { environmentKey } from '../../controller/model/key.ts';
import { reasons } from '../../controller/model/reason.ts';
import type { EnvironmentRecord } from '../../controller/model/record.ts';
import { cardTrouble, cardWaitTrouble } from './oracle-cards.ts';
import { quotaTrouble } from './oracle-quotas.ts';
import type { Played } from './played.ts';
import { isProtected, type ModelEnvironment } from './model.ts';

/**
 * Environments that are neither as wished nor waiting for a cause that is really there, told from what
 * people wished last and from what the engine shows. None: the world has converged.
 */
export const strangersOf = (played: Played): readonly string[] => {
  const { world, projects } = played;
  const store = world.process?.store;
  if (store === undefined) return ['no controller lives'];
  const strangers: string[] = [];
  for (const row of store.environments.all()) {
    const path = store.projects.get(row.projectId)?.path ?? '';
    const wish = projects.get(path)?.[row.environment];
    const trouble = judge(played, row, wish);
    if (trouble !== null) {
      strangers.push(`${path} ${row.environment}: ${trouble} (${row.phase} ${row.reason})`);
    }
  }
  for (const [path, project] of projects) {
    for (const name of Object.keys(project ?? {})) {
      if (world.environment(path, name) === null) strangers.push(`${path} ${name}: no row`);
    }
  }
  return strangers;
};

const judge = (
  played: Played,
  row: EnvironmentRecord,
  wish: ModelEnvironment | undefined,
): string | null => {
  const { world, projects } = played;
  const store = world.process?.store;
  const containers = world
    .ours()
    .filter(
      ({ labels }) =>
        labels['mlenv.project-id'] === row.projectId &&
        labels['mlenv.environment'] === row.environment,
    );
  const [container] = containers;
  const live = container?.state === 'running' || container?.state === 'paused';
  const held = new Set(store?.holds.of(environmentKey(row)).map(({ kind }) => kind));
  const isManual = wish !== undefined && isProtected(wish);
  const must = (isSo: boolean, what: string): string | null => (isSo ? null : what);

  if (containers.length > 1 && !held.has('suspend')) return 'more than one container';
  // Whoever owned it when it was first seen, or seen first after the record was lost.
  const owner = store?.projects.get(row.projectId)?.owner.uid;
  if (row.reason === 'OwnerChanged') return must(owner !== 1000, 'its owner is the first one');
  if (held.has('suspend')) return must(row.reason === 'Suspended', 'is suspended');
  if (held.has('rm')) return must(container === undefined, 'is to be absent');
  if (row.reason === 'DependentsRunning' && !held.has('down')) {
    const protectedOnes = store?.environments.ofProject(row.projectId) ?? [];
    return must(
      protectedOnes.some(({ reason }) => reason === 'UpdatePending'),
      'nobody keeps it from its end',
    );
  }
  if (wish === undefined) return must(live && row.reason === 'UpdatePending', 'is not wished');
  if (held.has('down')) return must(!live && row.reason === 'HeldDown', 'is to be down');
  if (held.has('unstarted') && !live)
    return must(row.reason === 'NotYetStarted', 'waits for its first up');
  if (held.has('rebuilt') && !live) return must(row.reason === 'Rebuilt', 'stays as found');
  if (row.reason === 'UpdatePending') return must(live && isManual, 'nothing protects it');
  if (wish.state === 'stopped') return must(!live && row.reason === 'Stopped', 'is to be stopped');
  switch (row.reason) {
    case 'Running':
      return (
        must(
          container?.state === 'running' && container.config.image === wish.image,
          'does not run as wished',
        ) ?? cardTrouble(world, wish, container?.config.gpus?.ids ?? [])
      );
    case 'GpuPoolFull':
    case 'GpuUnsuitable':
      return cardWaitTrouble(played, row, wish);
    case 'QuotaExceeded':
      return quotaTrouble(played, row, wish);
    case 'Completed':
      return must(!live && wish.restart !== 'always', 'has not completed');
    case 'Failed':
    case 'Interrupted':
    case 'TimedOut':
    case 'OutOfMemory':
      return must(!live && wish.restart === 'never', 'is to run again');
    // A command that ends again and again is never through with it.
    case 'BackOff':
      return must(wish.command !== undefined, 'waits without a cause');
    // What a job that runs once could not start for is told, and left to a person.
    case 'StartFailed':
      return must(!live && wish.restart === 'never', 'is to be tried again');
    case 'PortInUse': {
      const others = store?.ports.all().filter(({ projectId, environment }) => {
        return projectId !== row.projectId || environment !== row.environment;
      });
      const taken = [...world.occupied, ...(others ?? []).map(({ host }) => host)];
      return must(
        taken.some((port) => wish.ports?.includes(port)),
        'its port is free',
      );
    }
    case 'DependencyNotReady': {
      const path = store?.projects.get(row.projectId)?.path ?? '';
      const late = (wish.dependsOn ?? []).some((name) => {
        const other = world.environment(path, name);
        return other === null || other.reason !== 'Running';
      });
      return must(late && projects.has(path), 'its dependencies are there');
    }
    default:
      return `waits (${reasons[row.reason].kind})`;
  }
};
