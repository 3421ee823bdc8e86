import { defaultHostConfig, type PolicyConfig } from '../../controller/model/config.ts';
import type { StartConfig } from '../../controller/model/start.ts';
import type { ContainerConfig, ObservedContainer } from '../../controller/model/container.ts';
import type { GpuConfig, HostConfig, QueueConfig } from '../../controller/model/config.ts';
import { failed, ok } from '../../controller/model/failure.ts';
import type { Delivery, Notifier, ReceiverConfig } from '../../controller/model/notice.ts';
import { namesOnly, type People } from '../../controller/model/people.ts';
import type { EngineEvent, HostPorts } from '../../controller/model/ports.ts';
import { settling } from '../../controller/observe/gpu/settling.ts';
import type { CoreOptions } from '../../controller/reconcile/core-options.ts';
import { createMemoryEngine, type CallName, type MemoryEngine } from './memory-engine.ts';
import type { Verdict } from './memory-engine.ts';
import { createMemoryRunLogs, type MemoryRunLogs } from './memory-run-logs.ts';
import { noCards, quietConfig } from './quiet-host.ts';
import { createSeededRandom } from './random.ts';
import { createSimulatedClock, type SimulatedClock } from './simulated-clock.ts';
import { createWorldCards, sharedCard, type WorldCards } from './world-cards.ts';
import { createWorldFiles, type WorldFiles } from './world-files.ts';
import { createWorldRecord, type WorldRecord } from './world-record.ts';
import { createWorldRegistry, type WorldRegistry } from './world-registry.ts';
import { createWorldSecrets, type WorldSecrets } from './world-secrets.ts';
import { createWorldSources, type WorldSources } from './world-sources.ts';
import { createWorldUsage, type WorldUsage } from './world-usage.ts';
import { plainContainer } from './world-words.ts';

/** Which MLEnv the controllers of a world are. */
export const instance = 'simulated';

/** What everybody on the host is a member of. */
export const groups = ['students', 'vision'] as const;

/** What may go wrong between the controller and the engine, changed by whoever plays the world. */
export interface Weather {
  verdict: ((name: CallName, args: readonly unknown[]) => Verdict) | null;
  /** How long a call takes; 0: no time. */
  latencyMs: (() => number) | null;
  /** Whether whoever is told takes it; null: always. */
  takes: (() => boolean) | null;
}

export interface HostOptions {
  readonly seed?: number;
  /** What the host's configuration says of it at first. */
  readonly policy?: Partial<PolicyConfig>;
  /** true: the engine's event of this number (counted from 0) is told to nobody. */
  readonly dropEvent?: (index: number, event: EngineEvent) => boolean;
  /** In which order its cards are given out; left out, it has none. */
  readonly cards?: QueueConfig['order'];
  /** What an administrator says of them. */
  readonly gpu?: Partial<GpuConfig>;
  /** Who is told of failures. */
  readonly notices?: readonly ReceiverConfig[];
  /** true: what its containers use is sampled and judged. */
  readonly usage?: boolean;
}

