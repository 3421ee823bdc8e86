import type { SyncState } from '../model/history.ts';
import { reasons } from '../model/reason.ts';
import type { EnvironmentRecord, ProjectRecord } from '../model/record.ts';

/**
 * Whether what is there is what the file says, apart from whether it is well: a job that failed as the file
 * describes it is Synced. Rules in order, the first that holds says it.
 */
export const syncOf = (
  { specError }: Pick<ProjectRecord, 'specError'>,
  record: Pick<
    EnvironmentRecord,
    'reason' | 'generation' | 'observedGeneration' | 'restartRequestedAt'
  >,
  /** The plan's own word, of the condition Synced. */
  isAsTheFileSays: boolean,
): SyncState => {
  const { reason, generation, observedGeneration } = record;
  const { kind } = reasons[reason];
  // Nobody knows what the file wishes, or what is there.
  if (specError !== null || kind === 'unknown') return 'Stalled';
  // It is made as the file says, and that does not run.
  if (reason === 'BackOff') return 'Stalled';
  if (record.restartRequestedAt !== null) return 'Progressing';
  if (isAsTheFileSays && generation === observedGeneration) return 'Synced';
  if (waitsForPerson.has(reason)) return 'OutOfSync';
  return kind === 'progress' || kind === 'good' ? 'Progressing' : 'Stalled';
};

/** A change is known and is kept from being made until somebody lets it through, or time has come. */
const waitsForPerson: ReadonlySet<string> = new Set([
  'UpdatePending',
  'PruneScheduled',
  'MassRemoval',
  'OwnerChanged',
  'Suspended',
  'Frozen',
  'Observing',
  'DriftReported',
  'HeldDown',
  'HeldRemoved',
  'NotYetStarted',
  'Rebuilt',
]);
