import { gatedWriter } from '../act/gate.ts';
import { createDigestLookup } from '../act/digest-lookup.ts';
import { createPuller, type Puller } from '../act/puller.ts';
import { createStopper, type Stopper } from '../act/stopper.ts';
import { createController, isBusy, type Controller, type NamedStats } from '../loop/controller.ts';
import type { HostHold } from '../model/freeze.ts';
import { environmentKey, isEnvironmentKey, parseKey, type EnvironmentKey } from '../model/key.ts';
import { namesOnly } from '../model/people.ts';
import type { Outage } from '../model/snapshot.ts';
import type { Store } from '../model/store.ts';
import { createAdmission, type Admission } from './admission.ts';
import { hostHoldOf } from './freeze.ts';
import { createGpuWatch } from './gpus.ts';
import { emptyMemory, type Deps } from './deps.ts';
import { noteSeen } from './note-seen.ts';
import { createNotices } from './notices.ts';
import { sweepImages } from './images.ts';
import { lookAtPeople, settlePeople } from './people.ts';
import { anyRoom, createRecordRoom } from './record-room.ts';
import { createOutages } from './outages.ts';
import { reconcileEnvironment } from './environment.ts';
import { reconcileProject } from './project.ts';
import { adoptRecord } from './adopt-record.ts';
import { setRebuilding } from './rebuilding.ts';
import { takeFolder } from './register.ts';
import { createRetention } from './retention.ts';
import { resync } from './resync.ts';
import { reconcileSource } from './sources.ts';
import { noteEngine } from './trouble.ts';
import type { CoreOptions } from './core-options.ts';

/** The two reconcilers with all that lies between them, over ports alone: what the simulator runs too. */
export interface Core {
  readonly deps: Deps;
  readonly scoped: boolean;
  readonly admission: Admission;
  readonly projects: Controller;
  readonly environments: Controller<EnvironmentKey>;
  /** By the names of the configuration. */
  readonly sources: Controller;
  /** Adopts what is there before anything is decided; answers with the engine's trouble, null: none. */
  begin(record: 'kept' | 'new' | 'lost'): Promise<string | null>;
  /** A request of this process names the project: from now on it is worked on. */
  admitToScope(projectId: string): void;
  /** The record is whole again: from now on what a file names anew is new. */
  endRebuild(): void;
  resync(): Promise<boolean>;
  /** A folder that holds a spec was found or changed. */
  folderChanged(folder: string): Promise<void>;
  handStop(key: EnvironmentKey, containerId: string, at: number): void;
  outOfMemory(key: EnvironmentKey, containerId: string, at: number): void;
  outage(outage: Outage): void;
  idle(withinMs?: number): Promise<void>;
  /** Of every controller here. */
  stats(): readonly NamedStats[];
  stop(deadlineMs?: number): Promise<void>;
}

