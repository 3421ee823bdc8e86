import type { Result } from '../../controller/model/failure.ts';
import { failed, ok } from '../../controller/model/failure.ts';
import type { PullProgress } from '../../controller/model/ports.ts';
import type { Gate } from './memory-engine-gate.ts';
import { fullReference, imageDefaults, type World } from './memory-engine-world.ts';

export async function memoryPull(
  from: {
    readonly world: World;
    readonly gate: Gate;
    readonly reference: string;
    readonly onProgress: (progress: PullProgress) => void;
  },
  signal: AbortSignal,
): Promise<Result<void>> {
  const { world, gate, reference, onProgress } = from;
  const name = fullReference(reference);
  const cancelled = failed('retry', 'The pull was cancelled');
  if (signal.aborted) return cancelled;
  const found = world.pullable.get(name);
  if (found === undefined) {
    return failed('retry', 'dial tcp: lookup registry: network is unreachable', 500);
  }
  for (let tick = 1; tick <= found.ticks; tick += 1) {
    if (found.tickMs > 0) await pause(world, found.tickMs, signal);
    if (signal.aborted) return cancelled;
    if (gate.isDown()) return failed('retry', 'The connection was lost while pulling');
    onProgress({
      doneBytes: Math.floor((found.totalBytes * tick) / found.ticks),
      totalBytes: found.totalBytes,
    });
  }
  world.images.set(name, imageDefaults(name, found.defaults));
  world.emit({ type: 'image', action: 'pull', id: name, labels: { name } });
  return ok(undefined);
}

function pause(world: World, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      cancel();
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const cancel = world.clock.setTimer(ms, wake);
    signal.addEventListener('abort', wake);
  });
}
