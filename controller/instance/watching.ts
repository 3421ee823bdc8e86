import { join } from 'node:path';
import type { Runnable } from '../loop/manager.ts';
import type { ReadStamp } from '../watch/file-stamp.ts';
import { createEngineEvents } from '../watch/engine-events.ts';
import { createRescan, type ProjectFiles } from '../watch/rescan.ts';
import { createResync } from '../watch/resync.ts';
import { watchSpecFiles } from '../watch/spec-files.ts';
import { folderPattern } from '../model/folder-pattern.ts';
import { sweepImages } from '../reconcile/images.ts';
import { ringWaiting } from '../reconcile/gpu-leases.ts';
import { partChanged } from '../reconcile/parts.ts';
import type { Core } from '../reconcile/core.ts';

export interface WatchingOptions {
  readonly core: Core;
  /** Patterns of the folders in which projects are looked for, as they are now. */
  readonly roots: () => readonly string[];
  readonly lstat: ReadStamp;
  readonly onTrouble: (message: string) => void;
}

/** What looks faulty at first is looked at once more, about a second later, before it is believed. */
const secondLookMs = 2000;

/** Every trigger, in the order in which they are started; each only says where to look. */
export const triggers = (options: WatchingOptions): readonly Runnable[] => [
  engineTrigger(options),
  resyncTrigger(options),
  rescanTrigger(options),
  doorbellTrigger(options),
  sourceTrigger(options),
];

export const engineTrigger = ({ core }: Pick<WatchingOptions, 'core'>): Runnable => {
  const { deps } = core;
  const events = createEngineEvents({
    reader: deps.reader,
    clock: deps.clock,
    random: deps.random,
    onKey: (key) => deps.ring.environment(key),
    onRelist: () => void core.resync(),
    onLost: () => void core.resync(),
    onOutage: (outage) => core.outage(outage),
    onHandStop: ({ key, containerId, at }) => core.handStop(key, containerId, at),
    onOutOfMemory: ({ key, containerId, at }) => core.outOfMemory(key, containerId, at),
    // A record that cannot be written is told by the next resync.
    onImage: () => void sweepImages(deps).catch(() => {}),
    onPart: (event) => partChanged(deps, event),
    isOurs: (containerId) => deps.stopper.isOurs(containerId),
  });
  deps.memory.outageSince = () => events.outageSince();
  deps.memory.watchedSince = () => events.watchedSince();
  return { name: 'engine events', start: () => events.start(), stop: () => events.stop() };
};

export const resyncTrigger = ({
  core,
  onTrouble,
}: Pick<WatchingOptions, 'core' | 'onTrouble'>): Runnable => {
  const { clock, random } = core.deps;
  const resync = createResync({
    clock,
    random,
    onResync: async () => {
      await core.resync();
    },
    onError: (error) => onTrouble(`resync: ${String(error)}`),
  });
  return { name: 'resync', start: () => resync.start(), stop: () => resync.stop() };
};

/** Each source of the configuration is asked now, and from then on as often as it says. */
export const sourceTrigger = ({ core }: Pick<WatchingOptions, 'core'>): Runnable => ({
  name: 'sources',
  start: () => ringSources(core),
  stop: () => {},
});

/** Also those that left the configuration: they are forgotten. */
export const ringSources = ({ deps, sources }: Core): void => {
  const named = deps.config.current().sources.map(({ name }) => name);
  for (const name of new Set([...named, ...deps.store.sources.all().map((row) => row.name)])) {
    sources.enqueue(name);
  }
};

export const rescanTrigger = ({ core, roots, lstat, onTrouble }: WatchingOptions): Runnable => {
  const { deps } = core;
  const telling = new Set<Promise<void>>();
  deps.memory.allRead = false;
  const tell = onFolder({ core, onTrouble });
  const rescan = createRescan({
    clock: deps.clock,
    projects: () => projectFiles(core, headFiles),
    roots,
    lstat,
    discover: (root) => deps.specs.discover(root),
    onChange: (folder) => {
      const told = tell(folder).finally(() => telling.delete(told));
      telling.add(told);
    },
    onTrouble,
  });
  return {
    name: 'rescan',
    start: async () => {
      await rescan.scan();
      // All that the roots hold has been read once: what comes from now on is new.
      await Promise.all(telling);
      await core.projects.idle(secondLookMs);
      core.endRebuild();
      // Who asks for a GPU has said so by then; what still runs of the engine is waited for by nobody.
      await Promise.race([core.environments.idle(), pause(deps.clock, secondLookMs)]);
      deps.memory.allRead = true;
      ringWaiting(deps);
      rescan.start();
    },
    stop: () => rescan.stop(),
  };
};

const pause = (clock: Core['deps']['clock'], ms: number): Promise<void> =>
  new Promise((resolve) => void clock.setTimer(ms, resolve));

const doorbellTrigger = ({ core, roots, onTrouble }: WatchingOptions): Runnable => {
  const bell = watchSpecFiles({
    clock: core.deps.clock,
    roots: () => [
      ...roots().map((pattern) => {
        const { base, levels, leadsTo } = folderPattern(pattern);
        return { folder: base, depth: levels, leadsTo, files: [] };
      }),
      ...projectFiles(core).map(({ folder, files }) => ({ folder, depth: 0, files })),
    ],
    onChange: (folder) => {
      // What lies between the folders that a pattern names is watched as well, and is none of them.
      const counts =
        core.deps.store.projects.byPath(folder) !== null ||
        roots().some((pattern) => folderPattern(pattern).holds(folder));
      if (counts) void onFolder({ core, onTrouble })(folder);
    },
    onTrouble,
  });
  return { name: 'file watcher', start: () => bell.start(), stop: () => bell.stop() };
};

const onFolder =
  ({ core, onTrouble }: Pick<WatchingOptions, 'core' | 'onTrouble'>) =>
  (folder: string): Promise<void> =>
    core.folderChanged(folder).catch((error: unknown) => onTrouble(`${folder}: ${String(error)}`));

/** A pull that changes no spec shows here. */
const headFiles: readonly string[] = ['.git'];

const projectFiles = (
  { deps }: Pick<Core, 'deps'>,
  more: readonly string[] = [],
): readonly ProjectFiles[] => {
  const { store } = deps;
  // The files of a source come by its commits alone.
  const projects = store.projects.list().filter(({ source }) => source === null);
  return projects.map(({ id, path }) => ({
    folder: path,
    files: [
      ...more.map((file) => join(path, file)),
      ...(more.length === 0 ? [] : (deps.memory.checkoutFiles.get(id) ?? [])),
      ...new Set(
        store.environments.ofProject(id).flatMap(({ raw }) => envFiles(raw['envFile'], path)),
      ),
    ],
  }));
};

const envFiles = (value: unknown, folder: string): readonly string[] =>
  (Array.isArray(value) ? value : [value])
    .filter((file) => typeof file === 'string')
    .map((file) => join(folder, file));
