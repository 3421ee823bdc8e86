import { systemClock } from '../loop/clock.ts';
import { systemRandom } from '../loop/random.ts';
import { connectEngine, type Engine } from '../docker/connect.ts';
import { ApiError, type Api, type VersionInfo } from '../model/api.ts';
import { injectionOf } from '../docker/injection.ts';
import type { ConfigSource } from '../model/config.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { createHostLoad } from '../observe/host-load.ts';
import { createHostPorts } from '../observe/ports.ts';
import type { PassTaken } from '../model/metrics.ts';
import { exposition } from '../report/prometheus.ts';
import { collect } from '../service/series/collect.ts';
import { keptScrape, newestBackupAt, processFacts } from './scrape.ts';
import type { Log } from '../report/log.ts';
import { createCore, type Core } from '../reconcile/core.ts';
import { startObserving } from '../reconcile/freeze.ts';
import { ringWaiting } from '../reconcile/gpu-leases.ts';
import { authorize } from '../service/authorize.ts';
import { createService, type ServiceOptions } from '../service/service.ts';
import { packageVersion } from '../../schema/files.ts';
import { freeBytesAt } from '../store/filesystem.ts';
import { backupFolder } from '../store/location.ts';
import { createCheckouts } from '../git/checkout.ts';
import { createGit } from '../git/run.ts';
import { createSourceTrees } from '../git/trees.ts';
import { createNotifier } from '../notify/notifier.ts';
import { secretTrouble } from '../notify/private-file.ts';
import { createAskers } from './asker.ts';
import { roomOf } from './backups.ts';
import { architectureOf, catalogueSync } from './catalogue.ts';
import { lockEngine } from './engine-lock.ts';
import { gpuProviderOf } from './gpu-provider.ts';
import { openHostFiles } from './host-files.ts';
import { loginName } from './login-name.ts';
import { ownerOf } from './owner-of.ts';
import { createPeople } from './people.ts';
import { createPassLog } from './pass-log.ts';
import type { Place } from './place.ts';
import { openRegistries, pullLogins } from './registries.ts';
import { openState, openStateToRead, type State } from './state.ts';
import { timeText } from './time-text.ts';

export interface Instance {
  readonly core: Core;
  /** For the user of this process. */
  readonly api: Api;
  /** For whoever is known to ask. */
  readonly apiFor: (uid: number) => Api;
  /** Without what changes it: that is `core.deps.writer` alone, which a freeze holds back. */
  readonly engine: Omit<Engine, 'writer' | 'kill'>;
  readonly state: State;
  /** In the text format of Prometheus. */
  readonly scrape: () => string;
  /** What the sampler saw last. */
  readonly taken: { last: PassTaken | null };
  /** Adopts what is there, then reconciles. Throws ApiError 'prerequisite' if the engine is silent. */
  begin(): Promise<void>;
  close(): Promise<void>;
}

export interface InstanceOptions {
  readonly place: Place;
  readonly config: ConfigSource;
  /** Faults of a configuration that an earlier one stands in for. */
  readonly configFaults?: () => readonly Diagnostic[];
  readonly listenerFaults?: () => readonly string[];
  readonly host: string;
  readonly mode: VersionInfo['mode'];
  /** false: looks only, takes no lock and writes nothing. */
  readonly write: boolean;
  /** Folders to watch that the command line named. */
  readonly watch?: readonly string[];
  /** It was started to observe: it does so before anything begins. */
  readonly observe?: boolean;
  /** Only projects that a request names are touched. */
  readonly scoped: boolean;
  readonly log?: Log;
}

/**
 * Engine, lock, record and core, in this order: the engine's id names the lock, and only who holds
 * the lock opens the record for writing.
 */
