import type { Clock } from '../../controller/loop/clock.ts';

export interface SimulatedClock extends Clock {
  /** Moves time forward, runs what comes due on the way in order, and lets promises settle in between. */
  advance(ms: number): Promise<void>;
  /** Lets promises settle without moving time. */
  settle(): Promise<void>;
  /** Milliseconds until the next timer; null: none is set. */
  nextInMs(): number | null;
  /** Sets the wall clock without touching timers, as an administrator would. */
  setNow(ms: number): void;
  readonly timers: number;
}

export const createSimulatedClock = (startMs = Date.UTC(2030, 0, 1)): SimulatedClock => {
  /** Monotonic; the wall clock is this plus an offset. */
  let elapsed = 0;
  let offset = startMs;
  let order = 0;
  const timers = new Set<Timer>();

  const first = (): Timer | undefined => {
    let best: Timer | undefined;
    for (const timer of timers) if (best === undefined || isBefore(timer, best)) best = timer;
    return best;
  };

  return {
    // Whole milliseconds, as the system's clock tells them; timers may lie between two.
    now: () => offset + Math.floor(elapsed),
    setTimer: (ms, run) => {
      const timer = { due: elapsed + Math.max(0, ms), order: order++, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance: async (ms) => {
      const end = elapsed + ms;
      await settle();
      for (let timer = first(); timer && timer.due <= end; timer = first()) {
        elapsed = Math.max(elapsed, timer.due);
        timers.delete(timer);
        timer.run();
        await settle();
      }
      elapsed = end;
    },
    settle,
    nextInMs: () => {
      const timer = first();
      return timer === undefined ? null : Math.max(0, timer.due - elapsed);
    },
    setNow: (ms) => {
      offset = ms - elapsed;
    },
    get timers() {
      return timers.size;
    },
  };
};

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly run: () => void;
}

const isBefore = (a: Timer, b: Timer): boolean =>
  a.due < b.due || (a.due === b.due && a.order < b.order);

/** The event loop turns to an immediate only when no promise job is left. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
