import type { StepResult } from '../act/execute.ts';
import type { Outcome } from '../loop/outcome.ts';
import { refusesLimits, type Failure } from '../model/failure.ts';
import { environmentKey } from '../model/key.ts';
import type { Plan } from '../model/plan.ts';
import { reasons, type Reason } from '../model/reason.ts';
import type { EnvironmentRecord } from '../model/record.ts';
import type { Step } from '../model/step.ts';
import type { PlanInput } from '../plan/input.ts';
import { restartDelayMs } from '../plan/restart.ts';
import { countStep } from './brake.ts';
import type { Deps } from './deps.ts';
import { limitsRefusedKey } from './gather.ts';
import { noteEnvironment } from './trouble.ts';

export interface Stepped {
  readonly input: PlanInput;
  readonly plan: Plan;
  readonly step: Step;
  readonly result: StepResult;
}

/** The result row of a step, and when to look again. One that changes nothing again and again is slowed down. */
export const afterStep = (deps: Deps, stepped: Stepped): Outcome => {
  const { input, step, result } = stepped;
  const told = { reason: reasonOf(result), message: fruitless(stepped) };
  const wasTaken = result.kind !== 'failed' || result.failure.kind !== 'frozen';
  const atLeastMs = wasTaken ? countStep(deps, { input, step }, told) : 0;
  const outcome = afterResult(deps, { ...stepped, isBraked: atLeastMs > 0 });
  if (atLeastMs === 0) return outcome;
  return outcome.kind === 'retry'
    ? { ...outcome, atLeastMs }
    : { kind: 'retry', message: fault(deps, stepped, told).message, atLeastMs };
};

/** A failure that waits already keeps its words. */
const reasonOf = (result: StepResult): Reason => {
  if (result.kind === 'held') return result.reason;
  return result.kind === 'failed' && result.failure.kind !== 'absent'
    ? 'EngineFault'
    : 'NoProgress';
};

const fruitless = ({ step, result }: Stepped): string => {
  if (result.kind === 'held') return `${step.kind}: ${result.message}`;
  if (result.kind !== 'failed') {
    return `${step.kind}: the engine takes it again and again, and nothing changes by it`;
  }
  return result.failure.kind === 'absent'
    ? `${step.kind}: the engine shows it and says of this step, again and again: ${result.failure.message}`
    : `${step.kind}: ${result.failure.message}`;
};

interface Counted extends Stepped {
  /** It has to wait for its next turn. */
  readonly isBraked: boolean;
}

const afterResult = (deps: Deps, stepped: Counted): Outcome => {
  const { input, plan, step, result } = stepped;
  const { store, clock } = deps;
  const key = environmentKey(input.record);
  switch (result.kind) {
    case 'underway':
      store.environments.update(key, plan.patch);
      tell(
        deps,
        stepped,
        reasons[plan.reason].kind === 'failure' ? 'Warning' : 'Normal',
        plan.reason,
        step.why,
      );
      return { kind: 'waiting', reason: plan.reason, afterMs: null };
    case 'done':
      store.transaction(() => {
        store.environments.update(key, {
          ...plan.patch,
          ...(step.kind === 'create' ? { containerId: result.containerId } : {}),
          ...(step.kind === 'remove' ? { containerId: null } : {}),
        });
        if (step.kind === 'remove') store.containers.deleted(step.containerId, clock.now());
        tell(
          deps,
          stepped,
          step.kind === 'remove' && plan.reason === 'StartFailed' ? 'Warning' : 'Normal',
          told[step.kind] ?? plan.reason,
          step.why,
        );
      });
      if (step.kind === 'create' && result.containerId !== null) {
        deps.memory.ids.set(key, new Set([result.containerId]));
      }
      return { kind: 'lookAgain', afterMs: 0 };
    case 'failed':
      return afterFailure(deps, stepped, result.failure);
    case 'held':
      return fault(deps, stepped, { ...result, message: `${step.kind}: ${result.message}` });
    default:
      return result satisfies never;
  }
};

