import type { DigestAnswer, DigestLookup } from '../model/image-pin.ts';
import type { EnvironmentKey } from '../model/key.ts';
import type { Clock } from '../model/ports.ts';
import type { RegistryReader } from '../model/registry.ts';

export interface DigestLookupOptions {
  /** null: this process asks none. */
  readonly registry: Pick<RegistryReader, 'digest'> | null;
  readonly clock: Clock;
  /** A key to look at again: there is an answer. */
  readonly onAnswer: (key: EnvironmentKey) => void;
  readonly atOnce?: number;
}

interface Question {
  answer: DigestAnswer;
  failures: number;
  readonly keys: Set<EnvironmentKey>;
}

const firstRetryMs = 10_000;
const lastRetryMs = 300_000;

/** One question for a tag however many wait for it, and few at once. */
export const createDigestLookup = (options: DigestLookupOptions): DigestLookup =>
  new Questions(options);

class Questions implements DigestLookup {
  readonly #options: DigestLookupOptions;
  readonly #questions = new Map<string, Question>();
  readonly #waiting: string[] = [];
  readonly #abort = new AbortController();
  #running = 0;

  constructor(options: DigestLookupOptions) {
    this.#options = options;
  }

  look(reference: string): DigestAnswer {
    return this.#questions.get(reference)?.answer ?? { kind: 'asking' };
  }

  ask(reference: string, key: EnvironmentKey): DigestAnswer {
    const { registry, clock } = this.#options;
    const now = clock.now();
    if (registry === null) {
      return { kind: 'failed', message: 'this process asks no registry', retryAt: now };
    }
    const known = this.#questions.get(reference);
    // An answer is for those who waited for it, once: the tag may have been moved since.
    if (known?.answer.kind === 'found' && known.keys.delete(key)) return known.answer;
    if (known !== undefined && !isOver(known, now)) {
      known.keys.add(key);
      return known.answer;
    }
    this.#questions.set(reference, {
      answer: { kind: 'asking' },
      failures: known?.failures ?? 0,
      keys: new Set([...(known?.keys ?? []), key]),
    });
    this.#waiting.push(reference);
    this.#next(registry);
    return { kind: 'asking' };
  }

  stop(): void {
    this.#waiting.length = 0;
    this.#abort.abort();
  }

  #next(registry: Pick<RegistryReader, 'digest'>): void {
    while (this.#running < (this.#options.atOnce ?? 2)) {
      const reference = this.#waiting.shift();
      const question = reference === undefined ? undefined : this.#questions.get(reference);
      if (reference === undefined || question === undefined) return;
      this.#running += 1;
      void this.#read(registry, reference, question).finally(() => {
        this.#running -= 1;
        this.#next(registry);
      });
    }
  }

  async #read(
    registry: Pick<RegistryReader, 'digest'>,
    reference: string,
    question: Question,
  ): Promise<void> {
    const { clock, onAnswer } = this.#options;
    const result = await registry.digest(reference, { signal: this.#abort.signal });
    if (this.#abort.signal.aborted) return;
    if (result.ok) {
      question.answer = { kind: 'found', digest: result.value };
      question.failures = 0;
    } else {
      const { message, cure, retryAfterMs } = result.fault;
      const delayMs = Math.min(firstRetryMs * 2 ** question.failures, lastRetryMs);
      question.failures += 1;
      question.answer = {
        kind: 'failed',
        message: `${message}; ${cure}`,
        retryAt: clock.now() + Math.max(delayMs, retryAfterMs ?? 0),
      };
    }
    for (const one of question.keys) onAnswer(one);
  }
}

const isOver = ({ answer }: Question, now: number): boolean => {
  switch (answer.kind) {
    case 'asking':
      return false;
    case 'found':
      return true;
    case 'failed':
      return now >= answer.retryAt;
    default:
      return answer satisfies never;
  }
};
