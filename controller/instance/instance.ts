import { once } from 'node:events';
import { systemClock } from '../loop/clock.ts';
import { createManager, type Runnable } from '../loop/manager.ts';
import type { CliPorts, Connection, ConnectOptions, ControllerOptions } from '../cli/ports.ts';
import { doctorChecks } from '../cli/doctor.ts';
import { ApiError } from '../model/api.ts';
import { faultText, type Diagnostic } from '../model/diagnostic.ts';
import { connectApi } from '../report/http-client.ts';
import { createLog } from '../report/log.ts';
import { requestUserSocket } from '../report/user-socket-request.ts';
import { ringAll, ringWaiting } from '../reconcile/gpu-leases.ts';
import { noteConfiguration } from '../reconcile/trouble.ts';
import { backupFolder } from '../store/location.ts';
import { readStamp } from '../watch/file-stamp.ts';
import { recordFileOf } from './record-file.ts';
import { createBackups, localMidnight } from './backups.ts';
import { resuming } from './catalogue.ts';
import { readConfig, watchConfig } from './config.ts';
import { drillTools } from './drill.ts';
import { facts } from './facts.ts';
import { createListener, type Listener } from './listener.ts';
import { idling } from './idling.ts';
import { openInstance, type Instance } from './open.ts';
import { hostOf, ownSocket, placeOf, type Place } from './place.ts';
import { careOf } from './record-care.ts';
import { probing } from './probing.ts';
import { openLogins } from './registries.ts';
import { sampling } from './sampling.ts';
import { sockets } from './sockets.ts';
import { engineTrigger, resyncTrigger, ringSources, triggers } from './watching.ts';

/** The whole house behind the command line's three wishes. */
export const createPorts = (env: NodeJS.ProcessEnv): Omit<CliPorts, 'machine'> => ({
  connect: (options) => connect(env, options),
  runController: (options, signal) => runController(env, options, signal),
  record: async (options) => careOf(env, options),
  logins: async ({ config }) => openLogins(env, config),
  drill: (options) => drillTools(env, options),
  doctor: async ({ host }) => doctorChecks(await facts(env, host)),
});

/** Reading thousands of files for the first time may take a slow disk so long. */
const firstReadingMs = 600_000;

/** A resident instance if one answers; else this process becomes one for as long as it is needed. */
const connect = async (env: NodeJS.ProcessEnv, options: ConnectOptions): Promise<Connection> => {
  const place = placeOf(env);
  const resident = await residentApi(place);
  if (resident !== null) return { api: resident, mode: 'controller', close: async () => {} };

  const instance = await openInstance({
    place,
    config: await readConfig({ env, uid: place.uid, given: options.config }),
    host: hostOf(env, options.host),
    mode: 'process',
    write: options.write,
    scoped: true,
  });
  if (!options.write) {
    return { api: instance.api, mode: 'process', close: () => instance.close() };
  }
  const manager = createManager({
    clock: instance.core.deps.clock,
    runnables: [
      beginning(instance),
      engineTrigger({ core: instance.core }),
      resyncTrigger({ core: instance.core, onTrouble: () => {} }),
    ],
  });
  try {
    await manager.start();
  } catch (error) {
    await instance.close();
    throw error;
  }
  return {
    api: instance.api,
    mode: 'process',
    close: async () => {
      await manager.stop();
      await instance.close();
    },
  };
};

/** The system's instance where there is one, and then no other; else one's own. */
const residentApi = async (place: Place): ReturnType<typeof connectApi> => {
  if (place.systemRunDir !== null) {
    const answer = await requestUserSocket({ runDir: place.systemRunDir, uid: place.uid });
    if (answer?.ok === true) return connectApi(answer.path);
    if (answer?.ok === false)
      throw new ApiError(answer.busy === true ? 'busy' : 'refused', answer.message);
    if (place.systemConfigured) {
      throw new ApiError(
        'prerequisite',
        '/etc/mlenv says that this machine has a system instance, and it does not answer; systemctl status mlenv tells why',
      );
    }
  }
  return connectApi(ownSocket(place));
};

