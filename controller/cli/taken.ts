import type { StatusItem } from '../model/api.ts';
import { isReason, reasons } from '../model/reason.ts';
import type { Reason } from '../model/reason.ts';

/** It runs, or is as far as it gets without something else happening. */
export const isTaken = (item: StatusItem): boolean =>
  item.settled ||
  item.phase === 'Running' ||
  (isReason(item.reason) && reasons[item.reason].kind !== 'progress');

/** `up` lifts these, so a pass has not yet been here while they are shown. */
export const isUp = (item: StatusItem): boolean => item.settled && !lifted.has(item.reason);

export const isStopped = (item: StatusItem): boolean => item.settled && !isActive(item.phase);

/** Also its volumes, where they were asked to go. */
export const isGone = (item: StatusItem): boolean => item.phase === 'Deleted' && item.settled;

const lifted: ReadonlySet<string> = new Set([
  'HeldDown',
  'HeldRemoved',
  'NotYetStarted',
  'Rebuilt',
] satisfies Reason[]);

const isActive = (phase: string): boolean =>
  phase === 'Running' || phase === 'Starting' || phase === 'Stopping';
