import type { Random } from './random.ts';

export interface BackoffRule {
  readonly baseMs: number;
  readonly factor: number;
  readonly capMs: number;
}

/** 1 s, 2 s, 4 s … 5 min: the ceilings between which chance chooses. */
export const retryRule: BackoffRule = { baseMs: 1000, factor: 2, capMs: 5 * 60_000 };

/** The ceiling of the delay after so many failed attempts in a row (1 or more). */
export const ceilingMs = (rule: BackoffRule, attempts: number): number =>
  Math.min(rule.capMs, rule.baseMs * rule.factor ** (Math.max(1, attempts) - 1));

/** Full jitter: anywhere below the ceiling, so that many keys which failed together part. */
export const next = (rule: BackoffRule, attempts: number, fraction: number): number =>
  Math.floor(ceilingMs(rule, attempts) * fraction);

export interface Backoff<Key extends string> {
  /** Counts one more failure of the key and says how long to wait. */
  next(key: Key): { readonly attempts: number; readonly afterMs: number };
  attempts(key: Key): number;
  forget(key: Key): void;
}

export const createBackoff = <Key extends string = string>(options: {
  readonly random: Pick<Random, 'fraction'>;
  readonly rule?: BackoffRule;
}): Backoff<Key> => {
  const { random, rule = retryRule } = options;
  const failed = new Map<Key, number>();
  return {
    next: (key) => {
      const attempts = (failed.get(key) ?? 0) + 1;
      failed.set(key, attempts);
      return { attempts, afterMs: next(rule, attempts, random.fraction()) };
    },
    attempts: (key) => failed.get(key) ?? 0,
    forget: (key) => void failed.delete(key),
  };
};
