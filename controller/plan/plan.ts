import type { ObservedContainer } from '../model/container.ts';
import type { Plan } from '../model/plan.ts';
import type { Phase } from '../model/phase.ts';
import type { EnvironmentRecord } from '../model/record.ts';
import type { KnownSnapshot } from '../model/snapshot.ts';
import type { Step } from '../model/step.ts';
import { conditionsOf } from './conditions.ts';
import { unlessHeld, withForeseenNetwork } from './host-hold.ts';
import { gatherFacts, type Facts, type PlanInput } from './input.ts';
import { decide, observe, type Observation } from './lifecycle.ts';
import { predict } from './predict.ts';
import { absentRules } from './rules-absent.ts';
import { guardRules } from './rules-guard.ts';
import { idleRules } from './rules-idle.ts';
import { runningRules } from './rules-running.ts';
import { stoppedRules } from './rules-stopped.ts';
import { timeoutRules } from './rules-timeout.ts';
import { firstMatch, type Rule, type Verdict } from './verdict.ts';

/** Every rule of the house, in the order in which they are asked. */
export const rules: readonly Rule<Facts>[] = [
  ...guardRules,
  ...absentRules,
  ...stoppedRules,
  ...idleRules,
  ...timeoutRules,
  ...runningRules,
];

/** More steps than any environment can need: a plan that is longer goes round in a circle. */
const maxSteps = 10;

/**
 * Decides what one environment needs, as a value. The steps are found by taking the first one as done
 * and asking the same rules again, so that what `mlenv plan` shows is what passes will do.
 */
export const plan = (input: PlanInput): Plan => {
  if (input.snapshot.kind === 'unknown') return unseen(input, input.snapshot.why);

  let snapshot = withForeseenNetwork(input.snapshot, input.frozen);
  const first = judge(input, input.record.phase, snapshot);
  const steps: Step[] = [];
  let { verdict, phase, facts } = first;
  let record: EnvironmentRecord = input.record;
  while (verdict.kind === 'step' && steps.length < maxSteps) {
    steps.push(verdict.step);
    snapshot = predict(snapshot, verdict.step, input.now);
    record = { ...record, ...verdict.patch, lastRun: facts.lastRun, phase };
    ({ verdict, phase, facts } = judge({ ...input, record }, phase, snapshot));
  }
  const last = verdict;

  return {
    steps,
    holds: last.kind === 'hold' ? [{ reason: last.reason, message: last.message }] : [],
    changes: [...first.facts.changes, ...first.facts.drift],
    phase: first.phase,
    reason: first.verdict.reason,
    message: first.verdict.message,
    lookAgainAfterMs:
      first.verdict.kind === 'step' ? null : (first.verdict.lookAgainAfterMs ?? null),
    conditions: conditionsOf(first.facts, first.phase, first.verdict),
    explanation: [
      ...steps.map(({ why }) => why),
      ...(last.kind === 'hold' ? [`${last.reason}: ${last.message}`] : []),
      ...(steps.length === 0 && last.kind === 'settled' ? [last.message] : []),
    ],
    patch: {
      ...first.verdict.patch,
      ...(isSame(first.facts.lastRun, input.record.lastRun)
        ? {}
        : { lastRun: first.facts.lastRun }),
    },
    needsGrant: first.verdict.kind === 'hold' && first.verdict.needsGrant === true,
    forget: first.verdict.kind === 'settled' && first.verdict.forget === true,
  };
};

const isSame = (one: unknown, other: unknown): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

interface Judged {
  readonly verdict: Verdict;
  readonly facts: Facts;
  readonly phase: Phase;
}

const judge = (input: PlanInput, from: Phase, snapshot: KnownSnapshot): Judged => {
  const gathered = gatherFacts(input, snapshot);
  const seen =
    snapshot.inFlight === 'stop' ? from : observe(from, observationOf(gathered.container));
  const all = { ...gathered, record: { ...gathered.record, phase: seen } };
  const verdict = unlessHeld(firstMatch(rules, all), all.frozen);
  const facts =
    verdict.kind === 'settled' && verdict.asItIs === true
      ? { ...all, changes: [], drift: [] }
      : all;
  return { verdict, facts, phase: phaseAfter(seen, verdict, facts) };
};

/** States move only along edges; a decision without an edge is a bug and stops the plan. */
const phaseAfter = (seen: Phase, verdict: Verdict, facts: Facts): Phase => {
  const decision = verdict.kind === 'step' ? decisionFor(verdict.step, facts) : verdict.decision;
  if (decision === undefined || decision === null) return seen;
  const edge = decide(seen, decision);
  if (edge === null) throw new Error(`no edge for ${decision} from ${seen}`);
  return edge.phase;
};

/** A step on a second container is no step of this life. */
const decisionFor = (step: Step, { container }: Facts): Step['kind'] | null =>
  'containerId' in step && step.containerId !== container?.id ? null : step.kind;

export const observationOf = (container: ObservedContainer | null): Observation => {
  if (container === null) return 'absent';
  switch (container.state) {
    case 'created':
    case 'paused':
    case 'exited':
    case 'removing':
      return container.state;
    case 'dead':
      return 'removing';
    case 'running':
    case 'restarting':
      return running[container.health];
    default:
      return container.state satisfies never;
  }
};

const running = {
  none: 'up',
  healthy: 'up',
  starting: 'probing',
  unhealthy: 'unhealthy',
} as const satisfies Record<ObservedContainer['health'], Observation>;

/** Nothing was seen, so nothing follows: only the word changes. */
const unseen = (input: PlanInput, why: string): Plan => ({
  steps: [],
  holds: [{ reason: 'EngineUnavailable', message: why }],
  changes: [],
  phase: observe(input.record.phase, 'lost'),
  reason: 'EngineUnavailable',
  message: why,
  lookAgainAfterMs: null,
  conditions: [
    { type: 'Ready', status: 'Unknown', reason: 'EngineUnavailable', message: why },
    { type: 'Synced', status: 'Unknown', reason: 'EngineUnavailable', message: why },
    { type: 'Held', status: 'True', reason: 'EngineUnavailable', message: why },
  ],
  explanation: [`EngineUnavailable: ${why}`],
  patch: {},
  needsGrant: false,
  forget: false,
});
