import type { StepResult } from '../act/execute.ts';
import type { Outcome } from '../loop/outcome.ts';
import { environmentKey } from '../model/key.ts';
import type { Plan } from '../model/plan.ts';
import type { Reason } from '../model/reason.ts';
import type { Step } from '../model/step.ts';
import type { PlanInput } from '../plan/input.ts';
import type { Deps } from './deps.ts';
import { noteEnvironment } from './trouble.ts';

export interface Stepped {
  readonly input: PlanInput;
  readonly plan: Plan;
  readonly step: Step;
  readonly result: StepResult;
}

/** Tried again with the loop's own growing delay. */
export const fault = (
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

export const tell = (
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
