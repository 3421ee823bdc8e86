import type { Outcome } from './outcome.ts';

/** The reason in a pass's signal. */
export class PassAborted extends Error {
  readonly why: 'time-limit' | 'stopping';

  constructor(why: 'time-limit' | 'stopping', message: string) {
    super(message);
    this.name = 'PassAborted';
    this.why = why;
  }
}

export interface PassEnd {
  readonly outcome: Outcome;
  /** What the pass threw instead of ending with an outcome. */
  readonly panic?: unknown;
}

/**
 * Runs one pass and never rejects: what it throws becomes a retry. That is a panic, unless it was
 * told to end and says so by throwing.
 */
export const runPass = async (
  run: (signal: AbortSignal) => Promise<Outcome>,
  signal: AbortSignal,
): Promise<PassEnd> => {
  try {
    return { outcome: await run(signal) };
  } catch (error) {
    if (signal.reason instanceof PassAborted) return retry(signal.reason.message);
    return { ...retry(error instanceof Error ? error.message : String(error)), panic: error };
  }
};

const retry = (message: string): PassEnd => ({ outcome: { kind: 'retry', message } });
