import type { Api } from '../../controller/model/api.ts';
import type { Settings } from '../../controller/model/context.ts';
import type { Notifier } from '../../controller/model/notice.ts';
import type {
  Clock,
  HostPorts,
  Random,
  SpecRead,
  SpecReader,
} from '../../controller/model/ports.ts';
import type { SecretFolders } from '../../controller/model/secret.ts';
import type { Store } from '../../controller/model/store.ts';
import { createMountSources } from '../../controller/observe/mount-sources.ts';
import { createCore, type Core } from '../../controller/reconcile/core.ts';
import type { CoreOptions } from '../../controller/reconcile/core-options.ts';
import { exposition } from '../../controller/report/prometheus.ts';
import { collect } from '../../controller/service/series/collect.ts';
import { createService } from '../../controller/service/service.ts';
import {
  engineTrigger,
  rescanTrigger,
  resyncTrigger,
  sourceTrigger,
} from '../../controller/instance/watching.ts';
import { createSpecReader, type TrustOptions } from '../../specs/reader.ts';
import type { MemoryEngine } from './memory-engine.ts';
import { createMemoryRunLogs } from './memory-run-logs.ts';
import { noTrees, quietConfig, quietFacts, quietHost } from './quiet-host.ts';
import {
  createLife,
  type EffectHooks,
  guardClock,
  guardReader,
  guardRegistry,
  guardRunLogs,
  guardStore,
  guardTrees,
  guardWriter,
  type Life,
  never,
  ProcessDied,
} from './world-guard.ts';
import { usageTrigger, type WorldUsage } from './world-usage.ts';
import type { WorldFiles } from './world-files.ts';
import type { WorldSecrets } from './world-secrets.ts';

/** One run of the controller over the world: its memory goes with it, the world stays. */
export interface Process {
  readonly life: Life;
  readonly core: Core;
  readonly api: Api;
  /** The record, past all guards, to look at. */
  readonly store: Store;
  /** What passes threw that was no order to end. */
  readonly panics: readonly unknown[];
  /** Adopts, then starts every trigger; false: it gave up, or died on the way. */
  begin(): Promise<boolean>;
  stop(): Promise<void>;
  kill(): void;
}

export interface ProcessOptions {
  readonly store: Store;
  readonly origin: 'kept' | 'new' | 'lost';
  readonly engine: MemoryEngine;
  readonly files: WorldFiles;
  readonly secrets: WorldSecrets;
  readonly clock: Clock;
  readonly random: Random;
  readonly hostPorts: HostPorts;
  readonly notifier: Notifier;
  readonly hooks: EffectHooks;
  readonly roots: readonly string[];
  readonly instance: string;
  readonly settings?: Partial<Settings>;
  /** Left out: every folder counts, as with a user's own instance. */
  readonly trust?: TrustOptions;
  readonly usage: WorldUsage | null;
  /** What differs from a quiet host without cards. */
  readonly host?: Partial<CoreOptions>;
}

export const hmacKey = new TextEncoder().encode('a key that no world has ever changed');

