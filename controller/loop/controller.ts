import { createBackoff, type Backoff, type BackoffRule } from './backoff.ts';
import type { Clock } from './clock.ts';
import { createDelayQueue, type DelayQueue } from './delay-queue.ts';
import { createDurationCounter, type Durations } from './durations.ts';
import type { Outcome, OutcomeKind } from './outcome.ts';
import { PassAborted, runPass, type PassEnd } from './pass.ts';
import type { Random } from './random.ts';
import { createWorkQueue, type WorkQueue } from './work-queue.ts';

export interface ControllerOptions<Key extends string> {
  readonly name: string;
  /** How many keys are worked on at once. */
  readonly workers: number;
  /**
   * Looks at one key afresh and takes at most a step. The signal fires with a `PassAborted` when the
   * pass takes too long or the controller stops: finish the running effect and return.
   */
  readonly reconcile: (key: Key, signal: AbortSignal) => Promise<Outcome>;
  readonly clock: Clock;
  readonly random: Pick<Random, 'fraction'>;
  /** For log and metrics; what it throws is counted and goes no further. */
  readonly onOutcome?: (report: PassReport<Key>) => void;
  readonly passLimitMs?: number;
  readonly backoff?: BackoffRule;
}

export interface PassReport<Key extends string = string> extends PassEnd {
  readonly controller: string;
  readonly key: Key;
  readonly durationMs: number;
  /** Failures of the key in a row, this one included. */
  readonly attempts: number;
  /** null: only a trigger brings it back. */
  readonly againInMs: number | null;
}

export interface Controller<Key extends string = string> {
  readonly name: string;
  start(): void;
  /** `low`: may wait until nothing else does (the resync). */
  enqueue(key: Key, options?: { readonly low?: boolean }): void;
  enqueueAfter(key: Key, ms: number): void;
  /** Starts no further pass, tells running ones, and waits for them; answers with those it gave up on. */
  stop(deadlineMs?: number): Promise<readonly Key[]>;
  /** Resolves when nothing waits, nothing runs and no delay ends within `withinMs`; or at `stop`. */
  idle(withinMs?: number): Promise<void>;
  stats(): ControllerStats;
}

export interface ControllerStats {
  readonly waiting: number;
  readonly processing: number;
  readonly delayed: number;
  readonly passes: number;
  readonly outcomes: Readonly<Record<OutcomeKind, number>>;
  readonly panics: number;
  readonly timeouts: number;
  readonly lastPassAt: number | null;
  readonly durations: Durations;
}

export type NamedStats = ControllerStats & { readonly name: string };

export const createController = <Key extends string = string>(
  options: ControllerOptions<Key>,
): Controller<Key> => new Loop(options);

interface Waiter {
  readonly withinMs: number;
  readonly resolve: () => void;
}

class Loop<Key extends string> implements Controller<Key> {
  readonly name: string;
  readonly #options: ControllerOptions<Key>;
  readonly #passLimitMs: number;
  readonly #queue: WorkQueue<Key> = createWorkQueue<Key>();
  /** Delays that others asked for. */
  readonly #asked: DelayQueue<Key>;
  /** Delays that the last outcome of a key asked for; its next pass makes them void. */
  readonly #own: DelayQueue<Key>;
  readonly #backoff: Backoff<Key>;
  readonly #running = new Map<Key, AbortController>();
  readonly #waiters = new Set<Waiter>();
  readonly #outcomes = { done: 0, lookAgain: 0, waiting: 0, retry: 0, terminal: 0 };
  readonly #durations = createDurationCounter();
  #passes = 0;
  #panics = 0;
  #timeouts = 0;
  #lastPassAt: number | null = null;
  #state: 'new' | 'started' | 'stopped' = 'new';

