import type { Attack } from './attack.ts';

/** In this order, on one machine. */
export const attacks: readonly Attack[] = [];
