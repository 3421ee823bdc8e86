import type { GpuInventory } from '../model/gpu.ts';
import type { HostLoad, HostReading } from '../model/host.ts';
import type { HostSample, PassTaken, UsageReader, UsageReading } from '../model/metrics.ts';
import type { Clock } from '../model/ports.ts';
import type { Store } from '../model/store.ts';
import { gpuUseOf, hostGpuUse } from './gpu-use.ts';
import { sampleOf } from './sample.ts';

export interface PassOptions {
  readonly store: Pick<Store, 'metrics' | 'gpus'>;
  readonly usage: UsageReader;
  /** Of this sampler alone: its percentage counts from its own look before. */
  readonly hostLoad: HostLoad;
  /** The cards as they were seen last, not long ago; null: not known. */
  readonly gpus: () => Promise<GpuInventory | null>;
  readonly clock: Clock;
  /** What was seen, once it is in the record. */
  readonly onTaken?: (taken: PassTaken) => void;
}

/** Looks at all that runs, then writes it in one transaction. */
export const createPass = (options: PassOptions): ((signal: AbortSignal) => Promise<void>) => {
  const { store, usage, hostLoad, gpus, clock, onTaken = () => {} } = options;
  let before: ReadonlyMap<string, UsageReading> = new Map();
  return async (signal) => {
    const running = store.metrics.running();
    const [readings, host, inventory] = await Promise.all([
      usage.read(running, signal),
      hostLoad.read(),
      gpus(),
    ]);
    // The record may be closed by now.
    if (signal.aborted) return;
    const leases = store.gpus.leases();
    const samples = running.map((container) => {
      const { containerId } = container;
      return {
        containerId,
        ...sampleOf({
          before: before.get(containerId) ?? null,
          now: readings.get(containerId) ?? null,
          hostMemoryBytes: host.memoryTotalBytes,
        }),
        gpus: gpuUseOf(container, { leases, inventory }),
      };
    });
    before = readings;
    const pass = { at: clock.now(), host: hostSampleOf(host, inventory) };
    store.metrics.record({ ...pass, samples });
    onTaken({
      ...pass,
      containers: samples.map((sample, index) => ({
        containerName: running[index]?.containerName ?? '',
        sample,
        reading: readings.get(sample.containerId) ?? null,
      })),
    });
  };
};

const hostSampleOf = (host: HostReading, inventory: GpuInventory | null): HostSample => ({
  cpuPercent: host.cpuPercent,
  cores: host.cores,
  memoryTotalBytes: host.memoryTotalBytes,
  memoryAvailableBytes: host.memoryAvailableBytes,
  load1: host.load1,
  load5: host.load5,
  load15: host.load15,
  gpus: hostGpuUse(inventory),
});
