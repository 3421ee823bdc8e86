import type { Clock } from '../loop/clock.ts';

/** Runs `run` after the debounce; asked for again under the same name meanwhile, not twice. */
export interface Soon {
  (name: string, run: () => void): void;
  /** Nothing runs any more. */
  close(): void;
}

/** The first of many starts the wait and the others do not lengthen it: what never rests is told too. */
export const soon = (clock: Clock, debounceMs: number): Soon => {
  const waiting = new Map<string, () => void>();
  let closed = false;
  const ask = (name: string, run: () => void): void => {
    if (closed || waiting.has(name)) return;
    const cancel = clock.setTimer(debounceMs, () => {
      waiting.delete(name);
      run();
    });
    waiting.set(name, cancel);
  };
  const close = (): void => {
    closed = true;
    for (const cancel of waiting.values()) cancel();
    waiting.clear();
  };
  return Object.assign(ask, { close });
};
