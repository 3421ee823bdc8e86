import type {
  Clock,
  EngineReader,
  EngineWriter,
  LogChunk,
  LogOptions,
} from '../../controller/model/ports.ts';
import type { RunLogs } from '../../controller/model/runs.ts';
import type { SourceTrees } from '../../controller/model/git.ts';
import type { RegistryReader } from '../../controller/model/registry.ts';
import type { Store } from '../../controller/model/store.ts';

/** One process, from its start to its death. Nothing that it began goes on after that. */
export interface Life {
  readonly alive: boolean;
  /** The signal that all which hangs on the process ends with. */
  readonly signal: AbortSignal;
  /** Cancels of its timers. */
  readonly timers: Set<() => void>;
  end(): void;
}

export const createLife = (): Life => {
  const abort = new AbortController();
  const timers = new Set<() => void>();
  return {
    get alive() {
      return !abort.signal.aborted;
    },
    signal: abort.signal,
    timers,
    end: () => {
      abort.abort();
      for (const cancel of timers) cancel();
      timers.clear();
    },
  };
};

/** What a dead process's code meets at the record: it may run on for a few promises, and does nothing. */
export class ProcessDied extends Error {
  constructor() {
    super('this process is dead');
    this.name = 'ProcessDied';
  }
}

export interface Effect {
  /** `engine create`, `record environments.update` */
  readonly name: string;
  readonly kind: 'engine' | 'record';
  readonly args: readonly unknown[];
}

/** Told of each effect just before it and just after it; may end the life in either. */
export interface EffectHooks {
  readonly before: (effect: Effect) => void;
  readonly after: (effect: Effect) => void;
}

export const never = <T>(): Promise<T> => new Promise<T>(() => {});

type Call = (...args: readonly unknown[]) => unknown;

/** The same object with every method wrapped. */
const wrapped = <T extends object>(target: T, wrap: (name: string, call: Call) => Call): T => {
  const calls = new Map<PropertyKey, Call>();
  return new Proxy(target, {
    get: (object, name) => {
      const value: unknown = Reflect.get(object, name);
      if (typeof value !== 'function' || typeof name !== 'string') return value;
      const known = calls.get(name);
      if (known !== undefined) return known;
      const call = wrap(name, (...args) => Reflect.apply(value, object, args) as unknown);
      calls.set(name, call);
      return call;
    },
  });
};

export const guardReader = (reader: EngineReader, life: Life): EngineReader =>
  wrapped(reader, (name, call) => {
    if (name === 'events') return (signal) => lively(reader, life, signal as AbortSignal);
    if (name === 'logs') {
      return (id, options, signal) =>
        livelyLogs(reader.logs(id as string, options as LogOptions, signal as AbortSignal), life);
    }
    return async (...args) => {
      if (!life.alive) return never();
      const result = await call(...args);
      return life.alive ? result : never();
    };
  });

async function* livelyLogs(chunks: AsyncIterable<LogChunk>, life: Life) {
  if (!life.alive) return never<void>();
  for await (const chunk of chunks) {
    if (!life.alive) return never<void>();
    yield chunk;
  }
  return life.alive ? undefined : never<void>();
}

/** What was written is on the disk, also where the process died before it knew. */
export const guardRunLogs = (runLogs: RunLogs, life: Life): RunLogs => ({
  write: async (...args) => {
    if (!life.alive) return never();
    const written = await runLogs.write(...args);
    return life.alive ? written : never();
  },
  read: (name) => (life.alive ? runLogs.read(name) : never()),
  list: () => runLogs.list(),
  remove: (names) => {
    if (!life.alive) throw new ProcessDied();
    runLogs.remove(names);
  },
});

async function* lively(reader: EngineReader, life: Life, signal: AbortSignal) {
  for await (const event of reader.events(AbortSignal.any([signal, life.signal]))) {
    if (!life.alive) return never<void>();
    yield event;
  }
  return life.alive ? undefined : never<void>();
}

