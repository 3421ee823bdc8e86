import type { Attack } from './attack.ts';
import { otherIds } from './other-ids.ts';
import { othersFiles, pipesInClones } from './others-files.ts';
import { swappedFolders } from './mount-swap.ts';
import { requestAttacks } from './requests.ts';
import { rootByImage } from './root-by-image.ts';

/** In this order, on one machine. */
export const attacks: readonly Attack[] = [
  rootByImage,
  ...otherIds,
  ...requestAttacks,
  ...othersFiles,
  ...swappedFolders,
  pipesInClones,
];
