import { failed } from '../model/failure.ts';
import type { Clock, EngineWriter, PullProgress } from '../model/ports.ts';
import type { PullState } from '../model/snapshot.ts';
import { sizeText } from '../model/size-text.ts';

export interface Puller {
  state(image: string): PullState | null;
  /** Begins, or joins, the pull of an image for this key. */
  begin(image: string, key: string): void;
  /** The key wants this image and no other (null: none); a pull that nobody wants any more is ended. */
  want(key: string, image: string | null): void;
  /** A create used the pull up: `pull: always` pulls anew before the next one. */
  used(image: string): void;
  /** Breaks off what is under way and forgets it; what is wanted then begins anew when it is asked for. */
  stop(): void;
}

export interface PullerOptions {
  readonly writer: Pick<EngineWriter, 'pull'>;
  readonly clock: Clock;
  /** Keys to look at again: something moved. */
  readonly onChange: (keys: readonly string[]) => void;
  readonly atOnce?: number;
  /** On the engine's disk; null: it cannot be told. Left out: it never can. */
  readonly freeBytes?: () => number | null;
}

interface Job {
  state: PullState;
  failures: number;
  readonly keys: Set<string>;
  abort: AbortController | null;
  reportedAt: number;
}

const firstRetryMs = 10_000;
const lastRetryMs = 300_000;
/** Progress rings at most so often: it is for eyes. */
const reportEveryMs = 1000;

/** Pulls run beside the passes, one for an image however many wait for it. */
export const createPuller = (options: PullerOptions): Puller => new PullPool(options);

class PullPool implements Puller {
  readonly #options: PullerOptions;
  readonly #jobs = new Map<string, Job>();
  readonly #waiting: string[] = [];
  #running = 0;

  constructor(options: PullerOptions) {
    this.#options = options;
  }

  state(image: string): PullState | null {
    return this.#jobs.get(image)?.state ?? null;
  }

  begin(image: string, key: string): void {
    const known = this.#jobs.get(image);
    if (known?.state.kind === 'pulling') {
      known.keys.add(key);
      return;
    }
    this.#jobs.set(image, {
      state: { kind: 'pulling', image, doneBytes: 0, totalBytes: 0 },
      failures: known?.failures ?? 0,
      keys: new Set([...(known?.keys ?? []), key]),
      abort: null,
      reportedAt: this.#options.clock.now(),
    });
    this.#waiting.push(image);
    this.#next();
  }

  want(key: string, image: string | null): void {
    for (const [other, job] of this.#jobs) {
      if (other === image) {
        // Whoever finds the pull under way waits for it, and is told of its end too.
        if (job.state.kind === 'pulling') job.keys.add(key);
        continue;
      }
      if (!job.keys.delete(key) || job.keys.size > 0) continue;
      job.abort?.abort();
      this.#jobs.delete(other);
    }
  }

  used(image: string): void {
    if (this.#jobs.get(image)?.state.kind === 'done') this.#jobs.delete(image);
  }

  stop(): void {
    this.#waiting.length = 0;
    for (const [image, job] of this.#jobs) {
      job.abort?.abort();
      if (job.state.kind === 'pulling') this.#jobs.delete(image);
    }
  }

  #next(): void {
    while (this.#running < (this.#options.atOnce ?? 2)) {
      const image = this.#waiting.shift();
      if (image === undefined) return;
      const job = this.#jobs.get(image);
      if (job?.state.kind !== 'pulling' || job.abort !== null) continue;
      this.#running += 1;
      void this.#pull(image, job).finally(() => {
        this.#running -= 1;
        this.#next();
      });
    }
  }

  /** What is still to be loaded has to have room as it comes, and needs more once it is unpacked. */
  #tooBig({ doneBytes, totalBytes }: PullProgress): string | null {
    const free = this.#options.freeBytes?.() ?? null;
    const left = totalBytes - doneBytes;
    if (free === null || left <= free) return null;
    return `no room on the engine's disk: ${sizeText(left)} are still to be loaded, and ${sizeText(free)} are free; mlenv images prune, or docker system prune`;
  }

  async #pull(image: string, job: Job): Promise<void> {
    const abort = new AbortController();
    job.abort = abort;
    const { writer, clock, onChange } = this.#options;
    let tooBig: string | null = null;
    const pulled = await writer.pull(
      image,
      (progress) => {
        tooBig ??= this.#tooBig(progress);
        if (tooBig !== null) return abort.abort();
        job.state = { kind: 'pulling', image, ...progress };
        if (clock.now() - job.reportedAt < reportEveryMs) return;
        job.reportedAt = clock.now();
        onChange([...job.keys]);
      },
      abort.signal,
    );
    const result = tooBig === null ? pulled : failed('retry', tooBig);
    if (tooBig === null && abort.signal.aborted) return;
    if (!result.ok && result.failure.kind === 'frozen') {
      // Nobody was asked, so nothing failed.
      this.#jobs.delete(image);
    } else if (result.ok) {
      job.state = { kind: 'done', image };
    } else {
      const delayMs = Math.min(firstRetryMs * 2 ** job.failures, lastRetryMs);
      job.failures += 1;
      job.state = {
        kind: 'failed',
        image,
        message: result.failure.message,
        retryAt: clock.now() + delayMs,
      };
    }
    onChange([...job.keys]);
  }
}
