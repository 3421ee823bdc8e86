import type { Gpu, GpuProvider } from '../../model/gpu.ts';
import { settleHealth, type HealthMemory } from './settle-health.ts';

/** The same cards with a memory of their health: one that was bad is not good again at the first good look. */
export const settling = (provider: GpuProvider, recoverAfter: () => number): GpuProvider => {
  let before: readonly Gpu[] | null = null;
  let memory: HealthMemory = new Map();
  return {
    inventory: async () => {
      const seen = await provider.inventory();
      if (seen.kind !== 'known') return seen;
      const settled = settleHealth({ before, seen, memory, recoverAfter: recoverAfter() });
      before = settled.inventory.gpus;
      memory = settled.memory;
      return settled.inventory;
    },
  };
};
