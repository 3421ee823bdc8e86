import type { Core } from '../../controller/reconcile/core.ts';
import { createIdleWatch } from '../../controller/reconcile/idle.ts';
import { createSampler } from '../../controller/monitor/sampler.ts';
import { deviceId } from '../../controller/model/gpu.ts';
import { environmentKey } from '../../controller/model/key.ts';
import type { Inside, SeenUse } from '../../controller/model/idle.ts';
import type { Runnable } from '../../controller/loop/manager.ts';
import { never, type Life } from './world-guard.ts';

/** How much the environments of a world use, by their names; what is not said is nothing at all. */
export interface WorldUsage {
  /** Percent of a core; null: cannot be read. */
  readonly cpu: Map<string, number | null>;
  /** Percent of each of its cards. */
  readonly gpu: Map<string, number>;
  /** Bytes in 30 seconds. */
  readonly network: Map<string, number>;
  /** Who is at it, by environment. */
  readonly people: Map<string, SeenUse['by']>;
  /** What lies in the workspaces. */
  readonly notes: Map<string, string>;
}

export const createWorldUsage = (): WorldUsage => ({
  cpu: new Map(),
  gpu: new Map(),
  network: new Map(),
  people: new Map(),
  notes: new Map(),
});

/** Samples, then judges, every 30 seconds: as the sampler and the idle watch do. */
export const usageTrigger = ({
  core,
  usage,
  life,
  onError,
}: {
  readonly core: Core;
  readonly usage: WorldUsage;
  readonly life: Life;
  readonly onError: (error: unknown) => void;
}): Runnable => {
  const { deps } = core;
  const { store, clock } = deps;
  const nameOf = (containerId: string): string =>
    store.environments.all().find((row) => row.containerId === containerId)?.environment ?? '';
  const inside: Inside = {
    look: async (containerId) => {
      if (!life.alive) return never();
      const by = usage.people.get(nameOf(containerId));
      return by === undefined ? [] : [{ by, at: clock.now() }];
    },
    leaveNote: async (containerId, folder, text) => {
      if (!life.alive) return never();
      const place = `${nameOf(containerId)}:${folder}`;
      if (text === null) usage.notes.delete(place);
      else usage.notes.set(place, text);
    },
  };
  const watch = createIdleWatch(deps, inside);
  const sample = (): void => {
    const running = store.environments.all().filter(({ phase }) => phase.startsWith('running.'));
    store.metrics.record({
      at: clock.now(),
      host: null,
      samples: running.map((row) => ({
        containerId: row.containerId ?? '',
        cpuPercent: usage.cpu.get(row.environment) ?? (usage.cpu.has(row.environment) ? null : 0),
        memoryBytes: 2 ** 20,
        memoryPercent: 1,
        gpus: store.gpus.of(environmentKey(row)).map((lease) => ({
          uuid: deviceId(lease),
          index: lease.index,
          utilization: usage.gpu.get(row.environment) ?? 0,
          memoryBytes: 0,
        })),
        diskReadBytes: 0,
        diskWriteBytes: 0,
        networkRxBytes:
          Math.floor(clock.now() / 30_000) * (usage.network.get(row.environment) ?? 0),
        networkTxBytes: 0,
      })),
    });
  };
  const sampler = createSampler({
    clock,
    everyMs: () => 30_000,
    pass: async (signal) => {
      sample();
      await watch.look(signal);
    },
    onError: (error) => {
      if (life.alive) onError(error);
    },
  });
  return { name: 'usage', start: () => sampler.start(), stop: () => sampler.stop() };
};
