import { createHash } from 'node:crypto';
import { ringSources } from '../../controller/instance/watching.ts';
import type { Api } from '../../controller/model/api.ts';
import { environmentKey } from '../../controller/model/key.ts';
import type { Random } from '../../controller/model/ports.ts';
import type { EnvironmentRecord, ProjectRecord } from '../../controller/model/record.ts';
import { createSeededRandom } from './random.ts';
import type { TrustOptions } from '../../specs/reader.ts';
import { lookOf } from './world-look.ts';
import type { Effect } from './world-guard.ts';
import { Host, instance, type HostOptions } from './world-host.ts';
import { createProcess, type Process } from './world-process.ts';
import { sourceNamed } from './world-sources.ts';

export interface WorldOptions extends HostOptions {
  /** Whose folders count. Left out: all. */
  readonly trust?: TrustOptions;
  /** The process dies just before, or just after, the effect of this number, and a supervisor starts a new one. */
  readonly dieAt?: { readonly effect: number; readonly when: 'before' | 'after' };
}

/** Told of all that a controller does; what it finds broken goes into `broken`. */
export interface Watcher {
  readonly before?: (effect: Effect) => void;
  readonly after?: (effect: Effect) => void;
  readonly step?: () => void;
}

/** A host in memory and the controllers that live and die on it. */
export class World extends Host {
  /** Every effect of every controller, in order. */
  readonly trace: string[] = [];
  /** What people and chance did to this world, with its time. */
  readonly notes: string[] = [];
  /** Numbers in `trace` of effects that changed something. */
  readonly changed = new Set<number>();
  /** Effects that changed the record, without the resync's own stamp. */
  writes = 0;
  /** Calls to the writer. */
  mutations = 0;
  /** Promises found broken; the next step throws them. */
  readonly broken: string[] = [];
  process: Process | null = null;
  processes = 0;

  #dieAt: WorldOptions['dieAt'];
  readonly #trust: WorldOptions['trust'];
  readonly #random: Random;
  readonly #watchers: Watcher[] = [];
  readonly #numbers = new WeakMap<Effect, number>();
  readonly #hash = createHash('sha256');
  #restart: () => void = () => {};
  #version = 0;

  constructor(options: WorldOptions = {}) {
    super(options);
    this.#dieAt = options.dieAt;
    this.#trust = options.trust;
    this.#random = createSeededRandom(this.seed);
  }

  watch(watcher: Watcher): void {
    this.#watchers.push(watcher);
  }

  note(text: string): void {
    this.notes.push(`${new Date(this.clock.now()).toISOString().slice(11, 23)} ${text}`);
  }

  /** The process dies so many effects from now. */
  dieIn(effects: number, when: 'before' | 'after' = 'before'): void {
    this.#dieAt = { effect: this.trace.length + effects, when };
  }

  /** A new controller process; returns when nothing more happens without time. */
  async start(): Promise<void> {
    this.#spawn();
    await this.clock.settle();
  }

  /** kill -9: nobody starts a new one but `start`. */
  crash(): void {
    this.#restart();
    this.process?.kill();
    this.process = null;
  }

  /** SIGTERM: what runs is ended in order. */
  async stop(): Promise<void> {
    const { process } = this;
    this.#restart();
    if (process === null) return;
    await this.#drive(process, process.stop());
    process.kill();
    this.process = null;
  }

  /** As a person who types it again where the controller died under it. */
  async ask<T>(request: (api: Api) => Promise<T>): Promise<T> {
    for (let tries = 0; tries < 20; tries += 1) {
      const { process } = this;
      if (process !== null) {
        const answer = await this.#drive(process, request(process.api));
        if (answer !== null) return answer.value;
      }
      await this.advance(1000);
    }
    throw new NoAnswer('no controller lived long enough to answer');
  }