/** What outlives every controller: clock, engine, files, ports and one SQLite file. */
export class Host {
  readonly seed: number;
  /** As the configuration has it now. */
  policy: PolicyConfig;
  /** When projects that are found start, as the configuration has it now. */
  starts: StartConfig = quietConfig().start;
  readonly clock: SimulatedClock = createSimulatedClock();
  readonly files: WorldFiles = createWorldFiles();
  readonly secrets: WorldSecrets = createWorldSecrets(this.files);
  readonly sources: WorldSources = createWorldSources(this.files, () => this.clock.now());
  readonly registry: WorldRegistry = createWorldRegistry();
  /** Copies of logs, as they lie on its disk. */
  readonly runLogs: MemoryRunLogs = createMemoryRunLogs();
  readonly record: WorldRecord = createWorldRecord(instance);
  readonly engine: MemoryEngine;
  readonly weather: Weather = { verdict: null, latencyMs: null, takes: null };
  /** Ports that something outside the engine listens on. */
  readonly occupied = new Set<number>();
  /** Names of all containers that anybody ever created. */
  readonly created: string[] = [];
  /** null: this host has none. */
  readonly cards: WorldCards | null;
  readonly config: HostConfig;
  /** null: nobody samples. */
  readonly usage: WorldUsage | null;
  /** What receivers took, with the time. */
  readonly sent: (Delivery & { readonly at: number })[] = [];
  /** How often any was tried. */
  tries = 0;
  readonly notifier: Notifier = {
    host: 'simulated',
    send: async (delivery) => {
      this.tries += 1;
      if (this.weather.takes?.() === false) return failed('retry', 'nobody listens there');
      this.sent.push({ ...delivery, at: this.clock.now() });
      return ok(null);
    },
  };
  /** On the disk of the record, as the host tells; null: it does not. */
  freeBytes: number | null = null;
  /** How many events the engine told or lost. */
  events = 0;
  /** Whom the name service knows, and in which groups everybody is. */
  readonly people: People = {
    ...namesOnly((uid) => (uid === 1000 ? 'ada' : null)),
    of: (uid) => ({ name: uid === 1000 ? 'ada' : null, groups }),
  };
  readonly ports: HostPorts = {
    free: async (ports) => ports.map(({ port }) => this.#isFree(port)),
  };

  #byHand = false;

  constructor(options: HostOptions) {
    this.seed = options.seed ?? 1;
    this.policy = { ...defaultHostConfig.policy, ...options.policy };
    this.engine = createMemoryEngine({
      clock: this.clock,
      random: createSeededRandom(this.seed + 1_000_003),
      faults: { beforeCall: (name, args) => this.#weatherOf(name, args) },
      dropEvent: (event) => {
        const index = this.events;
        this.events += 1;
        if (event.action === 'create' && event.type === 'container') {
          this.created.push(event.labels['name'] ?? '');
        }
        return options.dropEvent?.(index, event) ?? false;
      },
    });
    this.usage = options.usage === true ? createWorldUsage() : null;
    this.cards = options.cards === undefined ? null : createWorldCards(this.clock, this.engine);
    const quiet = quietConfig();
    this.config = {
      ...quiet,
      gpu: { ...quiet.gpu, shared: [{ gpus: [sharedCard], slots: 2 }], ...options.gpu },
      queue: { ...quiet.queue, order: options.cards ?? quiet.queue.order },
      notices: options.notices ?? [],
    };
    for (const image of ['app:1', 'app:2', 'job:1']) this.engine.addImage(image);
    for (const image of ['data:1', 'data:2']) {
      this.engine.addImage(image, { volumes: ['/var/lib/data'] });
    }
  }

  /** What somebody does on the host, whatever the weather. */
  async byHand<T>(act: () => Promise<T>): Promise<T> {
    this.#byHand = true;
    try {
      return await act();
    } finally {
      this.#byHand = false;
    }
  }

  /** Made and started by somebody else, with docker: not ours unless the labels say so. */
  async plant(config: Partial<ContainerConfig> & { readonly name: string }): Promise<string> {
    return this.byHand(async () => {
      const made = await this.engine.writer.create({ ...plainContainer, ...config }, []);
      if (!made.ok) throw new Error(made.failure.message);
      await this.engine.writer.start(made.value.id);
      return made.value.id;
    });
  }

  /** Something outside the engine takes a port, or gives it back. */
  occupy(port: number, isTaken: boolean): void {
    if (isTaken) {
      this.occupied.add(port);
      this.engine.occupyPort(port);
    } else {
      this.occupied.delete(port);
      this.engine.releasePort(port);
    }
  }

  ours(): readonly ObservedContainer[] {
    return this.engine.containers.filter(({ labels }) => labels['mlenv.instance'] === instance);
  }

  /** Containers of ours for this environment. */
  containers(path: string, environment: string): readonly ObservedContainer[] {
    return this.ours().filter(
      ({ labels }) =>
        labels['mlenv.project-path'] === path && labels['mlenv.environment'] === environment,
    );
  }

  /** What one process of a controller is given: the health of its cards is its own memory. */
  facts(): Pick<
    CoreOptions,
    'runLogs' | 'config' | 'gpuProvider' | 'room' | 'trees' | 'checkouts' | 'people' | 'registry'
  > {
    const { config, cards, sources, people } = this;
    return {
      config: {
        current: () => ({
          ...config,
          policy: this.policy,
          start: this.starts,
          sources: sources.configured,
        }),
      },
      runLogs: this.runLogs,
      room: { freeBytes: () => this.freeBytes, free: () => {} },
      trees: sources.trees,
      checkouts: sources.checkouts,
      people,
      registry: this.registry.reader,
      gpuProvider:
        cards === null ? noCards : settling(cards.provider, () => config.gpu.recoverAfter),
    };
  }

  async #weatherOf(name: CallName, args: readonly unknown[]): Promise<Verdict> {
    if (this.#byHand) return 'ok';
    const ms = this.weather.latencyMs?.() ?? 0;
    if (ms > 0) await new Promise<void>((resolve) => this.clock.setTimer(ms, resolve));
    return this.weather.verdict?.(name, args) ?? 'ok';
  }

  #isFree(port: number): boolean {
    return (
      !this.occupied.has(port) &&
      !this.engine.containers.some(
        ({ state, config }) =>
          state === 'running' && config.ports.some(({ host }) => host === port),
      )
    );
  }
}