export const createProcess = (options: ProcessOptions): Process => {
  const life = createLife();
  const panics: unknown[] = [];
  const { engine, files, secrets, hooks } = options;
  const core = createCore({
    store: guardStore(options.store, life, hooks),
    reader: guardReader(engine.reader, life),
    writer: guardWriter(engine.writer, life, hooks),
    specs:
      options.trust === undefined
        ? remembering(
            createSpecReader({ files: files.spec, hmacKey, secrets: secrets.files }),
            files,
          )
        : createSpecReader({
            files: files.spec,
            hmacKey,
            secrets: secrets.files,
            trust: options.trust,
          }),
    hostPorts: options.hostPorts,
    clock: guardClock(options.clock, life),
    random: options.random,
    ...quietHost(quietConfig(options.settings)),
    mountSources: createMountSources({ files: files.spec, mountRoots: () => [] }),
    secretFiles: secrets.files,
    secretFolders: guardFolders(secrets.folders, life),
    ...options.host,
    runLogs: guardRunLogs(options.host?.runLogs ?? createMemoryRunLogs(), life),
    notifier: guardNotifier(options.notifier, life),
    trees: guardTrees(options.host?.trees ?? noTrees, life),
    ...(options.host?.registry === undefined
      ? {}
      : { registry: guardRegistry(options.host.registry, life) }),
    instance: options.instance,
    loginName: (uid) => (uid === 1000 ? 'ada' : null),
    onPass: ({ panic }) => {
      if (panic !== undefined && life.alive) panics.push(panic);
    },
  });
  /** The triggers leave these to themselves; one that dies with its process must not be heard of. */
  const quietly =
    <A extends readonly unknown[], R>(run: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      try {
        return await run(...args);
      } catch (error) {
        if (error instanceof ProcessDied || !life.alive) return never();
        throw error;
      }
    };
  const watched: Core = {
    ...core,
    resync: quietly(() => core.resync()),
    folderChanged: quietly((folder: string) => core.folderChanged(folder)),
  };
  const onTrouble = (): void => {};
  const fail = (error: unknown): void => void panics.push(error);
  const triggers = [
    engineTrigger({ core: watched }),
    resyncTrigger({ core: watched, onTrouble }),
    rescanTrigger({ core: watched, roots: () => options.roots, lstat: files.stamp, onTrouble }),
    sourceTrigger({ core: watched }),
    ...(options.usage === null
      ? []
      : [usageTrigger({ core, usage: options.usage, life, onError: fail })]),
  ];
  const begin = async (): Promise<boolean> => {
    try {
      if ((await core.begin(options.origin)) !== null) return false;
      for (const trigger of triggers) {
        await trigger.start(fail);
        if (!life.alive) return false;
      }
      return true;
    } catch (error) {
      if (life.alive) panics.push(error);
      return false;
    }
  };
  const kill = (): void => {
    if (!life.alive) return;
    life.end();
    options.store.close();
  };
  return {
    life,
    core,
    api: createService({
      reconciles: true,
      core,
      scrape: () => exposition(collect(core, quietFacts)),
      version: async () => ({
        version: 'simulated',
        engine: null,
        mode: 'controller',
        pid: 1,
        stateDir: '/state',
      }),
    }),
    store: options.store,
    panics,
    begin,
    stop: async () => {
      for (const trigger of [...triggers].reverse()) await trigger.stop();
      await core.stop();
    },
    kill,
  };
};

/** Nothing that a dead process began goes on. */
const guardFolders = (folders: SecretFolders, life: Life): SecretFolders => ({
  root: folders.root,
  write: (seed) => (life.alive ? folders.write(seed) : never()),
  remove: (folder) => (life.alive ? folders.remove(folder) : never()),
});

/** What was sent was sent, also where its sender died before it knew. */
const guardNotifier = (notifier: Notifier, life: Life): Notifier => ({
  host: notifier.host,
  send: async (delivery, signal) => {
    if (!life.alive) return never();
    const result = await notifier.send(delivery, signal);
    return life.alive ? result : never();
  },
});

/**
 * The same text in the same folder reads the same: most of a long run would go into YAML otherwise.
 * Each world remembers for itself, so that two runs of one seed wait in the same places.
 */
const readings = new WeakMap<WorldFiles, Map<string, SpecRead>>();

const remembering = (reader: SpecReader, files: WorldFiles): SpecReader => ({
  ...reader,
  read: async (folder, called) => {
    const known = readings.get(files) ?? new Map<string, SpecRead>();
    readings.set(files, known);
    const text = files.text(`${folder}/mlenv.yaml`);
    const look = await files.spec.identity(folder);
    // An env file beside it, or a secret, is read as well, and says nothing of itself in the text.
    // So is a lock.
    const isLocked = files.text(`${folder}/mlenv.lock`) !== null;
    if (text === null || look.kind !== 'folder' || isLocked || /envFile|secrets|\$/.test(text))
      return reader.read(folder, called);
    const key = JSON.stringify([look.identity, text, called]);
    const before = known.get(key);
    if (before !== undefined) return before;
    const read = await reader.read(folder, called);
    if (read.kind === 'valid') known.set(key, read);
    return read;
  },
});