const runController = async (
  env: NodeJS.ProcessEnv,
  options: ControllerOptions,
  signal: AbortSignal,
): Promise<number> => {
  const place = placeOf(env);
  const log = createLog({ level: options.logLevel, format: options.logFormat });
  let onChange = (): void => {};
  let listener: Listener | null = null;
  let onFault: (fault: Diagnostic) => void = () => {};
  const config = await watchConfig(
    { env, uid: place.uid, given: options.config },
    {
      clock: systemClock(),
      onChange: () => {
        log.info({}, 'the configuration has changed and is in force');
        onChange();
      },
      onTrouble: (message, diagnostics) => {
        log.warn({ faults: diagnostics.map(faultText) }, message);
        diagnostics.slice(0, 1).forEach((first) => onFault(first));
      },
    },
  );
  const instance = await openInstance({
    place,
    config,
    configFaults: () => config.diagnostics(),
    listenerFaults: () => listener?.faults() ?? [],
    host: hostOf(env, options.host),
    mode: 'controller',
    write: true,
    scoped: false,
    watch: options.watch,
    observe: options.observe,
    log,
  }).catch(async (error: unknown) => {
    await config.stop();
    throw error;
  });
  const roots = (): readonly string[] => [
    ...new Set([...options.watch, ...config.current().watch]),
  ];
  const { core, state, engine } = instance;
  const held = core.deps.frozen();
  if (held !== null) log.warn({}, held.message);
  // Others may be let through now, and a policy may forbid what runs, which is then shown.
  listener = createListener({
    clock: core.deps.clock,
    listen: () => config.current().listen,
    sources: () => config.current().sources,
    look: (source) => core.sources.enqueue(source),
    metrics: () => config.current().metrics,
    scrape: instance.scrape,
    onTrouble: (message) => log.warn({}, message),
  });
  const { apply, close: deafen } = listener;
  const sampler = sampling(instance, (message) => log.warn({}, message));
  const idleWatch = idling(instance, (message) => log.warn({}, message));
  onChange = () => {
    void apply();
    sampler.apply();
    idleWatch.apply();
    ringSources(core);
    noteConfiguration(core.deps, null);
    void core.resync().then(() => {
      ringWaiting(core.deps);
      ringAll(core.deps);
    });
  };
  onFault = (fault) => noteConfiguration(core.deps, faultText(fault));
  noteConfiguration(core.deps, null);
  if (state.notice !== null) log.warn({}, state.notice);
  const manager = createManager({
    clock: core.deps.clock,
    startWithinMs: firstReadingMs,
    runnables: [
      recordFileOf(instance, place, log),
      beginning(instance),
      // Before the first reading of all files, so that a question is answered at once.
      sockets(instance, place, log),
      { name: 'listener', start: apply, stop: deafen },
      ...triggers({
        core,
        roots,
        lstat: readStamp,
        onTrouble: (message) => log.warn({}, message),
      }),
      createBackups({
        folder: backupFolder(place.stateDir),
        deps: core.deps,
        midnight: localMidnight,
      }),
      sampler,
      idleWatch,
      probing(core.deps, (message) => log.warn({}, message)),
      resuming(core.deps.catalogueSync),
    ],
  });
  try {
    await manager.start();
    log.info(
      {
        engine: engine.info.version,
        stateDir: place.stateDir,
        watch: roots(),
        socket: ownSocket(place),
      },
      'the controller runs',
    );
    if (!signal.aborted) await Promise.race([once(signal, 'abort'), manager.ended]);
    log.info({}, 'stopping; containers go on running');
  } finally {
    await config.stop();
    await manager.stop();
    await instance.close();
  }
  const { failure } = await manager.ended;
  if (failure === null) return 0;
  log.error({ part: failure.name, error: String(failure.error) }, 'stopped by a failure');
  return 1;
};

const beginning = (instance: Instance): Runnable => ({
  name: 'adoption',
  start: () => instance.begin(),
  stop: () => instance.core.stop(),
});
