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
import type { Deps } from './deps.ts';
import { limitsRefusedKey } from './gather.ts';
import { noteEnvironment } from './trouble.ts';

export interface Stepped {
  readonly input: PlanInput;
  readonly plan: Plan;
  readonly step: Step;
  readonly result: StepResult;
}

/** The result row of a step, and when to look again. */
export const afterStep = (deps: Deps, stepped: Stepped): Outcome => {
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

const afterFailure = (deps: Deps, stepped: Stepped, failure: Failure): Outcome => {
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
): Outcome => {
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
