import type { GpuWish } from '../model/gpu.ts';
import type { GpuReservation } from '../model/config.ts';
import type { AdmissionRequest, PoolDevice } from './gate.ts';

/** It is of the kind that is asked for, whoever has it now. */
export const isSuitable = (device: PoolDevice, wish: GpuWish): boolean =>
  device.mig === wish.mig &&
  (wish.sharing === 'shared' ? device.slots > 1 : device.slots === 1) &&
  (wish.models.length === 0 ||
    wish.models.some((model) => device.model.toLowerCase().includes(model.toLowerCase()))) &&
  (wish.devices.length === 0 ||
    wish.devices.some((name) =>
      [device.id, device.gpuUuid, String(device.index)].includes(name),
    )) &&
  (wish.memory === null || hasMemory(device.memoryBytes, wish.memory));

/** Whose project it is, or whose folder: any of those that the reservation names. */
export const mayHave = (
  { reservedFor }: Pick<PoolDevice, 'reservedFor'>,
  { projectPath, owner }: Pick<AdmissionRequest, 'projectPath' | 'owner'>,
): boolean =>
  reservedFor === null ||
  reservedFor.projects.includes(projectPath) ||
  reservedFor.users.includes(owner);

/** `reserved for ada, /srv/vision` */
export const reservedText = ({ projects, users }: GpuReservation['for']): string =>
  `reserved for ${[...users, ...projects].join(', ')}`;

/** An 80 GB card tells 79.6: what people call it is what counts. */
const tolerance = 0.03;

const hasMemory = (
  bytes: number | null,
  { compare, bytes: asked }: NonNullable<GpuWish['memory']>,
): boolean => {
  if (bytes === null) return false;
  const isEqual = Math.abs(bytes - asked) <= asked * tolerance;
  switch (compare) {
    case '>=':
      return bytes > asked || isEqual;
    case '>':
      return bytes > asked && !isEqual;
    case '<=':
      return bytes < asked || isEqual;
    case '<':
      return bytes < asked && !isEqual;
    case '=':
      return isEqual;
    default:
      return compare satisfies never;
  }
};
