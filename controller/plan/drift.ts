import type { ObservedContainer, Stray } from '../model/container.ts';
import type { FieldChange } from '../model/plan.ts';
import type { EnvironmentRecord } from '../model/record.ts';
import type { PlanInput } from './input.ts';
import { hold, type Verdict } from './verdict.ts';
import { changesText } from './words.ts';

/**
 * With `driftPolicy: report`: what differs is a hand's doing, and stays. Only once the file's newest words
 * have been followed, as before that the difference is the file's own; and until a person asks for repair.
 */
export const reportsDrift = (
  { wish, record, context }: Pick<PlanInput, 'wish' | 'record' | 'context'>,
  restartPending: boolean,
): boolean =>
  context.driftPolicy === 'report' &&
  wish.kind === 'wanted' &&
  record.observedGeneration === record.generation &&
  record.repairRequestedAt === null &&
  !restartPending;

/** What docker changes on a container that is there: update, rename, network connect. All else is fixed when it is made. */
const byHand: ReadonlySet<string> = new Set(['name', 'cpus', 'memory', 'pids', 'network']);

/** What no file says anything of can only have come from a hand. */
export const isByHand = (
  { field }: FieldChange,
  strays: readonly Stray[] | undefined = [],
): boolean =>
  byHand.has(field) ||
  field.startsWith('networks.') ||
  strays.some((stray) => stray.field === field);

/** A container that was there and is not, and that we did not remove. */
export const wasRemovedByHand = (
  container: ObservedContainer | null,
  { containerId, removingId, handRemovedAt }: EnvironmentRecord,
): boolean =>
  container === null &&
  (handRemovedAt !== null || (containerId !== null && containerId !== removingId));

export const driftText = (drift: readonly FieldChange[]): string =>
  `changed by hand: ${changesText(drift)}`;

export const reported = (
  what: string,
  more: Omit<Extract<Verdict, { kind: 'hold' }>, 'kind' | 'reason' | 'message'> = {},
): Verdict =>
  hold(
    'DriftReported',
    `${what}; driftPolicy: report leaves it so until mlenv up or mlenv restart`,
    more,
  );
