import type { Gpu, GpuInventory, GpuLease } from '../model/gpu.ts';
import type { GpuUse, RunningContainer } from '../model/metrics.ts';

/** What every card does; null: it is not known. */
export const hostGpuUse = (inventory: GpuInventory | null): readonly GpuUse[] | null => {
  if (inventory === null || inventory.kind === 'unknown') return null;
  if (inventory.kind === 'none') return [];
  return inventory.gpus
    .filter(({ health }) => health.state !== 'lost')
    .map(({ uuid, index, utilization, memoryUsedBytes }) => ({
      uuid,
      index,
      utilization,
      memoryBytes: memoryUsedBytes,
    }));
};

/**
 * What one container does on the cards that it was given, by uuid, as an index moves when a card dies. Memory is
 * the sum over its processes. The driver tells utilization of a whole card alone: it is the container's where
 * nobody else is on the card.
 */
export const gpuUseOf = (
  container: Pick<RunningContainer, 'containerId' | 'containerName'>,
  {
    leases,
    inventory,
  }: { readonly leases: readonly GpuLease[]; readonly inventory: GpuInventory | null },
): readonly GpuUse[] | null => {
  const own = leases.filter(({ containerName }) => containerName === container.containerName);
  if (own.length === 0) return [];
  if (inventory?.kind !== 'known') return null;
  const uuids = [...new Set(own.map(({ gpuUuid }) => gpuUuid))];
  return uuids
    .flatMap((uuid) => {
      const card = inventory.gpus.find((one) => one.uuid === uuid);
      if (card === undefined) return [];
      const isWhole = own.some(
        ({ gpuUuid, migUuid, sharing }) =>
          gpuUuid === uuid && migUuid === null && sharing === 'exclusive',
      );
      return [useOf(card, container.containerId, isWhole)];
    })
    .sort((a, b) => a.index - b.index);
};

const useOf = (card: Gpu, containerId: string, isWhole: boolean): GpuUse => {
  const { uuid, index } = card;
  if (card.health.state === 'lost') return { uuid, index, utilization: null, memoryBytes: null };
  const own = card.processes.filter((process) => process.containerId === containerId);
  const others = card.processes.length - own.length;
  // Some process cannot be placed, or its memory is not told: the sum would leave it out.
  const isTold = card.processes.every((process) => process.containerId !== null);
  const bytes = own.map(({ memoryBytes }) => memoryBytes);
  const sum = bytes.reduce<number | null>(
    (total, one) => (total === null || one === null ? null : total + one),
    0,
  );
  const isAlone = others === 0 && (isWhole || own.length > 0);
  return {
    uuid,
    index,
    utilization: isAlone ? card.utilization : isTold && own.length === 0 ? 0 : null,
    memoryBytes:
      isTold && sum !== null ? sum : isWhole && others === 0 ? card.memoryUsedBytes : null,
  };
};
