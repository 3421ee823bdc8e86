import { execute } from '../act/execute.ts';
import type { Outcome } from '../loop/outcome.ts';
import { environmentKey, type EnvironmentKey } from '../model/key.ts';
import type { Plan } from '../model/plan.ts';
import { check } from '../plan/check.ts';
import type { PlanInput } from '../plan/input.ts';
import { plan } from '../plan/plan.ts';
import type { Admission } from './admission.ts';
import { afterStep } from './after-step.ts';
import type { Deps } from './deps.ts';
import { gatherInput } from './gather.ts';
import { recordForgotten, recordPlan } from './record.ts';

/**
 * One pass over one environment: observe, plan, check, act one step, record. Read from the top it is
 * the whole story; each line's work lies in the folder that bears its name.
 */
export const reconcileEnvironment = async (
  deps: Deps,
  admission: Admission,
  key: EnvironmentKey,
): Promise<Outcome> => {
  const { store, memory, ring } = deps;
  const record = store.environments.get(key);
  if (record === null) return { kind: 'done' };
  const project = store.projects.get(record.projectId);
  if (project === null) return { kind: 'done' };
  if (!memory.read.has(project.id)) {
    // Until the file was read nobody knows what is wished; its pass brings this key back.
    ring.project(project.id);
    return { kind: 'waiting', reason: 'SpecUnread', afterMs: null };
  }

  const input = await gatherInput(deps, record, project);
  const decided = plan(input);

  const broken = check(decided, input);
  if (broken.length > 0) return refuse(deps, input, broken);

  if (decided.needsGrant) {
    const answer = await admission.ask(key);
    if (answer?.kind === 'grant') return { kind: 'lookAgain', afterMs: 0 };
    const waits: Plan =
      answer === null
        ? decided
        : { ...decided, reason: answer.reason, message: answer.message, holds: [answer] };
    recordPlan(deps, input, waits);
    return { kind: 'waiting', reason: waits.reason, afterMs: 15_000 };
  }

  recordPlan(deps, input, decided);
  if (decided.forget) {
    recordForgotten(deps, input.record);
    return { kind: 'done' };
  }
  const [step] = decided.steps;
  if (step === undefined) return restOf(decided);

  const result = await execute(deps, step, input.record);
  return afterStep(deps, { input, plan: decided, step, result });
};

const restOf = (decided: Plan): Outcome => {
  const [held] = decided.holds;
  if (held !== undefined) {
    return { kind: 'waiting', reason: held.reason, afterMs: decided.lookAgainAfterMs };
  }
  return decided.lookAgainAfterMs === null
    ? { kind: 'done' }
    : { kind: 'lookAgain', afterMs: decided.lookAgainAfterMs };
};

/** A plan that breaks a promise is never run; it is a bug, and says so where people look. */
const refuse = (deps: Deps, input: PlanInput, broken: readonly string[]): Outcome => {
  const message = `this plan was refused: ${broken.join('; ')}`;
  deps.store.environments.update(environmentKey(input.record), { reason: 'Bug', message });
  deps.store.events.add({
    at: deps.clock.now(),
    type: 'Warning',
    reason: 'Bug',
    message,
    projectId: input.record.projectId,
    environment: input.record.environment,
  });
  return { kind: 'terminal', message };
};
