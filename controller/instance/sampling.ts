import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import type { Runnable } from '../loop/manager.ts';
import { createCounterFiles } from '../monitor/counter-files.ts';
import { createPass } from '../monitor/pass.ts';
import { createSampler } from '../monitor/sampler.ts';
import { createUsageReader } from '../monitor/usage-reader.ts';
import { createHostLoad } from '../observe/host-load.ts';
import type { Instance } from './open.ts';

/** Watches what is used, beside the passes and never in one. */
export const sampling = (
  { core: { deps }, engine, taken }: Pick<Instance, 'core' | 'engine' | 'taken'>,
  onTrouble: (message: string) => void,
): Runnable & { readonly apply: () => void } => {
  const { clock, config, gpus, store } = deps;
  const pass = createPass({
    store,
    clock,
    onTaken: (last) => {
      taken.last = last;
    },
    usage: createUsageReader({
      engine: engine.usage,
      files: createCounterFiles(),
      monotonicMs: () => performance.now(),
      breathe: () => setImmediate(),
    }),
    hostLoad: createHostLoad({ disks: () => [], now: () => clock.now() }),
    gpus: async () => {
      // The resync looks as often: only what is too old is looked at again.
      await gpus.refresh(config.current().gpu.pollMs);
      return gpus.current();
    },
  });
  const sampler = createSampler({
    clock,
    everyMs: () => config.current().metrics.everyMs,
    pass,
    onError: (error) => onTrouble(`a sample of what is used failed: ${String(error)}`),
  });
  return {
    name: 'sampler',
    start: () => sampler.start(),
    stop: () => sampler.stop(),
    apply: () => sampler.apply(),
  };
};