  constructor(options: ControllerOptions<Key>) {
    const { clock, random, backoff } = options;
    const onDue = (key: Key): void => this.enqueue(key);
    this.name = options.name;
    this.#options = options;
    this.#passLimitMs = options.passLimitMs ?? 60_000;
    this.#asked = createDelayQueue<Key>({ clock, onDue });
    this.#own = createDelayQueue<Key>({ clock, onDue });
    this.#backoff = createBackoff<Key>(
      backoff === undefined ? { random } : { random, rule: backoff },
    );
  }

  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'started';
    for (let i = 0; i < this.#options.workers; i += 1) void this.#work();
  }

  enqueue(key: Key, options?: { readonly low?: boolean }): void {
    this.#queue.add(key, options);
  }

  enqueueAfter(key: Key, ms: number): void {
    if (this.#state !== 'stopped') this.#asked.addAfter(key, ms);
  }

  async stop(deadlineMs = 8000): Promise<readonly Key[]> {
    this.#state = 'stopped';
    this.#asked.clear();
    this.#own.clear();
    const drained = this.#queue.shutDown();
    for (const abort of this.#running.values()) {
      abort.abort(new PassAborted('stopping', `${this.name} stops`));
    }
    this.#wakeIdle();
    let cancel = (): void => {};
    const late = new Promise<void>((resolve) => {
      cancel = this.#options.clock.setTimer(deadlineMs, resolve);
    });
    await Promise.race([drained, late]);
    cancel();
    return [...this.#running.keys()];
  }

  async idle(withinMs = 0): Promise<void> {
    if (this.#isIdle(withinMs)) return;
    await new Promise<void>((resolve) => this.#waiters.add({ withinMs, resolve }));
  }

  stats(): ControllerStats {
    return {
      ...this.#queue.counts,
      delayed: this.#asked.size + this.#own.size,
      passes: this.#passes,
      outcomes: { ...this.#outcomes },
      panics: this.#panics,
      timeouts: this.#timeouts,
      lastPassAt: this.#lastPassAt,
      durations: this.#durations.read(),
    };
  }

  async #work(): Promise<void> {
    for (let key = await this.#queue.get(); key !== null; key = await this.#queue.get()) {
      const current = key;
      await new Promise<void>((free) => void this.#pass(current, free).then(free));
    }
  }

  /**
   * One pass; never rejects. Past the limit its worker is freed for other keys, while the key itself
   * stays locked until the pass has really ended: two passes over one key never overlap.
   */
  async #pass(key: Key, freeWorker: () => void): Promise<void> {
    const { clock } = this.#options;
    const startedAt = clock.now();
    const abort = new AbortController();
    this.#running.set(key, abort);
    this.#own.cancel(key);
    const cancelLimit = clock.setTimer(this.#passLimitMs, () => {
      this.#timeouts += 1;
      abort.abort(new PassAborted('time-limit', `took longer than ${this.#passLimitMs / 1000} s`));
      freeWorker();
    });
    const end = await runPass((signal) => this.#options.reconcile(key, signal), abort.signal);
    cancelLimit();
    this.#running.delete(key);
    this.#passes += 1;
    this.#lastPassAt = clock.now();
    if ('panic' in end) this.#panics += 1;
    const durationMs = Math.max(0, this.#lastPassAt - startedAt);
    this.#durations.add(durationMs);
    this.#settle(key, { ...end, durationMs });
    this.#queue.done(key);
    this.#wakeIdle();
  }

  /** The one place where an outcome becomes a requeue, a count and a line of the log. */
  #settle(key: Key, end: PassEnd & { readonly durationMs: number }): void {
    const { outcome } = end;
    let attempts = 0;
    let againInMs: number | null = null;
    switch (outcome.kind) {
      case 'done':
      case 'terminal':
        break;
      case 'lookAgain':
      case 'waiting':
        againInMs = outcome.afterMs;
        break;
      case 'retry':
        ({ attempts, afterMs: againInMs } = this.#backoff.next(key));
        againInMs = Math.max(againInMs, outcome.atLeastMs ?? 0);
        break;
      default:
        outcome satisfies never;
    }
    if (attempts === 0) this.#backoff.forget(key);
    this.#outcomes[outcome.kind] += 1;
    if (this.#state === 'stopped') againInMs = null;
    if (againInMs !== null) this.#own.addAfter(key, againInMs);
    try {
      this.#options.onOutcome?.({ controller: this.name, key, ...end, attempts, againInMs });
    } catch {
      this.#panics += 1;
    }
  }

  #isIdle(withinMs: number): boolean {
    if (this.#state === 'stopped') return true;
    const { waiting, processing } = this.#queue.counts;
    const isFar = (nextInMs: number | null): boolean => nextInMs === null || nextInMs > withinMs;
    return (
      waiting + processing === 0 && isFar(this.#asked.nextInMs()) && isFar(this.#own.nextInMs())
    );
  }

  #wakeIdle(): void {
    for (const waiter of this.#waiters) {
      if (!this.#isIdle(waiter.withinMs)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }
}

export const isBusy = (controller: Pick<Controller, 'stats'>): boolean => {
  const { waiting, processing } = controller.stats();
  return waiting + processing > 0;
};
