import type { StatusItem } from '../model/api.ts';
import { isReason, reasons } from '../model/reason.ts';

/** It runs, or is as far as it gets without something else happening. */
export const isTaken = (item: StatusItem): boolean =>
  item.settled ||
  item.phase.startsWith('running') ||
  (isReason(item.reason) && reasons[item.reason].kind !== 'progress');

export const isStopped = (item: StatusItem): boolean => item.settled && !isActive(item.phase);

export const isGone = (item: StatusItem): boolean => item.phase === 'deleted';

const isActive = (phase: string): boolean =>
  phase.startsWith('running') || phase === 'starting' || phase === 'stopping';