export const guardWriter = (writer: EngineWriter, life: Life, hooks: EffectHooks): EngineWriter =>
  wrapped(writer, (name, call) => async (...args) => {
    const effect: Effect = { name: `engine ${name}`, kind: 'engine', args };
    if (life.alive) hooks.before(effect);
    if (!life.alive) return never();
    // The engine ends a pull whose caller is gone.
    const given =
      name === 'pull'
        ? [...args.slice(0, 2), AbortSignal.any([args[2] as AbortSignal, life.signal])]
        : args;
    const result = await call(...given);
    if (life.alive) hooks.after(effect);
    return life.alive ? result : never();
  });

export const guardTrees = (trees: SourceTrees, life: Life): SourceTrees =>
  wrapped(trees, (name, call) => {
    if (name === 'folder') return call;
    return async (...args) => {
      if (!life.alive) return never();
      const result = await call(...args);
      return life.alive ? result : never();
    };
  });

/** What was asked is asked; a process that is dead hears no answer. */
export const guardRegistry = (registry: RegistryReader, life: Life): RegistryReader =>
  wrapped(registry, (_, call) => async (...args) => {
    if (!life.alive) return never();
    const result = await call(...args);
    return life.alive ? result : never();
  });

export const guardClock = (clock: Clock, life: Life): Clock => ({
  now: () => clock.now(),
  setTimer: (ms, run) => {
    if (!life.alive) return () => {};
    const cancel = clock.setTimer(ms, () => {
      life.timers.delete(cancel);
      run();
    });
    life.timers.add(cancel);
    return () => {
      life.timers.delete(cancel);
      cancel();
    };
  },
});

const changing: ReadonlySet<string> = new Set(
  `insert update begin remove add lift set open close grant keep cordon uncordon observe deleted replace recompute intend seeded
   forget put markCached found searched tags skipImage check fail finish prune record trim rollUp reclaim
   probe see unchanged renew setUser setGroup setOwner used endLife pinned`.split(/\s+/),
);

/** Each transaction, and each change outside of one, is an effect of its own. */
export const guardStore = (store: Store, life: Life, hooks: EffectHooks): Store => {
  let depth = 0;
  const run = <T>(effect: Effect, change: () => T): T => {
    if (life.alive && depth === 0) hooks.before(effect);
    if (!life.alive) throw new ProcessDied();
    depth += 1;
    let result: T;
    try {
      result = change();
    } finally {
      depth -= 1;
    }
    if (depth === 0) hooks.after(effect);
    if (!life.alive) throw new ProcessDied();
    return result;
  };
  const table = <T extends object>(label: string, target: T): T =>
    wrapped(target, (name, call) => {
      if (changing.has(name)) {
        return (...args) =>
          run({ name: `record ${label}.${name}`, kind: 'record', args }, () => call(...args));
      }
      return (...args) => {
        if (!life.alive) throw new ProcessDied();
        return call(...args);
      };
    });
  return {
    transaction: (change) =>
      run({ name: 'record transaction', kind: 'record', args: [] }, () =>
        store.transaction(change),
      ),
    projects: table('projects', store.projects),
    environments: table('environments', store.environments),
    holds: table('holds', store.holds),
    conditions: table('conditions', store.conditions),
    events: table('events', store.events),
    intents: table('intents', store.intents),
    containers: table('containers', store.containers),
    ports: table('ports', store.ports),
    quotas: table('quotas', store.quotas),
    people: table('people', store.people),
    gpus: table('gpus', store.gpus),
    volumes: table('volumes', store.volumes),
    sources: table('sources', store.sources),
    generations: table('generations', store.generations),
    runs: table('runs', store.runs),
    troubles: table('troubles', store.troubles),
    notices: table('notices', store.notices),
    meta: table('meta', store.meta),
    audit: table('audit', store.audit),
    upkeep: table('upkeep', store.upkeep),
    metrics: table('metrics', store.metrics),
    idle: table('idle', store.idle),
    usage: table('usage', store.usage),
    health: table('health', store.health),
    pins: table('pins', store.pins),
    catalogue: table('catalogue', store.catalogue),
    syncs: table('syncs', store.syncs),
    answers: table('answers', store.answers),
    engineImages: table('engineImages', store.engineImages),
    close: () => store.close(),
  };
};
