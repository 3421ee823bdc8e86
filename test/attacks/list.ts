import type { Attack } from './attack.ts';
import { othersFiles, pipesInClones } from './others-files.ts';
import { requestAttacks } from './requests.ts';

/** In this order, on one machine. */
export const attacks: readonly Attack[] = [...requestAttacks, ...othersFiles, pipesInClones];
