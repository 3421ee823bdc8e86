import type { Clock } from '../loop/clock.ts';
import { next as backoffMs } from '../loop/backoff.ts';
import type { Random } from '../loop/random.ts';
import { environmentKey, type EnvironmentKey } from '../model/key.ts';
import { label } from '../model/labels.ts';
import type { EngineEvent, EngineReader } from '../model/ports.ts';
import type { Outage } from '../model/snapshot.ts';

export interface EngineEventsOptions {
  readonly reader: Pick<EngineReader, 'events'>;
  readonly clock: Clock;
  readonly random: Pick<Random, 'fraction'>;
  /** Something happened to a container of this environment. Must return at once. */
  readonly onKey: (key: EnvironmentKey) => void;
  /** The subscription stands anew: list everything now, whatever happened before is not told. */
  readonly onRelist: () => void;
  /**
   * The engine is back after it could not be reached. Called before `onRelist`. An engine that shuts
   * down ends its containers first: `endsFrom` covers the stops that were told then, which may be its own.
   */
  readonly onOutage: (outage: Outage) => void;
  /** The stream was lost: the engine may be gone, and people should read it at once. */
  readonly onLost?: () => void;
  readonly onHandStop: (stop: HandStop) => void;
  /** The kernel ended a process of it, which no later look shows while the container runs on. */
  readonly onOutOfMemory: (event: HandStop) => void;
  /** An image came, went or got another name. Must return at once. */
  readonly onImage?: () => void;
  /** Something that containers are made of, or the name of one that is not ours, came or went. Must return at once. */
  readonly onPart?: (event: EngineEvent) => void;
  /** We asked for this container's end ourselves. */
  readonly isOurs: (containerId: string) => boolean;
}

/** Somebody else stopped or killed a container of ours; or the engine did, see `onOutage`. */
export interface HandStop {
  readonly key: EnvironmentKey;
  readonly containerId: string;
  readonly at: number;
}

export interface EngineEvents {
  start(): void;
  stop(): Promise<void>;
  state(): { readonly connected: boolean; readonly since: number };
  /** Where the outage that `onOutage` will report began; null: connected, or never yet. */
  outageSince(): Pick<Outage, 'from' | 'endsFrom'> | null;
  /** Since when events are followed, with gaps that are outages; null: they never were. */
  watchedSince(): number | null;
}

/**
 * Follows the engine's events as a doorbell, over and over. The engine keeps few of them and tells of
 * no gap, so none is counted on: each connection subscribes first and has everything listed second.
 */
export const createEngineEvents = (options: EngineEventsOptions): EngineEvents =>
  new Follower(options);

/** 250 ms, 500 ms … 10 s. */
const reconnectRule = { baseMs: 250, factor: 2, capMs: 10_000 };
/** A connection that lasted so long was a good one: the next reconnect is tried soon. */
const goodAfterMs = 10_000;
/**
 * Docker 20.10 told kill, die and stop of each container before it closed the stream on its way down,
 * and gives them 15 s; one with a longer grace period may take longer.
 */
const shutdownMs = 60_000;

class Follower implements EngineEvents {
  readonly #options: EngineEventsOptions;
  /** One a connection: a signal that lived through all of them would gather listeners. */
  #abort = new AbortController();
  #stopped = false;
  #loop: Promise<void> = Promise.resolve();
  #connected = false;
  #since: number;
  #attempts = 0;
  /** When containers of ours were ended by others, in this connection. */
  readonly #endings: number[] = [];
  #outage: Pick<Outage, 'from' | 'endsFrom'>;
  #watchedSince: number | null = null;

  constructor(options: EngineEventsOptions) {
    this.#options = options;
    this.#since = options.clock.now();
    this.#outage = { from: this.#since };
  }

  start(): void {
    this.#since = this.#options.clock.now();
    this.#outage = { from: this.#since };
    this.#loop = this.#follow();
  }

  stop(): Promise<void> {
    this.#stopped = true;
    this.#abort.abort();
    return this.#loop;
  }

