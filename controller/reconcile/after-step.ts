import type { Outcome } from '../loop/outcome.ts';
import { refusesLimits, type Failure } from '../model/failure.ts';
import { environmentKey } from '../model/key.ts';
import { reasons, type Reason } from '../model/reason.ts';
import type { Step } from '../model/step.ts';
import type { StepResult } from '../act/execute.ts';
import { countStep } from './brake.ts';
import type { Deps } from './deps.ts';
import { limitsRefusedKey } from './gather.ts';
import { afterRefusal, isRefusal, isTaken } from './refused.ts';
import { afterSwap } from './swapped.ts';
import { fault, tell, type Stepped } from './tell.ts';

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
          ...(step.kind === 'start' ? { startFailure: null } : {}),
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
      if (result.reason === 'NameConflict') return isTaken(deps, stepped, result.message);
      return fault(deps, stepped, { ...result, message: `${step.kind}: ${result.message}` });
    case 'swapped':
      return afterSwap(deps, stepped, result);
    default:
      return result satisfies never;
  }
};

const afterFailure = (deps: Deps, stepped: Counted, failure: Failure): Outcome => {
  const { step, input } = stepped;
  const { store, memory } = deps;
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
  if (isRefusal(step, failure)) return afterRefusal(deps, stepped, failure);
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
    case 'conflict':
    case 'retry':
    case 'unknown':
      return fault(deps, stepped, { reason: 'EngineFault', message });
    default:
      return failure.kind satisfies never;
  }
};

const told: Partial<Record<Step['kind'], Reason>> = {
  create: 'Created',
  start: 'Started',
  update: 'Updated',
  disconnect: 'Disconnected',
  unpause: 'Unpaused',
  remove: 'Removed',
};
