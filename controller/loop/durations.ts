/** How long passes took: of each bound, how many took no longer, and longer than the bound before. */
export interface Durations {
  readonly boundsSeconds: readonly number[];
  readonly counts: readonly number[];
  readonly sumMs: number;
}

const boundsSeconds = [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60];

export interface DurationCounter {
  add(ms: number): void;
  read(): Durations;
}

export const createDurationCounter = (): DurationCounter => {
  const counts = boundsSeconds.map(() => 0);
  let sumMs = 0;
  return {
    add: (ms) => {
      const bucket = boundsSeconds.findIndex((bound) => ms <= bound * 1000);
      // What is longer than all of them is in the count of passes alone.
      if (bucket >= 0) counts[bucket] = (counts[bucket] ?? 0) + 1;
      sumMs += ms;
    },
    read: () => ({ boundsSeconds, counts: [...counts], sumMs }),
  };
};
