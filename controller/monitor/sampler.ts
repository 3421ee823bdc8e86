import type { Clock } from '../model/ports.ts';

export interface Sampler {
  start(): void;
  /** The interval may have changed. */
  apply(): void;
  /** A pass under way is told to end and is not waited for: it writes nothing any more. */
  stop(): void;
}

/**
 * Runs one pass an interval, never two at once: one whose turn comes while another is under way is left out, so
 * that a slow engine gets no pile of questions.
 */
export const createSampler = (options: {
  readonly clock: Clock;
  /** null: no samples are taken. */
  readonly everyMs: () => number | null;
  readonly pass: (signal: AbortSignal) => Promise<void>;
  /** A pass that failed; the next one comes all the same. */
  readonly onError: (error: unknown) => void;
}): Sampler => {
  const { clock, everyMs, pass, onError } = options;
  let armedMs: number | null = null;
  let cancel = (): void => {};
  let running: Promise<void> | null = null;
  let isStarted = false;
  const stopping = new AbortController();

  const arm = (): void => {
    armedMs = everyMs();
    cancel =
      armedMs === null
        ? () => {}
        : clock.setTimer(armedMs, () => {
            arm();
            run();
          });
  };
  const run = (): void => {
    running ??= pass(stopping.signal)
      .catch((error: unknown) => {
        if (!stopping.signal.aborted) onError(error);
      })
      .finally(() => {
        running = null;
      });
  };
  return {
    start: () => {
      isStarted = true;
      arm();
      // At once, as a rate needs a reading before it.
      if (armedMs !== null) run();
    },
    apply: () => {
      if (!isStarted || everyMs() === armedMs) return;
      cancel();
      arm();
    },
    stop: () => {
      isStarted = false;
      cancel();
      stopping.abort();
    },
  };
};
