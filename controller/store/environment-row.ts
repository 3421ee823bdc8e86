import { isPhase } from '../model/phase.ts';
import { isReason } from '../model/reason.ts';
import type { EnvironmentRecord } from '../model/record.ts';

/** One row of `environments`, column by column. */
export interface EnvironmentRow {
  readonly project_id: string;
  readonly environment: string;
  readonly uid: string;
  readonly raw: string;
  readonly digest: string;
  readonly generation: number;
  readonly observed_generation: number;
  readonly phase: string;
  readonly reason: string;
  readonly message: string;
  readonly container_id: string | null;
  readonly restarts: number;
  readonly last_failure: string;
  readonly next_attempt_at_ms: number | null;
  readonly vanished_at_ms: number | null;
  readonly approval: string | null;
  readonly restart_requested_at_ms: number | null;
  readonly granted_at_ms: number | null;
  readonly requested_at_ms: number | null;
  readonly hand_stop: string | null;
  readonly anonymous_volumes: string;
  readonly remove_volumes: number;
  readonly created_at_ms: number;
  readonly granted_generation: number | null;
  readonly granted_cpus: number | null;
  readonly granted_memory_bytes: number | null;
  readonly removing_id: string | null;
  readonly hand_removed_at_ms: number | null;
  readonly repair_requested_at_ms: number | null;
  readonly vanished_by: string | null;
  readonly unhealthy_since_ms: number | null;
  readonly stop_intent: string | null;
  readonly last_run: string | null;
  readonly oom_seen: string | null;
  readonly start_failure: string | null;
}

/** Every column, in no particular order. */
export const columns = [
  'project_id',
  'environment',
  'uid',
  'raw',
  'digest',
  'generation',
  'observed_generation',
  'phase',
  'reason',
  'message',
  'container_id',
  'restarts',
  'last_failure',
  'next_attempt_at_ms',
  'vanished_at_ms',
  'approval',
  'restart_requested_at_ms',
  'granted_at_ms',
  'requested_at_ms',
  'hand_stop',
  'anonymous_volumes',
  'remove_volumes',
  'created_at_ms',
  'granted_generation',
  'granted_cpus',
  'granted_memory_bytes',
  'removing_id',
  'hand_removed_at_ms',
  'repair_requested_at_ms',
  'vanished_by',
  'unhealthy_since_ms',
  'stop_intent',
  'last_run',
  'oom_seen',
  'start_failure',
] as const satisfies readonly (keyof EnvironmentRow)[];

/** What never changes once a row is there. */
export const fixed: ReadonlySet<keyof EnvironmentRow> = new Set([
  'project_id',
  'environment',
  'uid',
]);

export const toRow = (record: EnvironmentRecord): EnvironmentRow => ({
  project_id: record.projectId,
  environment: record.environment,
  uid: record.uid,
  raw: JSON.stringify(record.raw),
  digest: record.digest,
  generation: record.generation,
  observed_generation: record.observedGeneration,
  phase: record.phase,
  reason: record.reason,
  message: record.message,
  container_id: record.containerId,
  restarts: record.restarts,
  last_failure: record.lastFailure,
  next_attempt_at_ms: record.nextAttemptAt,
  vanished_at_ms: record.vanishedAt,
  approval: record.approval === null ? null : JSON.stringify(record.approval),
  restart_requested_at_ms: record.restartRequestedAt,
  granted_at_ms: record.grantedAt,
  requested_at_ms: record.requestedAt,
  hand_stop: record.handStop === null ? null : JSON.stringify(record.handStop),
  anonymous_volumes: JSON.stringify(record.anonymousVolumes),
  remove_volumes: record.removeVolumes ? 1 : 0,
  created_at_ms: record.createdAt,
  granted_generation: record.grantedGeneration,
  granted_cpus: record.grantedCpus,
  granted_memory_bytes: record.grantedMemoryBytes,
  removing_id: record.removingId,
  hand_removed_at_ms: record.handRemovedAt,
  repair_requested_at_ms: record.repairRequestedAt,
  vanished_by: record.vanishedBy === null ? null : JSON.stringify(record.vanishedBy),
  unhealthy_since_ms: record.unhealthySince,
  stop_intent: record.stopIntent === null ? null : JSON.stringify(record.stopIntent),
  last_run: record.lastRun === null ? null : JSON.stringify(record.lastRun),
  oom_seen: record.oomSeen === null ? null : JSON.stringify(record.oomSeen),
  start_failure: record.startFailure === null ? null : JSON.stringify(record.startFailure),
});

/** JSON columns are ours alone and checked by the schema; a phase or reason of another version is not trusted. */
export const fromRow = (row: EnvironmentRow): EnvironmentRecord => ({
  projectId: row.project_id,
  environment: row.environment,
  uid: row.uid,
  raw: JSON.parse(row.raw) as EnvironmentRecord['raw'],
  digest: row.digest,
  generation: row.generation,
  observedGeneration: row.observed_generation,
  phase: isPhase(row.phase) ? row.phase : 'unknown',
  reason: isReason(row.reason) ? row.reason : 'Pending',
  message: row.message,
  containerId: row.container_id,
  restarts: row.restarts,
  lastFailure: row.last_failure,
  nextAttemptAt: row.next_attempt_at_ms,
  vanishedAt: row.vanished_at_ms,
  vanishedBy:
    row.vanished_by === null
      ? null
      : (JSON.parse(row.vanished_by) as EnvironmentRecord['vanishedBy']),
  approval:
    row.approval === null ? null : (JSON.parse(row.approval) as EnvironmentRecord['approval']),
  restartRequestedAt: row.restart_requested_at_ms,
  grantedAt: row.granted_at_ms,
  grantedGeneration: row.granted_generation,
  grantedCpus: row.granted_cpus,
  grantedMemoryBytes: row.granted_memory_bytes,
  requestedAt: row.requested_at_ms,
  handStop:
    row.hand_stop === null ? null : (JSON.parse(row.hand_stop) as EnvironmentRecord['handStop']),
  unhealthySince: row.unhealthy_since_ms,
  stopIntent:
    row.stop_intent === null
      ? null
      : (JSON.parse(row.stop_intent) as EnvironmentRecord['stopIntent']),
  lastRun:
    row.last_run === null ? null : (JSON.parse(row.last_run) as EnvironmentRecord['lastRun']),
  oomSeen:
    row.oom_seen === null ? null : (JSON.parse(row.oom_seen) as EnvironmentRecord['oomSeen']),
  startFailure:
    row.start_failure === null
      ? null
      : (JSON.parse(row.start_failure) as EnvironmentRecord['startFailure']),
  removingId: row.removing_id,
  handRemovedAt: row.hand_removed_at_ms,
  repairRequestedAt: row.repair_requested_at_ms,
  anonymousVolumes: JSON.parse(row.anonymous_volumes) as EnvironmentRecord['anonymousVolumes'],
  removeVolumes: row.remove_volumes === 1,
  createdAt: row.created_at_ms,
});