export const openInstance = async (options: InstanceOptions): Promise<Instance> => {
  const { place, config, host, mode, write, scoped, log } = options;
  const connected = await connectEngine({
    host,
    loginFor: pullLogins(process.env, { config, shared: place.uid === 0 }),
  });
  if (!connected.ok) throw new ApiError('prerequisite', connected.failure.message);
  const engine = connected.value;
  const release = write ? await lockEngine(engine.info, place) : async () => {};
  const clock = systemClock();
  let state: State;
  try {
    state = (write ? openState : openStateToRead)(place.stateDir, clock.now());
  } catch (error) {
    engine.close();
    await release();
    throw error;
  }
  const git = createGit({ home: place.stateDir, env: process.env });
  let isOpen = write;
  const registries = openRegistries({
    config,
    clock,
    random: systemRandom(),
    env: process.env,
    shared: place.uid === 0,
    answers: write ? state.store.answers : null,
  });
  const reading = write
    ? {
        catalogueSync: catalogueSync({
          store: state.store,
          clock,
          registries,
          onTrouble: (message) => log?.warn({}, `the catalogue: ${message}`),
        }),
      }
    : {};
  const core = createCore({
    checkouts: createCheckouts(git),
    trees: createSourceTrees({ git, root: place.sourcesDir, ownerOf, secretTrouble }),
    notifier: createNotifier({ env: process.env }),
    store: state.store,
    reader: engine.reader,
    writer: engine.writer,
    ...(await openHostFiles({
      ...options,
      engine,
      hmacKey: state.digestKey,
    })),
    hostPorts: createHostPorts(),
    clock,
    random: systemRandom(),
    config,
    gpuProvider: gpuProviderOf(config),
    hostLoad: createHostLoad({
      disks: () => [
        { what: `the engine's root ${engine.info.rootDir}`, path: engine.info.rootDir },
        { what: `the state folder ${place.stateDir}`, path: place.stateDir },
      ],
      now: () => clock.now(),
    }),
    ...reading,
    registry: registries.forUsers,
    architecture: architectureOf(process.arch),
    injection: () => injectionOf(config.current().gpu.injection, engine.info),
    timeText,
    room: roomOf(place.stateDir, log ?? null),
    engineFreeBytes: () => freeBytesAt(engine.info.rootDir),
    readOnly: !write,
    instance: state.instance,
    loginName,
    people: createPeople({
      now: () => clock.now(),
      onLate: () => {
        if (isOpen) ringWaiting(core.deps);
      },
    }),
    scoped,
    ...(log === undefined ? {} : { onPass: createPassLog({ store: state.store, log }) }),
  });
  if (options.observe === true) {
    startObserving(core.deps, loginName(place.uid) ?? `uid ${place.uid}`);
  }
  const startedAt = clock.now() - process.uptime() * 1000;
  const taken: Instance['taken'] = { last: null };
  const scrape = keptScrape(clock, () =>
    exposition(
      collect(core, {
        version: packageVersion(),
        engine: engine.info,
        taken: taken.last,
        backupAt: newestBackupAt(backupFolder(place.stateDir)),
        freeDiskBytes: freeBytesAt(place.stateDir),
        process: processFacts(startedAt),
      }),
    ),
  );
  const service: ServiceOptions = {
    core,
    scrape,
    configFaults: options.configFaults ?? (() => []),
    listenerFaults: options.listenerFaults ?? (() => []),
    reconciles: write,
    startsObserving: options.observe === true,
    version: async () => {
      const { version, apiVersion, name } = engine.info;
      return {
        version: packageVersion(),
        engine: { version, apiVersion, name },
        mode,
        pid: process.pid,
        stateDir: place.stateDir,
      };
    },
  };
  const askers = createAskers({ now: () => clock.now() });
  const apiFor = (uid: number): Api =>
    authorize({
      core,
      service: (who) => createService({ ...service, ...who }),
      asker: () => askers.of(uid),
      ownUid: place.uid,
      records: write,
    });
  return {
    core,
    api: apiFor(place.uid),
    apiFor,
    engine,
    state,
    scrape,
    taken,
    begin: async () => {
      const trouble = await core.begin(state.origin);
      if (trouble !== null) throw new ApiError('prerequisite', trouble);
    },
    close: async () => {
      isOpen = false;
      await reading.catalogueSync?.stop();
      await core.stop();
      state.close();
      engine.close();
      await release();
    },
  };
};