  state(): { readonly connected: boolean; readonly since: number } {
    return { connected: this.#connected, since: this.#since };
  }

  outageSince(): Pick<Outage, 'from' | 'endsFrom'> | null {
    return this.#connected || this.#attempts === 0 ? null : this.#outage;
  }

  watchedSince(): number | null {
    return this.#watchedSince;
  }

  async #follow(): Promise<void> {
    while (!this.#stopped) {
      await this.#connection(this.#abort.signal);
      this.#lost();
      if (!this.#stopped) await this.#pause(this.#abort.signal);
      if (!this.#stopped) this.#abort = new AbortController();
    }
  }

  /** Ends with the connection. Nothing is awaited between two events: an engine waits for slow readers. */
  async #connection(signal: AbortSignal): Promise<void> {
    try {
      for await (const event of this.#options.reader.events(signal)) {
        if (signal.aborted) return;
        if (!this.#connected) this.#stands();
        this.#ring(event);
      }
    } catch {
      // The port promises not to throw; where it does, the connection is as lost as otherwise.
    }
  }

  /** The stream's first event, `daemon connected`, says that the subscription stands. */
  #stands(): void {
    const now = this.#options.clock.now();
    // A first connection made at once ends no outage.
    if (this.#attempts > 0) this.#options.onOutage({ ...this.#outage, to: now });
    this.#connected = true;
    this.#watchedSince ??= now;
    this.#since = now;
    this.#options.onRelist();
  }

  #lost(): void {
    const now = this.#options.clock.now();
    if (this.#connected) {
      if (now - this.#since >= goodAfterMs) this.#attempts = 0;
      this.#connected = false;
      this.#since = now;
      const recent = this.#endings.splice(0).filter((at) => at >= now - shutdownMs);
      // Two values: what ran before the connection was lost may have been cut, and some of it a little earlier.
      this.#outage = { from: now, endsFrom: Math.min(now, ...recent) };
      if (!this.#stopped) this.#options.onLost?.();
    }
    this.#attempts += 1;
  }

  #pause(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    const ms = backoffMs(reconnectRule, this.#attempts, random.fraction());
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = clock.setTimer(ms, end);
      signal.addEventListener('abort', end);
    });
  }

  #ring(event: EngineEvent): void {
    const { isOurs, onHandStop, onImage, onKey, onOutOfMemory, onPart } = this.#options;
    if (event.type === 'image') onImage?.();
    // An engine that starts something is not on its way down: what was ended before, others ended.
    if (event.type === 'container' && event.action === 'start') this.#endings.length = 0;
    const key = keyOf(event);
    if (key === null && event.type !== 'daemon') onPart?.(event);
    if (key === null || isNoise(event.action)) return;
    // Before the key: the pass that it starts must find the mark.
    if (isEnding(event) && !isOurs(event.id)) {
      this.#remember(event.at);
      onHandStop({ key, containerId: event.id, at: event.at });
    }
    if (event.action === 'oom') onOutOfMemory({ key, containerId: event.id, at: event.at });
    onKey(key);
  }

  #remember(at: number): void {
    const oldest = this.#options.clock.now() - shutdownMs;
    while ((this.#endings[0] ?? oldest) < oldest) this.#endings.shift();
    this.#endings.push(at);
  }
}

const keyOf = ({ type, labels }: EngineEvent): EnvironmentKey | null => {
  const [projectId, environment] = [labels[label.projectId], labels[label.environment]];
  if (type !== 'container' || !projectId || !environment) return null;
  return environmentKey({ projectId, environment });
};

/** What leaves state and settings as they were; a health check makes three of them each time. */
const isNoise = (action: string): boolean => action.startsWith('exec_') || noise.has(action);

const noise: ReadonlySet<string> = new Set([
  'attach',
  'detach',
  'resize',
  'top',
  'export',
  'copy',
  'commit',
  'archive-path',
  'extract-to-dir',
]);

/** `docker stop` tells kill, die, stop; `docker kill` tells kill, also for a signal that only pokes. */
const isEnding = ({ action, labels }: EngineEvent): boolean =>
  action === 'stop' || (action === 'kill' && endingSignals.has(labels['signal'] ?? '9'));

/** INT, QUIT, ABRT, KILL, TERM. */
const endingSignals: ReadonlySet<string> = new Set(['2', '3', '6', '9', '15']);