  async advance(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 1000) {
      await this.clock.advance(Math.min(left, 1000));
      this.step();
    }
  }

  step(): void {
    for (const watcher of this.#watchers) watcher.step?.();
    for (const panic of this.process?.panics ?? []) {
      this.broken.push(`no pass panics: ${panic instanceof Error ? panic.stack : String(panic)}`);
    }
    if (this.broken.length > 0) {
      throw new Error(`seed ${this.seed}: ${this.broken.slice(0, 3).join('\n')}\n${lookOf(this)}`);
    }
  }

  /** The host's configuration has other sources from now on. */
  follow(...names: readonly string[]): void {
    this.sources.configured = names.map(sourceNamed);
    const { process } = this;
    if (process?.life.alive === true) ringSources(process.core);
  }

  /** Moves time until it is so and a controller lives. */
  async until(what: string, isSo: () => boolean, withinMs = 180_000): Promise<void> {
    await this.clock.settle();
    for (let passed = 0; !isSo() || this.process === null; passed += 500) {
      if (passed > withinMs) {
        throw new Error(`not within ${withinMs / 1000} s: ${what}\n${lookOf(this)}`);
      }
      await this.advance(500);
    }
    this.step();
  }

  /** Moves time until nothing was done or written for so long; two resyncs lie in the default. */
  async settle(quietMs = 65_000, withinMs = 3_600_000): Promise<void> {
    let last = -1;
    let quietSince = 0;
    for (let passed = 0; passed - quietSince < quietMs; passed += 1000) {
      if (passed > withinMs) throw new Error(`it does not come to rest\n${lookOf(this)}`);
      await this.advance(1000);
      const activity = this.mutations + this.writes;
      if (activity !== last || this.process === null) quietSince = passed;
      last = activity;
    }
  }

  /** Every key is looked at again, at once, so many times. */
  async passes(rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round += 1) {
      const { process } = this;
      if (process === null) return;
      for (const { id } of process.store.projects.list()) process.core.deps.ring.project(id);
      for (const row of process.store.environments.all()) {
        process.core.deps.ring.environment(environmentKey(row));
      }
      await this.clock.settle();
    }
    this.step();
  }

  project(path: string): ProjectRecord | null {
    return this.process?.store.projects.byPath(path) ?? null;
  }

  environment(path: string, environment: string): EnvironmentRecord | null {
    const project = this.project(path);
    if (project === null) return null;
    const key = environmentKey({ projectId: project.id, environment });
    return this.process?.store.environments.get(key) ?? null;
  }

  /** Same world, same history: same hash. */
  hash(): string {
    return this.#hash.copy().digest('hex');
  }

  close(): void {
    this.crash();
    this.record.close();
  }

  #spawn(): void {
    this.#restart();
    if (this.process !== null) return;
    this.note('a controller starts');
    const { store, origin } = this.record.open(this.clock.now());
    this.processes += 1;
    const process = createProcess({
      store,
      origin,
      engine: this.engine,
      files: this.files,
      secrets: this.secrets,
      clock: this.clock,
      random: this.#random,
      roots: ['/srv'],
      instance,
      hostPorts: this.ports,
      notifier: this.notifier,
      host: this.facts(),
      usage: this.usage,
      ...(this.#trust === undefined ? {} : { trust: this.#trust }),
      hooks: {
        before: (effect) => this.#before(effect),
        after: (effect) => this.#after(effect),
      },
    });
    this.process = process;
    this.#version = this.record.version();
    void process.begin().then((began) => {
      if (!began && process.life.alive) this.#die(5000);
    });
  }

  /** Ends the process; the supervisor starts a new one. */
  #die(afterMs: number): void {
    this.note('the controller dies');
    this.process?.kill();
    this.process = null;
    const cancel = this.clock.setTimer(afterMs, () => this.#spawn());
    this.#restart = () => {
      cancel();
      this.#restart = () => {};
    };
  }

  #before(effect: Effect): void {
    const number = this.trace.length;
    const [target] = effect.args;
    const line = `${effect.name} ${typeof target === 'string' ? target : nameOf(target)}`;
    this.trace.push(line);
    this.#hash.update(`${this.clock.now()} ${line}\n`);
    this.#numbers.set(effect, number);
    const dieAt = this.#dieAt;
    if (dieAt?.when === 'before' && dieAt.effect === number) return this.#die(1000);
    if (effect.kind === 'engine') {
      this.mutations += 1;
      this.changed.add(number);
    }
    for (const watcher of this.#watchers) watcher.before?.(effect);
  }

  #after(effect: Effect): void {
    if (effect.kind === 'record') {
      const version = this.record.version();
      if (version !== this.#version && effect.name !== 'record meta.set') {
        // A remote that is asked every minute leaves the time of it, and nothing comes to rest in that.
        if (effect.name !== 'record sources.update') this.writes += 1;
        this.changed.add(this.#numbers.get(effect) ?? -1);
      }
      this.#version = version;
    }
    for (const watcher of this.#watchers) watcher.after?.(effect);
    const dieAt = this.#dieAt;
    if (dieAt?.when === 'after' && dieAt.effect === this.#numbers.get(effect)) this.#die(1000);
  }

  /** null: the process died before its answer came. */
  async #drive<T>(process: Process, work: Promise<T>): Promise<{ readonly value: T } | null> {
    const ends: ({ readonly value: T } | { readonly error: unknown })[] = [];
    work.then(
      (value) => ends.push({ value }),
      (error: unknown) => ends.push({ error }),
    );
    await this.clock.settle();
    while (ends.length === 0 && process.life.alive) await this.advance(100);
    const [end] = ends;
    if (end !== undefined && 'value' in end) return end;
    if (!process.life.alive || end === undefined) return null;
    throw end.error;
  }
}

/** The engine is down, so that no controller starts. */
export class NoAnswer extends Error {}

const nameOf = (value: unknown): string =>
  typeof value === 'object' && value !== null && 'name' in value ? String(value.name) : '';
