import type { ObservedContainer } from '../model/container.ts';
import type { RecordPatch } from '../model/plan.ts';
import type { Reason } from '../model/reason.ts';
import type { EnvironmentRecord } from '../model/record.ts';
import type { StopCause, StopIntent } from '../model/run.ts';
import { isLive, type Facts } from './input.ts';
import { step, type Verdict } from './verdict.ts';

/** Where the file no longer says it, the container still does. Milliseconds. */
export const graceOf = ({ wish, container }: Pick<Facts, 'wish' | 'container'>): number =>
  wish.kind === 'wanted' ? wish.environment.stopGraceMs : (container?.config.stopGraceMs ?? 10_000);

/** From the end of the grace period to that of the container: the engine kills, reaps and unmounts. */
const slackMs = 60_000;

/**
 * Stops this life's container. Why is written down with the step, before its effect: whatever exit code
 * the program ends with then, nobody has to guess who ended it.
 */
export const stopStep = (
  facts: Facts,
  cause: StopCause,
  { why, reason, patch = {} }: { why: string; reason: Reason; patch?: RecordPatch },
): Verdict => {
  const { container, now } = facts;
  if (container === null) throw new Error('there is something to stop');
  const graceMs = graceOf(facts);
  const begun = stopOf(facts);
  return step({ kind: 'stop', containerId: container.id, graceMs, why }, reason, {
    ...patch,
    // What was asked for first ends it.
    stopIntent:
      begun !== null && begun.until > now
        ? begun
        : {
            containerId: container.id,
            startedAt: container.startedAt,
            cause,
            at: now,
            until: now + graceMs + slackMs,
          },
  });
};

/** It has another folder than the one that was judged, and the stop that came with its start has not ended it. */
export const hasSwappedMount = (
  { id, startedAt }: Pick<ObservedContainer, 'id' | 'startedAt'>,
  { stopIntent }: Pick<EnvironmentRecord, 'stopIntent'>,
): boolean =>
  stopIntent?.cause === 'mount-changed' &&
  stopIntent.containerId === id &&
  (startedAt ?? 0) < stopIntent.at;

/** The stop that this run of the container is being ended by; null: none. */
export const stopOf = ({
  record: { stopIntent },
  container,
}: Pick<Facts, 'record' | 'container'>): StopIntent | null =>
  stopIntent !== null &&
  container !== null &&
  isLive(container) &&
  stopIntent.containerId === container.id &&
  stopIntent.startedAt === container.startedAt
    ? stopIntent
    : null;
