import type { CoreOptions } from '../../controller/reconcile/core-options.ts';
import { defaultHostConfig, type HostConfig } from '../../controller/model/config.ts';
import { defaultSettings, type Settings } from '../../controller/model/context.ts';
import { failed } from '../../controller/model/failure.ts';
import type { SourceTrees } from '../../controller/model/git.ts';
import type { GpuProvider } from '../../controller/model/gpu.ts';
import type { Notifier } from '../../controller/model/notice.ts';
import type { ScrapeFacts } from '../../controller/service/series/facts.ts';
import { createMemoryRunLogs } from './memory-run-logs.ts';

/** A process of a test has nothing to tell of itself. */
export const quietFacts: ScrapeFacts = {
  version: 'simulated',
  engine: { version: '27.0.0', apiVersion: '1.46' },
  taken: null,
  backupAt: null,
  freeDiskBytes: null,
  process: { cpuSeconds: 0, residentBytes: 0, startedAt: 0, openFiles: null },
};

/** Every threshold off: how busy the machine is on which a test runs must not matter to it. */
export const quietConfig = (settings: Partial<Settings> = {}): HostConfig => ({
  ...defaultHostConfig,
  settings: { ...defaultSettings, ...settings },
  // A story tells where it is otherwise.
  start: { usual: 'automatic', roots: [] },
  host: {
    memoryPercent: null,
    cpuPercent: null,
    freeMemory: null,
    loadPerCore: null,
    freeDisk: null,
  },
});

export const noCards: GpuProvider = {
  inventory: () => Promise.resolve({ kind: 'none', why: 'this host has no card', readAt: 0 }),
};

/** Nobody keeps any. */
export const noSecrets: Pick<CoreOptions, 'secretFiles' | 'secretFolders'> = {
  secretFiles: { read: () => Promise.resolve({ kind: 'trouble', message: 'there is none' }) },
  secretFolders: {
    root: '/run/mlenv/secrets',
    write: () => Promise.resolve({ kind: 'trouble', message: 'there is none' }),
    remove: () => Promise.resolve(),
  },
};

/** No source is configured, so that nobody asks. */
export const noTrees: SourceTrees = {
  folder: (name) => `/sources/${name}`,
  fetch: () => Promise.resolve(failed('retry', 'there is no remote')),
  commit: () => Promise.resolve(failed('retry', 'there is no remote')),
  lay: () => Promise.resolve(failed('retry', 'there is no remote')),
  prune: () => Promise.resolve([]),
  retire: () => Promise.resolve([]),
};

/** No receiver is configured, so that nobody is told. */
export const noNotifier: Notifier = {
  host: 'quiet',
  send: () => Promise.resolve(failed('retry', 'there is no receiver')),
};

/** A host that never stands in anybody's way: what a core needs of it. */
export const quietHost = (
  config: HostConfig = quietConfig(),
): Pick<
  CoreOptions,
  | 'config'
  | 'gpuProvider'
  | 'hostLoad'
  | 'injection'
  | 'timeText'
  | 'mountSources'
  | 'secretFiles'
  | 'secretFolders'
  | 'runLogs'
  | 'checkouts'
  | 'trees'
  | 'notifier'
  | 'architecture'
> => ({
  ...noSecrets,
  runLogs: createMemoryRunLogs(),
  mountSources: { check: () => Promise.resolve(null) },
  config: { current: () => config },
  gpuProvider: noCards,
  hostLoad: { read: () => Promise.reject(new Error('no threshold is set, so nobody asks')) },
  checkouts: { look: () => Promise.resolve(null) },
  trees: noTrees,
  notifier: noNotifier,
  architecture: 'amd64',
  injection: () => 'device-request',
  timeText: (at) => new Date(at).toISOString().slice(11, 16),
});
