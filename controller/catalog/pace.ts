import type { Clock } from '../model/ports.ts';

/** How often each host is asked. */
export interface Pace {
  /** Waits for the host's turn. What it gives is why there is none: `aborted`, or how long the host wants to be left alone. */
  turn(host: string, signal: AbortSignal): Promise<Turn>;
  /** The host asked to be left alone for so long. */
  hold(host: string, ms: number): void;
}

export type Turn =
  | { readonly kind: 'go' }
  | { readonly kind: 'aborted' }
  /** Longer than anybody here waits. */
  | { readonly kind: 'held'; readonly leftMs: number };

export interface PaceOptions {
  readonly clock: Clock;
  /** In any 60 seconds, to one host. */
  readonly perMinute: number;
  /** A hold longer than this is not waited for. */
  readonly patienceMs: number;
  readonly onWait?: (wait: Wait) => void;
}

export interface Wait {
  readonly host: string;
  readonly ms: number;
  /** `pace`: so many a minute; `held`: the host asked for it; `failed`: before another attempt. */
  readonly why: 'pace' | 'held' | 'failed';
}

const windowMs = 60_000;

export const createPace = (options: PaceOptions): Pace => {
  const { clock, perMinute, patienceMs, onWait } = options;
  const asked = new Map<string, readonly number[]>();
  const heldUntil = new Map<string, number>();

  /** null: now. */
  const waitFor = (host: string): { readonly ms: number; readonly why: Wait['why'] } | null => {
    const now = clock.now();
    const heldMs = (heldUntil.get(host) ?? 0) - now;
    if (heldMs > 0) return { ms: heldMs, why: 'held' };
    // A clock set back would else hold for as long as it was set back.
    const recent = (asked.get(host) ?? []).filter((at) => at <= now && now - at < windowMs);
    const [first] = recent;
    if (first !== undefined && recent.length >= perMinute) {
      return { ms: first + windowMs - now, why: 'pace' };
    }
    asked.set(host, [...recent, now]);
    return null;
  };

  return {
    turn: async (host, signal) => {
      for (;;) {
        if (signal.aborted) return { kind: 'aborted' };
        const wait = waitFor(host);
        if (wait === null) return { kind: 'go' };
        if (wait.why === 'held' && wait.ms > patienceMs) return { kind: 'held', leftMs: wait.ms };
        onWait?.({ host, ...wait });
        await pause(clock, wait.ms, signal);
      }
    },
    hold: (host, ms) => {
      heldUntil.set(host, Math.max(heldUntil.get(host) ?? 0, clock.now() + ms));
    },
  };
};

/** Ends early, without a word, where the signal fires. */
export const pause = (clock: Clock, ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.setTimer(ms, end);
    signal.addEventListener('abort', end, { once: true });
  });

/** Seconds or a date (RFC 9110, 10.2.3), in milliseconds from `now`; null: neither. */
export const retryAfterMs = (header: string | null, now: number): number | null => {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const at = /[A-Za-z]{3}/.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - now);
};
