import { one, type Readings, type Sample } from '../../model/series.ts';
import { gpuStates, type GpuItem } from '../../model/pool-api.ts';
import type { Core } from '../../reconcile/core.ts';
import { knownGpuReport } from '../gpus.ts';
import { ratio } from './environments.ts';

/** The cards as they were seen last: a scrape starts no program. */
export const cardReadings = (core: Core): Readings => {
  const { state, gpus } = knownGpuReport(core);
  const each = (value: (gpu: GpuItem) => number | null): readonly Sample[] =>
    gpus.flatMap((gpu) => one(value(gpu), { gpu: String(gpu.index), uuid: gpu.uuid }));
  return {
    mlenv_gpu_inventory_up: one(state === 'unknown' ? 0 : 1),
    mlenv_gpus: gpuStates.flatMap((name) =>
      one(gpus.filter((gpu) => gpu.state === name).length, { state: name }),
    ),
    mlenv_gpu_info: gpus.flatMap((gpu) =>
      one(1, { gpu: String(gpu.index), uuid: gpu.uuid, model: gpu.model, state: gpu.state }),
    ),
    mlenv_gpu_lease_info: gpus.flatMap(leases),
    mlenv_gpu_utilization_ratio: each(({ utilization }) => ratio(utilization)),
    mlenv_gpu_memory_used_bytes: each(({ memoryUsedBytes }) => memoryUsedBytes),
    mlenv_gpu_memory_total_bytes: each(({ memoryTotalBytes }) => memoryTotalBytes),
    mlenv_gpu_temperature_celsius: each(({ temperatureC }) => temperatureC),
    mlenv_gpu_power_watts: each(({ powerW }) => powerW),
  };
};

const leases = ({ index, uuid, holders, slices }: GpuItem): readonly Sample[] =>
  [{ uuid: '', holders }, ...slices].flatMap((part) =>
    part.holders.flatMap(({ project, environment, containerName, owner }) =>
      one(1, {
        gpu: String(index),
        uuid,
        slice: part.uuid,
        project: project ?? '',
        environment: environment ?? '',
        container: containerName,
        owner: owner ?? '',
      }),
    ),
  );
