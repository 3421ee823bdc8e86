import type { GpuInventory } from '../model/gpu.ts';
import type { DoctorCheck } from './ports.ts';

/** What the host itself finds of its GPUs; null: nobody looked. */
export const gpuHealthChecks = (
  gpus: GpuInventory | null,
  hasDevice: boolean,
): readonly DoctorCheck[] => {
  const name = 'GPUs';
  if (gpus === null) return [];
  switch (gpus.kind) {
    case 'none':
      return hasDevice
        ? [
            {
              name,
              status: 'WARN',
              message: `the kernel shows a GPU, and none can be read: ${gpus.why}`,
              cure: "install the driver's nvidia-smi, or name it in gpu.nvidiaSmi",
            },
          ]
        : [];
    case 'unknown':
      return [
        {
          name,
          status: 'FAIL',
          message: `they cannot be read, so none is given out: ${gpus.why}`,
          cure: gpus.todo,
        },
      ];
    case 'known': {
      const sick = gpus.gpus.filter(({ health }) => health.state !== 'healthy');
      if (sick.length === 0) {
        return [{ name, status: 'OK', message: `${gpus.gpus.length} are well`, cure: '' }];
      }
      return sick.map(({ index, model, health: { state, why } }) => ({
        name,
        status: 'FAIL',
        message: `GPU ${index} (${model}) is ${state}: ${why}`,
        cure: 'dmesg | grep -i xid tells more; nvidia-smi --gpu-reset, the driver, or another GPU; mlenv gpu shows who holds it',
      }));
    }
    default:
      return gpus satisfies never;
  }
};
