import type { ObservedContainer } from '../model/container.ts';
import type { HealthWish } from '../model/environment.ts';
import type { EnvironmentKey } from '../model/key.ts';

/** A container of ours that runs, as it was seen last. */
export interface ProbeTarget {
  readonly key: EnvironmentKey;
  readonly container: ObservedContainer;
  /** null: the file asks for no health check. */
  readonly wish: HealthWish | null;
}

/** Never two questions to one container, and never many at once. */
export const inTurns = async <T>(
  items: readonly T[],
  run: (item: T) => Promise<void>,
  signal: AbortSignal,
): Promise<void> => {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (signal.aborted) return;
      await run(next);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
};

const atOnce = 4;
