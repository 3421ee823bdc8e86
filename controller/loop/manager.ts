import type { Clock } from './clock.ts';

/** Something that runs as long as the process does. */
export interface Runnable {
  readonly name: string;
  /** Resolves when it is ready. `fail` tells of a fault later on, which ends everything. */
  start(fail: (error: unknown) => void): Promise<void> | void;
  /** Called once, and only if `start` was called. */
  stop(): Promise<unknown> | void;
}

export interface ManagerOptions {
  readonly clock: Clock;
  /** Started in this order, each once the one before is ready; stopped in reverse. */
  readonly runnables: readonly Runnable[];
  /** For each one. */
  readonly startWithinMs?: number;
  /** For all together: who is not done by then is left behind. */
  readonly stopWithinMs?: number;
}

export interface Manager {
  /** Resolves when all are ready. The first failure stops those that were started, then rejects with it. */
  start(): Promise<void>;
  /** Stops what was started; the second call waits for the first. */
  stop(): Promise<void>;
  /** How it all ended; never rejects. */
  readonly ended: Promise<ManagerEnd>;
}

export interface ManagerEnd {
  /** null: it was told to stop. */
  readonly failure: { readonly name: string; readonly error: unknown } | null;
  /** Those whose stop failed or was not awaited any longer. */
  readonly unclean: readonly string[];
}

export const createManager = (options: ManagerOptions): Manager => new OrderedManager(options);

class OrderedManager implements Manager {
  readonly ended: Promise<ManagerEnd>;
  readonly #clock: Clock;
  readonly #runnables: readonly Runnable[];
  readonly #startWithinMs: number;
  readonly #stopWithinMs: number;
  readonly #started: Runnable[] = [];
  #failure: ManagerEnd['failure'] = null;
  #end: (end: ManagerEnd) => void = () => {};
  #stopping: Promise<void> | null = null;

  constructor(options: ManagerOptions) {
    this.#clock = options.clock;
    this.#runnables = options.runnables;
    this.#startWithinMs = options.startWithinMs ?? 30_000;
    this.#stopWithinMs = options.stopWithinMs ?? 9000;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  async start(): Promise<void> {
    for (const runnable of this.#runnables) {
      if (this.#stopping !== null) break;
      this.#started.push(runnable);
      const fail = (error: unknown): void => this.#fail(runnable.name, error);
      try {
        const inTime = await this.#within(this.#startWithinMs, async () => runnable.start(fail));
        if (!inTime)
          fail(new Error(`${runnable.name} was not ready within ${this.#startWithinMs} ms`));
      } catch (error) {
        fail(error);
      }
    }
    if (this.#stopping !== null) await this.#stopping;
    if (this.#failure !== null) throw this.#failure.error;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  #fail(name: string, error: unknown): void {
    if (this.#stopping !== null) return;
    this.#failure = { name, error };
    void this.stop();
  }

  async #stopAll(): Promise<void> {
    const unclean: string[] = [];
    let leftMs = this.#stopWithinMs;
    for (const runnable of this.#started.reverse()) {
      const from = this.#clock.now();
      try {
        const inTime = await this.#within(leftMs, async () => runnable.stop());
        if (!inTime) unclean.push(runnable.name);
      } catch {
        unclean.push(runnable.name);
      }
      leftMs = Math.max(0, leftMs - Math.max(0, this.#clock.now() - from));
    }
    this.#end({ failure: this.#failure, unclean });
  }

  /** false: time is up. Work that fails after that is nobody's any more. */
  async #within(ms: number, work: () => Promise<unknown>): Promise<boolean> {
    let cancel = (): void => {};
    const late = new Promise<false>((resolve) => {
      cancel = this.#clock.setTimer(ms, () => resolve(false));
    });
    const done = work().then(() => true);
    try {
      return await Promise.race([done, late]);
    } finally {
      cancel();
    }
  }
}
