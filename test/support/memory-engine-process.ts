import type { Result } from '../../controller/model/failure.ts';
import { failed, ok } from '../../controller/model/failure.ts';
import { envInside } from './memory-engine-gpus.ts';
import { argvOf, isUp, obstacleTo, refusal } from './memory-engine-obstacles.ts';
import { behaviourOf } from './memory-engine-shell.ts';
import { type MemoryContainer, tell, type World } from './memory-engine-world.ts';

/** The physics of a container's process: how it starts, fails to, ends and is ended. */
export function startContainer(world: World, container: MemoryContainer): Result<void> {
  switch (container.state) {
    case 'running':
    case 'restarting':
      return ok(undefined);
    case 'paused':
      return failed('conflict', 'cannot start a paused container, try unpause instead', 409);
    case 'removing':
    case 'dead':
      return failed('conflict', 'container is marked for removal and cannot be started', 409);
    case 'created':
    case 'exited':
      break;
    default:
      container.state satisfies never;
  }
  const obstacle = obstacleTo(world, container);
  if (obstacle !== null) {
    if (obstacle.exitCode !== null) {
      container.error = obstacle.message;
      // One that ran keeps its own where no process was begun.
      if (container.state === 'created') container.exitCode = obstacle.exitCode;
    }
    return refusal(obstacle);
  }
  run(world, container);
  return ok(undefined);
}

export { isUp } from './memory-engine-obstacles.ts';

/** The process ends by itself or by a signal. Nothing happens where none runs. */
export function exitContainer(
  world: World,
  container: MemoryContainer,
  how: { readonly code: number; readonly oom?: boolean },
): void {
  if (!isUp(container)) return;
  for (const cancel of container.cancel) cancel();
  container.cancel = [];
  container.state = 'exited';
  container.exitCode = how.code;
  container.oomKilled = how.oom === true;
  container.finishedAt = world.clock.now();
  if (how.oom === true) tell(world, container, 'oom');
  tell(world, container, 'die');
}

/** Resolves when it has ended: at once, or after the grace period where it does not listen. */
export async function stopContainer(
  world: World,
  container: MemoryContainer,
  graceMs: number,
): Promise<void> {
  if (!isUp(container)) return;
  tell(world, container, 'kill');
  if (listensToTerm(container)) {
    const does = behaviourOf(argvOf(container));
    exitContainer(world, container, { code: does.kind === 'program' ? does.termCode : 143 });
  } else {
    await new Promise<void>((resolve) => {
      const cancel = world.clock.setTimer(Math.ceil(graceMs / 1000) * 1000, resolve);
      // It may end by itself, or be removed, while we wait.
      container.cancel.push(cancel, resolve);
    });
    exitContainer(world, container, { code: 137 });
  }
  tell(world, container, 'stop');
}

function run(world: World, container: MemoryContainer): void {
  container.state = 'running';
  container.error = '';
  container.exitCode = 0;
  container.oomKilled = false;
  container.startedAt = world.clock.now();
  container.networkId = world.networks.get(container.config.network?.name ?? '')?.id ?? null;
  container.health = container.config.health === null ? 'none' : 'starting';
  container.healthIsPinned = false;
  container.lastCheck = null;
  tell(world, container, 'start');
  const later = (ms: number, act: () => void): void => {
    container.cancel.push(world.clock.setTimer(ms, act));
  };
  const does = behaviourOf(argvOf(container), envInside(container));
  if (does.kind === 'missing') {
    // With an init of its own the start succeeds, and the init ends at once.
    later(0, () => exitContainer(world, container, { code: 127 }));
    return;
  }
  for (const line of does.output) {
    later(line.afterMs, () => {
      container.log.push({
        at: world.clock.now(),
        stream: line.stream,
        data: new TextEncoder().encode(line.text),
      });
      for (const wake of container.watchers) wake();
    });
  }
  const exit = does.exit;
  if (exit !== null) {
    later(exit.afterMs, () => exitContainer(world, container, { code: exit.code }));
  }
  probe(world, container, later);
}

/** A probe's outcome never changes here, so it needs one timer and not one each interval. */
function probe(
  world: World,
  container: MemoryContainer,
  later: (ms: number, act: () => void) => void,
): void {
  const check = container.config.health;
  if (check === null) return;
  const does = behaviourOf(check.argv);
  const healthy = does.kind === 'program' && (does.exit?.code ?? 0) === 0;
  const afterMs = healthy
    ? check.intervalMs
    : check.startPeriodMs + check.intervalMs * check.retries;
  later(afterMs, () => {
    if (container.healthIsPinned) return;
    const now = world.clock.now();
    container.health = healthy ? 'healthy' : 'unhealthy';
    container.lastCheck = {
      startedAt: now,
      endedAt: now,
      exitCode: healthy ? 0 : 1,
      output: '',
      failures: healthy ? 0 : check.retries,
    };
    tell(world, container, `health_status: ${container.health}`);
  });
}

/** Process 1 without a handler does not get the signal; an init passes it on. */
function listensToTerm(container: MemoryContainer): boolean {
  const does = behaviourOf(argvOf(container));
  const ignores = does.kind === 'program' && does.ignoresTerm;
  return container.config.init && !ignores && container.state !== 'paused';
}