const afterFailure = (deps: Deps, stepped: Counted, failure: Failure): Outcome => {
  const { step, input } = stepped;
  const { store, memory } = deps;
  const key = environmentKey(input.record);
  const message = `${step.kind}: ${failure.message}`;
  if (step.kind === 'start' && refusesLimits(failure.message) && input.context.raisesLimits) {
    // Every container with the limits of our own default would fail the same way: made again without.
    store.meta.set(limitsRefusedKey, String(deps.clock.now()));
    tell(
      deps,
      stepped,
      'Normal',
      'LimitsRefused',
      'the engine may not raise limits; made again without the default ulimits',
    );
    return { kind: 'lookAgain', afterMs: 0 };
  }
  switch (failure.kind) {
    case 'frozen':
      // Frozen since it was decided; the next look says so.
      return { kind: 'lookAgain', afterMs: 0 };
    case 'absent':
      // What the step needed is gone: the network or the image, or else the container itself.
      if (step.kind === 'create' || step.kind === 'start') {
        // The project's pass rings all its environments: once it has looked, that helps nobody.
        if (stepped.isBraked) return fault(deps, stepped, { reason: 'NoProgress', message });
        memory.networks.delete(input.record.projectId);
        deps.ring.project(input.record.projectId);
        return fault(deps, stepped, { reason: 'EngineFault', message });
      }
      return { kind: 'lookAgain', afterMs: 0 };
    case 'terminal':
      if (step.kind !== 'create') {
        // A failed start has left its words on the container, and the next look reads them there.
        return step.kind === 'start'
          ? { kind: 'retry', message }
          : fault(deps, stepped, { reason: 'EngineFault', message });
      }
      // While it waits for its next try others may have its cards.
      store.transaction(() => {
        store.environments.update(key, {
          ...backOff(deps, input.record),
          grantedAt: null,
          lastFailure: message,
          reason: 'CreateRefused',
          message,
        });
        noteEnvironment(deps, key, { reason: 'CreateRefused', message });
        tell(deps, stepped, 'Warning', 'CreateRefused', message);
      });
      return { kind: 'lookAgain', afterMs: 0 };
    case 'conflict':
    case 'retry':
    case 'unknown':
      return fault(deps, stepped, { reason: 'EngineFault', message });
    default:
      return failure.kind satisfies never;
  }
};

/** Tried again with the loop's own growing delay. */
const fault = (
  deps: Deps,
  stepped: Stepped,
  { reason, message }: { readonly reason: Reason; readonly message: string },
): Extract<Outcome, { kind: 'retry' }> => {
  const key = environmentKey(stepped.input.record);
  deps.store.transaction(() => {
    deps.store.environments.update(key, { reason, message });
    noteEnvironment(deps, key, { reason, message });
    tell(deps, stepped, 'Warning', reason, message);
  });
  return { kind: 'retry', message };
};

const backOff = (
  { clock, config, random }: Deps,
  { restarts }: EnvironmentRecord,
): Pick<EnvironmentRecord, 'restarts' | 'nextAttemptAt'> => ({
  restarts: restarts + 1,
  nextAttemptAt:
    clock.now() + restartDelayMs(restarts + 1, config.current().settings, random.fraction()),
});

const told: Partial<Record<Step['kind'], Reason>> = {
  create: 'Created',
  start: 'Started',
  update: 'Updated',
  disconnect: 'Disconnected',
  unpause: 'Unpaused',
  remove: 'Removed',
};

const tell = (
  { store, clock }: Deps,
  { input }: Stepped,
  type: 'Normal' | 'Warning',
  reason: Reason,
  message: string,
): void =>
  store.events.add({
    at: clock.now(),
    type,
    reason,
    message,
    projectId: input.record.projectId,
    environment: input.record.environment,
  });