export const createCore = (options: CoreOptions): Core => {
  const { store, clock, random, registry = null } = options;
  const scope = options.scoped === true ? new Set<string>() : null;
  const inScope = (projectId: string): boolean => scope === null || scope.has(projectId);
  const memory = emptyMemory();

  const frozen = (): HostHold | null => hostHoldOf(options);
  const writer = gatedWriter(options.writer, frozen);

  const puller: Puller = createPuller({
    writer,
    clock,
    ...(options.engineFreeBytes === undefined ? {} : { freeBytes: options.engineFreeBytes }),
    onChange: (keys) => {
      for (const key of keys) if (isEnvironmentKey(key)) deps.ring.environment(key);
    },
  });
  const toProject = (key: EnvironmentKey): void => deps.ring.project(parseKey(key).projectId);
  const digests = createDigestLookup({ registry, clock, onAnswer: toProject });
  const stopper: Stopper = createStopper({
    writer,
    clock,
    onEnd: (key, failure) => {
      if (!isEnvironmentKey(key)) return;
      if (failure !== null) {
        store.events.add({
          at: clock.now(),
          type: 'Warning',
          reason: 'EngineFault',
          message: `stop: ${failure}`,
          ...parseKey(key),
        });
      }
      deps.ring.environment(key);
    },
  });
  const deps: Deps = {
    ...options,
    people: options.people ?? namesOnly(options.loginName),
    writer,
    frozen,
    memory,
    inScope,
    gpus: createGpuWatch(() => deps, {
      provider: options.gpuProvider,
      reader: options.reader,
      records: options.readOnly !== true,
    }),
    puller,
    digests,
    stopper,
    ring: {
      environment: (key, low = false) => {
        if (inScope(parseKey(key).projectId)) environments.enqueue(key, { low });
      },
      project: (projectId, low = false) => {
        if (inScope(projectId)) projects.enqueue(projectId, { low });
      },
      notices: () => notices.ring(),
      source: (name) => sources.enqueue(name),
    },
  };
  const admission = createAdmission(deps);
  const room = createRecordRoom(deps, options.room ?? anyRoom);
  const loop = {
    clock,
    random,
    ...(options.onPass === undefined ? {} : { onOutcome: options.onPass }),
  };
  const projects: Controller = createController({
    ...loop,
    name: 'project',
    workers: 2,
    reconcile: (projectId) => room.pass(() => reconcileProject(deps, projectId)),
  });
  const environments: Controller<EnvironmentKey> = createController<EnvironmentKey>({
    ...loop,
    name: 'environment',
    workers: options.workers ?? 8,
    reconcile: async (key) => {
      const request = memory.unseen.get(key);
      const outcome = await room.pass(() => reconcileEnvironment(deps, admission, key));
      // One that came while the pass ran is for the next.
      if (memory.unseen.get(key) === request) memory.unseen.delete(key);
      return outcome;
    },
  });
  const sources: Controller = createController({
    ...loop,
    name: 'source',
    workers: 4,
    reconcile: (name, signal) => room.pass(() => reconcileSource(deps, name, signal)),
  });
  const notices = createNotices(deps, { ...loop, room });
  let round = 0;
  const outages = createOutages(deps);
  const retention = createRetention(deps);
  const resyncOnce = async (): Promise<boolean> => {
    round += 1;
    await deps.gpus.refresh(deps.config.current().gpu.pollMs);
    await lookAtPeople(deps);
    settlePeople(deps);
    retention.sweep();
    store.meta.set('seen-at', String(clock.now()));
    const result = await resync(deps, round);
    const wasTrouble = memory.engineTrouble;
    memory.engineTrouble = result.ok ? null : result.failure.message;
    if (result.ok) memory.resyncedAt = clock.now();
    noteEngine(deps);
    if (result.ok) await sweepImages(deps, round);
    // An engine that does not answer is worth a word on every environment.
    const turned = (wasTrouble === null) !== result.ok;
    const keys = turned ? allKeys(store) : result.ok ? result.keys : [];
    for (const key of keys) deps.ring.environment(key, true);
    const all = store.projects.list();
    const slices = Math.ceil(all.length / projectsALook);
    all.forEach(({ id }, index) => {
      if (!memory.networks.has(id) || index % slices === round % slices) {
        deps.ring.project(id, true);
      }
    });
    return result.ok;
  };

  return {
    deps,
    scoped: scope !== null,
    admission,
    projects,
    environments,
    sources,
    begin: async (record) => {
      await outages.noteMissedBoot();
      const trouble = await adoptRecord(deps, record);
      if (trouble !== null) return trouble;
      const listed = await resync(deps, round);
      if (!listed.ok) return listed.failure.message;
      // Where the process before this one ended: what it left half done shows in the engine itself.
      for (const { id } of store.intents.unfinished()) {
        store.intents.close(id, 'cut off by the end of the process', clock.now());
      }
      for (const { id } of store.projects.list()) deps.ring.project(id);
      projects.start();
      environments.start();
      sources.start();
      // A process that ends soon leaves them to the next one that stays.
      if (scope === null) notices.start();
      return null;
    },
    admitToScope: (projectId) => void scope?.add(projectId),
    endRebuild: () => setRebuilding(store, false),
    resync: async () => {
      // What waited for room goes on at once.
      if (room.look()) {
        for (const { id } of store.projects.list()) deps.ring.project(id);
        for (const key of allKeys(store)) deps.ring.environment(key);
      }
      return (await room.guard(resyncOnce)) === true;
    },
    folderChanged: (folder) => takeFolder(deps, folder),
    handStop: (key, containerId, at) => noteSeen(deps, key, { handStop: { containerId, at } }),
    outOfMemory: (key, containerId, at) => noteSeen(deps, key, { oomSeen: { containerId, at } }),
    outage: (outage) => outages.note(outage),
    idle: async (withinMs = 0) => {
      // Each may ring the other, so both must be quiet in a row.
      do {
        await projects.idle(withinMs);
        await environments.idle(withinMs);
        await stopper.settled();
      } while (isBusy(projects) || isBusy(environments));
    },
    stats: () =>
      [projects, environments, sources, ...notices.controllers].map((controller) => ({
        name: controller.name,
        ...controller.stats(),
      })),
    stop: async (deadlineMs) => {
      retention.stop();
      puller.stop();
      digests.stop();
      await Promise.all(
        [projects, environments, sources, notices].map((controller) => controller.stop(deadlineMs)),
      );
    },
  };
};

/** The rescan sees every file far oftener: this only finds what no stamp shows. */
const projectsALook = 50;

const allKeys = (store: Store): readonly EnvironmentKey[] =>
  store.environments.all().map(environmentKey);
