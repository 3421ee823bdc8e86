import type { Failure } from '../model/failure.ts';
import type { Clock, EngineWriter } from '../model/ports.ts';

export interface StopRequest {
  readonly key: string;
  readonly containerId: string;
  readonly graceMs: number;
}

/** Stops run beside the passes: a grace period of minutes must hold no worker. */
export interface Stopper {
  begin(request: StopRequest): void;
  inFlight(key: string): boolean;
  /** We asked for this one's end: an event of its death is no hand of somebody else. */
  isOurs(containerId: string): boolean;
  /** It is started again: the end of this run may be somebody else's doing. */
  runsAnew(containerId: string): void;
  /** Resolves when none is in flight. */
  settled(): Promise<void>;
}

/** A stop that the engine refused is not asked for again at once: its key stays in flight for so long. */
const afterFailureMs = 5000;

/** It is gone, or nobody was asked: either way there is nothing to wait for. */
const isNothing = ({ kind }: Failure): boolean => kind === 'absent' || kind === 'frozen';

export const createStopper = ({
  writer,
  clock,
  onEnd,
}: {
  readonly writer: Pick<EngineWriter, 'stop'>;
  readonly clock: Clock;
  /** `failure`: what the engine said; null: it stopped, or was gone. */
  readonly onEnd: (key: string, failure: string | null) => void;
}): Stopper => {
  const running = new Map<string, Promise<void>>();
  /** Bounded: only the newest matter, as an event comes within moments of its cause. */
  const asked = new Set<string>();

  const stop = async ({ key, containerId, graceMs }: StopRequest): Promise<void> => {
    const result = await writer.stop(containerId, graceMs);
    const failure = result.ok || isNothing(result.failure) ? null : result.failure.message;
    if (failure !== null) {
      await new Promise<void>((resolve) => void clock.setTimer(afterFailureMs, resolve));
    }
    running.delete(key);
    onEnd(key, failure);
  };

  return {
    begin: (request) => {
      if (running.has(request.key)) return;
      asked.delete(request.containerId);
      asked.add(request.containerId);
      const [oldest] = asked;
      if (asked.size > 1000 && oldest !== undefined) asked.delete(oldest);
      running.set(request.key, stop(request));
    },
    inFlight: (key) => running.has(key),
    isOurs: (containerId) => asked.has(containerId),
    runsAnew: (containerId) => void asked.delete(containerId),
    settled: async () => {
      await Promise.all(running.values());
    },
  };
};
