import type { Clock } from '../loop/clock.ts';
import type { Random } from '../loop/random.ts';

export interface Resync {
  start(): void;
  /** Resolves when a run under way has ended. */
  stop(): Promise<void>;
}

/**
 * Rings for everything again and again, so that whatever every other trigger missed is found. The next
 * wait starts when a run has ended: runs never overlap. Each wait differs by up to a tenth, so that
 * several instances do not fall into step.
 */
export const createResync = (options: {
  readonly clock: Clock;
  readonly random: Pick<Random, 'fraction'>;
  readonly everyMs?: number;
  readonly onResync: () => void | Promise<void>;
  /** A run that failed; the next one comes all the same. */
  readonly onError: (error: unknown) => void;
}): Resync => {
  const { clock, random, everyMs = 30_000, onResync, onError } = options;
  let cancel = (): void => {};
  let running: Promise<void> = Promise.resolve();
  let stopped = false;

  const arm = (): void => {
    const waitMs = everyMs * (0.9 + 0.2 * random.fraction());
    if (stopped) return;
    cancel = clock.setTimer(waitMs, () => {
      running = run();
    });
  };
  const run = async (): Promise<void> => {
    try {
      await onResync();
    } catch (error) {
      onError(error);
    }
    arm();
  };

  return {
    start: arm,
    stop: () => {
      stopped = true;
      cancel();
      return running;
    },
  };
};
