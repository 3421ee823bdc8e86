import type { Outcome } from '../loop/outcome.ts';
import { environmentKey } from '../model/key.ts';
import type { Plan } from '../model/plan.ts';
import type { Reason } from '../model/reason.ts';
import type { Step } from '../model/step.ts';
import type { PlanInput } from '../plan/input.ts';
import { attemptsWith, brakeMs, heldBack, pictureOf } from '../plan/progress.ts';
import type { Deps } from './deps.ts';
import { recordPlan } from './record.ts';

/** Counts a step that was taken; answers with how long the same one has to wait now. */
export const countStep = (
  { memory, clock }: Pick<Deps, 'memory' | 'clock'>,
  { input, step }: { readonly input: PlanInput; readonly step: Step },
  told: { readonly reason: Reason; readonly message: string },
): number => {
  // Pulls have a back-off of their own.
  if (step.kind === 'pull') return 0;
  const key = environmentKey(input.record);
  const attempts = attemptsWith(memory.attempts.get(key) ?? [], {
    what: pictureOf(step, input),
    at: clock.now(),
    ...told,
  });
  memory.attempts.set(key, attempts);
  return brakeMs(attempts[0]);
};

/**
 * The one place where a step waits for its turn: whoever rings, and however often, the same step on the same
 * picture is not taken before. null: it may be taken.
 */
export const awaitTurn = (
  deps: Deps,
  input: PlanInput,
  of: { readonly decided: Plan; readonly step: Step },
): Outcome | null => {
  const { memory, clock } = deps;
  const attempts = memory.attempts.get(environmentKey(input.record)) ?? [];
  const held = heldBack(attempts, pictureOf(of.step, input), clock.now());
  if (held === null) return null;
  const { reason, message } = held.attempt;
  recordPlan(deps, input, braked(of.decided, { reason, message }));
  return { kind: 'waiting', reason, afterMs: held.leftMs };
};

const braked = (
  decided: Plan,
  told: { readonly reason: Reason; readonly message: string },
): Plan => ({
  ...decided,
  ...told,
  steps: [],
  holds: [told],
  patch: {},
  conditions: [
    ...decided.conditions
      .filter(({ type }) => type !== 'Held')
      .map((one) =>
        one.status === 'False' && (one.type === 'Ready' || one.type === 'Synced')
          ? { ...one, ...told }
          : one,
      ),
    { type: 'Held', status: 'True', ...told },
  ],
});
