export interface WorkQueue<Key extends string> {
  /** A key that waits already is not added twice; `low` lets all others go first. */
  add(key: Key, options?: { readonly low?: boolean }): void;
  /** The next key, marked as in work until `done`; null once the queue is shut down. */
  get(): Promise<Key | null>;
  /** The work on a key that `get` gave has ended. */
  done(key: Key): void;
  /** Gives out and takes in nothing more; resolves when no key is in work. */
  shutDown(): Promise<void>;
  readonly counts: QueueCounts;
}

export interface QueueCounts {
  readonly waiting: number;
  readonly processing: number;
}

/**
 * The keyed queue of client-go:
 * - fair: first in, first out, within each of the two priorities;
 * - stingy: a key added many times before its turn is given out once;
 * - one at a time: a key is never in two hands; added while in work, it runs once more afterwards.
 *
 * What still waits at `shutDown` is dropped: triggers are levels, and the next start looks at all keys.
 */
export const createWorkQueue = <Key extends string = string>(): WorkQueue<Key> => new Queue<Key>();

/** So many keys of normal priority pass a waiting low one; then it has its turn. */
const normalsBeforeLow = 16;

class Queue<Key extends string> implements WorkQueue<Key> {
  /** A waiting key is in exactly one of these two and never in `#processing`. */
  readonly #normal = new Set<Key>();
  readonly #low = new Set<Key>();
  readonly #processing = new Set<Key>();
  /** Keys in work that were added again, and whether as low. */
  readonly #again = new Map<Key, { readonly low: boolean }>();
  /** Those who wait in `get`; there are some only while no key waits. */
  readonly #takers: ((key: Key | null) => void)[] = [];
  readonly #idlers: (() => void)[] = [];
  #normalsInARow = 0;
  #closed = false;

  get counts(): QueueCounts {
    return {
      waiting: this.#normal.size + this.#low.size + this.#again.size,
      processing: this.#processing.size,
    };
  }

  add(key: Key, { low = false }: { readonly low?: boolean } = {}): void {
    if (this.#closed) return;
    if (this.#processing.has(key)) {
      this.#again.set(key, { low: low && (this.#again.get(key)?.low ?? true) });
      return;
    }
    if (low) {
      if (!this.#normal.has(key)) this.#low.add(key);
    } else {
      this.#low.delete(key);
      this.#normal.add(key);
    }
    this.#serve();
  }

  async get(): Promise<Key | null> {
    if (this.#closed) return null;
    const key = this.#take();
    if (key !== null) return key;
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  done(key: Key): void {
    if (!this.#processing.delete(key)) return;
    const again = this.#again.get(key);
    this.#again.delete(key);
    if (again !== undefined) this.add(key, again);
    if (this.#processing.size === 0) for (const resolve of this.#idlers.splice(0)) resolve();
  }

  async shutDown(): Promise<void> {
    this.#closed = true;
    this.#normal.clear();
    this.#low.clear();
    this.#again.clear();
    for (const resolve of this.#takers.splice(0)) resolve(null);
    if (this.#processing.size === 0) return;
    await new Promise<void>((resolve) => this.#idlers.push(resolve));
  }

  #serve(): void {
    const taker = this.#takers.shift();
    if (taker !== undefined) taker(this.#take());
  }

  #take(): Key | null {
    const lowsTurn = this.#normal.size === 0 || this.#normalsInARow >= normalsBeforeLow;
    const from = lowsTurn && this.#low.size > 0 ? this.#low : this.#normal;
    for (const key of from) {
      this.#normalsInARow = from === this.#normal ? this.#normalsInARow + 1 : 0;
      from.delete(key);
      this.#processing.add(key);
      return key;
    }
    return null;
  }
}
