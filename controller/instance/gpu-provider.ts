import type { ConfigSource } from '../model/config.ts';
import type { GpuProvider } from '../model/gpu.ts';
import { createNvidiaSmi, emptyGpuProvider } from '../observe/gpu/nvidia-smi.ts';
import { settling } from '../observe/gpu/settling.ts';
import { loginName } from './login-name.ts';

/** Another program in the configuration is another provider, without a memory of what the first one saw. */
export const gpuProviderOf = (config: ConfigSource): GpuProvider => {
  let program: string | null | undefined;
  let provider = emptyGpuProvider('gpu.nvidiaSmi is none');
  return {
    inventory: () => {
      const { nvidiaSmi } = config.current().gpu;
      if (nvidiaSmi !== program) {
        program = nvidiaSmi;
        provider =
          nvidiaSmi === null
            ? emptyGpuProvider('gpu.nvidiaSmi is none')
            : settling(
                createNvidiaSmi({
                  program: nvidiaSmi,
                  timeoutMs: () => config.current().gpu.timeoutMs,
                  now: Date.now,
                  userOf: loginName,
                }),
                () => config.current().gpu.recoverAfter,
              );
      }
      return provider.inventory();
    },
  };
};
