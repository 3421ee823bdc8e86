import type { GpuAccess, ObservedContainer } from '../model/container.ts';
import type { ProjectContext } from '../model/context.ts';
import type { Environment } from '../model/environment.ts';
import { deviceId, type GpuLease, type GpuSharing, type GpuWish } from '../model/gpu.ts';
import { label } from '../model/labels.ts';

/**
 * Of a wish that is not granted the cards are not known: they are taken to stay as they are as long as
 * the container was made for this very wish, and to change (no ids) where it was not.
 */
export const gpusOf = ({
  wish,
  context,
  gpuLeases,
  made,
}: {
  readonly wish: Pick<Environment, 'gpus'>;
  readonly context: Pick<ProjectContext, 'injection'>;
  readonly gpuLeases: readonly GpuLease[] | null;
  readonly made: Pick<ObservedContainer, 'labels' | 'config'> | null;
}): GpuAccess | null => {
  if (wish.gpus === null) return null;
  const { injection } = context;
  if (gpuLeases === null) {
    return made?.labels[label.gpuWish] === gpuWishText(wish.gpus)
      ? made.config.gpus
      : { ids: [], injection };
  }
  const ids = gpuLeases.map(deviceId).sort();
  return ids.length === 0 ? null : { ids, injection };
};

/** A grant that names no GPU, for an environment that cannot do without, lets nothing through. */
export const gpusCover = (
  { gpus }: Pick<Environment, 'gpus'>,
  leases: readonly GpuLease[],
): boolean => gpus === null || gpus.optional || leases.length > 0;

/** Two wishes with one text can be served by the same cards. */
export const gpuWishText = (wish: GpuWish): string => {
  const { count, memory, models, devices, mig, sharing, optional } = wish;
  return JSON.stringify([count, memory, models, devices, mig, sharing, optional]);
};

/** How a container that runs has its cards: as it asked when it was made. What cannot be read has them alone. */
export const sharingOf = ({ labels }: Pick<ObservedContainer, 'labels'>): GpuSharing => {
  try {
    const wish: unknown = JSON.parse(labels[label.gpuWish] ?? '');
    return Array.isArray(wish) && wish[5] === 'shared' ? 'shared' : 'exclusive';
  } catch {
    return 'exclusive';
  }
};
