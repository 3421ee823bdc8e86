/** Time as an argument; the same words as the model's port, said again because the loop imports nothing. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs once after `ms`; returns its cancel. */
  setTimer(ms: number, run: () => void): () => void;
}

export const systemClock = (): Clock => ({ now: Date.now, setTimer: setLongTimer });

/** Node turns a longer delay into 1 ms (a signed 32-bit integer holds it), which would spin. */
const longestMs = 2 ** 31 - 1;

const setLongTimer = (ms: number, run: () => void): (() => void) => {
  let timer: NodeJS.Timeout;
  const arm = (leftMs: number): void => {
    const stepMs = Math.min(Math.max(leftMs, 0), longestMs);
    timer = setTimeout(() => (leftMs > stepMs ? arm(leftMs - stepMs) : run()), stepMs);
  };
  arm(ms);
  return () => clearTimeout(timer);
};
