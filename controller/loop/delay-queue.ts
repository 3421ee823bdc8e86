import type { Clock } from './clock.ts';

export interface DelayQueue<Key extends string> {
  /** A key that waits already keeps the earlier of the two times. */
  addAfter(key: Key, ms: number): void;
  cancel(key: Key): void;
  clear(): void;
  /** Milliseconds until the first key is due, 0 where it is overdue; null: none waits. */
  nextInMs(): number | null;
  readonly size: number;
}

/** Keys that come due later: a heap, and one timer for its head. Keys of one time come in the order added. */
export const createDelayQueue = <Key extends string = string>(options: {
  readonly clock: Clock;
  readonly onDue: (key: Key) => void;
}): DelayQueue<Key> => new Delays<Key>(options.clock, options.onDue);

interface Entry<Key> {
  readonly key: Key;
  readonly due: number;
  readonly order: number;
}

class Delays<Key extends string> implements DelayQueue<Key> {
  readonly #clock: Clock;
  readonly #onDue: (key: Key) => void;
  /** A binary heap. An entry that `#live` does not hold is void and dropped when it comes up. */
  readonly #heap: Entry<Key>[] = [];
  readonly #live = new Map<Key, Entry<Key>>();
  #order = 0;
  #armedFor: number | null = null;
  #disarm: () => void = () => {};
  /** Time that only goes forward: a wall clock set back must not lengthen what waits. */
  #elapsed = 0;
  #lastNow: number;

  constructor(clock: Clock, onDue: (key: Key) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
    this.#lastNow = clock.now();
  }

  get size(): number {
    return this.#live.size;
  }

  addAfter(key: Key, ms: number): void {
    const due = this.#now() + Math.max(0, ms);
    const known = this.#live.get(key);
    if (known !== undefined && known.due <= due) return;
    const entry = { key, due, order: this.#order++ };
    this.#live.set(key, entry);
    push(this.#heap, entry);
    this.#arm();
  }

  cancel(key: Key): void {
    if (this.#live.delete(key)) this.#arm();
  }

  clear(): void {
    this.#live.clear();
    this.#arm();
  }

  nextInMs(): number | null {
    const head = this.#head();
    return head === undefined ? null : Math.max(0, head.due - this.#now());
  }

  #now(): number {
    const now = this.#clock.now();
    this.#elapsed += Math.max(0, now - this.#lastNow);
    this.#lastNow = now;
    return this.#elapsed;
  }

  #head(): Entry<Key> | undefined {
    for (;;) {
      const head = this.#heap[0];
      if (head === undefined || this.#live.get(head.key) === head) return head;
      pop(this.#heap);
    }
  }

  #arm(): void {
    const due = this.#head()?.due ?? null;
    if (due === this.#armedFor) return;
    this.#disarm();
    this.#armedFor = due;
    if (due === null) return;
    this.#disarm = this.#clock.setTimer(Math.max(0, due - this.#now()), () => this.#fire(due));
  }

  /** The timer is believed before the clock, which may have been set back meanwhile. */
  #fire(due: number): void {
    this.#armedFor = null;
    this.#elapsed = Math.max(this.#now(), due);
    const keys: Key[] = [];
    for (let head = this.#head(); head && head.due <= this.#elapsed; head = this.#head()) {
      this.#live.delete(head.key);
      keys.push(head.key);
    }
    this.#arm();
    for (const key of keys) this.#onDue(key);
  }
}

const before = <Key>(a: Entry<Key>, b: Entry<Key>): boolean =>
  a.due < b.due || (a.due === b.due && a.order < b.order);

const push = <Key>(heap: Entry<Key>[], entry: Entry<Key>): void => {
  let at = heap.length;
  heap.push(entry);
  while (at > 0) {
    const above = (at - 1) >> 1;
    const parent = heap[above];
    if (parent === undefined || !before(entry, parent)) break;
    heap[at] = parent;
    at = above;
  }
  heap[at] = entry;
};

const pop = <Key>(heap: Entry<Key>[]): void => {
  const entry = heap.pop();
  if (entry === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    const left = 2 * at + 1;
    const [a, b] = [heap[left], heap[left + 1]];
    if (a === undefined) break;
    const [child, below] = b !== undefined && before(b, a) ? [b, left + 1] : [a, left];
    if (!before(child, entry)) break;
    heap[at] = child;
    at = below;
  }
  heap[at] = entry;
};
