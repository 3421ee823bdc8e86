import type { ObservedContainer } from '../model/container.ts';
import type { EnvironmentRecord } from '../model/record.ts';
import { startFaultOf, type StartFault } from '../model/start-fault.ts';
import type { Facts } from './input.ts';
import { restartDelayMs } from './restart.ts';
import { backingOff } from './rules-missing.ts';
import { isHopeless } from './start-failure.ts';
import { settled, step, type Rule, type Verdict } from './verdict.ts';

export const startFailedRule: Rule<Facts> = {
  id: 'start-failed',
  why: 'A container that cannot start any more goes, and a new one is made of what there is now. Where it has to wait for that, others may have its GPUs meanwhile.',
  decide: (facts) => {
    const { container, record, wish } = facts;
    const failed = container === null ? null : failureOf(container, record);
    if (container === null || failed === null) return null;
    const fault = startFaultOf(failed.message);
    const message = `start failed: ${failed.message}`;
    const neverRan = container.state === 'created';
    if (isAskedSince(facts, failed.at)) {
      if (!neverRan) return null;
      return step(
        {
          kind: 'remove',
          containerId: container.id,
          volumes: false,
          why: 'restart asked for by hand: made anew, as this one could not start',
        },
        'Removing',
        {
          restarts: 0,
          nextAttemptAt: null,
          // Fulfilled by this where nobody wrote down when it failed: kept, it would be tried for ever.
          ...(failed.at === null && facts.lastRun === null ? { restartRequestedAt: null } : {}),
        },
      );
    }
    const isJob = wish.kind === 'wanted' && wish.environment.restart === 'never';
    if (neverRan && isJob && fault.blame === 'spec') {
      return settled('StartFailed', message, {
        decision: 'fail',
        // A request that no run has fulfilled stays: the run before it is not the word on it.
        patch: { grantedAt: null, lastFailure: message },
      });
    }
    if (!neverRan && fault.cure === 'wait') return backingOff(facts);
    // What lies in a container that ran is worth a second try.
    return neverRan || isHopeless(failed, fault) ? remade(facts, container, message, fault) : null;
  },
};

interface Failed {
  readonly message: string;
  readonly count: number;
  /** null: it stands on the container alone. */
  readonly at: number | null;
}

/**
 * As this process recorded it; or, of a container that never ran, as the engine wrote it on it. On one that ran, what
 * stands there may be somebody else's try.
 */
const failureOf = (
  container: ObservedContainer,
  { startFailure }: Pick<EnvironmentRecord, 'startFailure'>,
): Failed | null => {
  if (container.state !== 'created' && container.state !== 'exited') return null;
  if (startFailure?.containerId === container.id) {
    return startFailure.at >= (container.startedAt ?? 0) ? startFailure : null;
  }
  return container.state === 'created' && container.error !== ''
    ? { message: container.error, count: 1, at: null }
    : null;
};

const isAskedSince = ({ restartPending, record }: Facts, at: number | null): boolean =>
  restartPending && (at === null || at < (record.restartRequestedAt ?? 0));

const remade = (
  { record, settings, now, chance }: Facts,
  { id }: ObservedContainer,
  message: string,
  fault: StartFault,
): Verdict => {
  const delayMs = restartDelayMs(record.restarts, settings, chance);
  return step({ kind: 'remove', containerId: id, volumes: false, why: message }, 'StartFailed', {
    ...(delayMs > 0 || fault.blamesGpu === true ? { grantedAt: null } : {}),
    restarts: record.restarts + 1,
    nextAttemptAt: now + delayMs,
    lastFailure: message,
  });
};
