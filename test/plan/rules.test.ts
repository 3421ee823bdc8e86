import { describe, expect, it } from 'vitest';
import type { StopCause, StopIntent } from '../../controller/model/run.ts';
import { check } from '../../controller/plan/check.ts';
import { gatherFacts, type Facts, type PlanInput } from '../../controller/plan/input.ts';
import { observe } from '../../controller/plan/lifecycle.ts';
import { observationOf, plan, rules } from '../../controller/plan/plan.ts';
import { absentRules } from '../../controller/plan/rules-absent.ts';
import { endedRules } from '../../controller/plan/rules-ended.ts';
import { guardRules } from '../../controller/plan/rules-guard.ts';
import { idleRules } from '../../controller/plan/rules-idle.ts';
import { missingRules } from '../../controller/plan/rules-missing.ts';
import { runningRules } from '../../controller/plan/rules-running.ts';
import { stoppedRules } from '../../controller/plan/rules-stopped.ts';
import { timeoutRules } from '../../controller/plan/rules-timeout.ts';
import { scene } from '../support/plan-builders.ts';
import { absentCases } from './cases-absent.ts';
import { driftCases } from './cases-drift.ts';
import { endedCases } from './cases-ended.ts';
import { guardCases } from './cases-guard.ts';
import { idleCases } from './cases-idle.ts';
import { healthCases } from './cases-health.ts';
import { missingCases } from './cases-missing.ts';
import { runningCases } from './cases-running.ts';
import { startCases } from './cases-start.ts';
import { stoppedCases } from './cases-stopped.ts';
import { limitCases } from './cases-limits.ts';

const tables = {
  guard: guardRules,
  absent: absentRules,
  stopped: stoppedRules,
  idle: idleRules,
  timeout: timeoutRules,
  running: runningRules,
  missing: missingRules,
  ended: endedRules,
} as const;

const cases = [
  ...guardCases,
  ...absentCases,
  ...stoppedCases,
  ...runningCases,
  ...missingCases,
  ...startCases,
  ...endedCases,
  ...driftCases,
  ...idleCases,
  ...healthCases,
  ...limitCases,
];

describe('the rules', () => {
  it.each(cases)('$rule: $when', ({ rule, scene: from, expected }) => {
    const input = scene(from);
    expect(answering(input)).toBe(rule);
    const decided = plan(input);
    const { stops, ...asExpected } = expected;
    expect({
      steps: decided.steps.map(({ kind }) => kind),
      reason: decided.reason,
      phase: decided.phase,
      patch: decided.patch,
      needsGrant: decided.needsGrant,
      forget: decided.forget,
      lookAgainAfterMs: decided.lookAgainAfterMs,
    }).toEqual({
      steps: [],
      needsGrant: false,
      forget: false,
      lookAgainAfterMs: null,
      ...asExpected,
      patch: {
        ...expected.patch,
        ...(stops === undefined ? {} : { stopIntent: intentOf(input, stops) }),
      },
    });
    expect(check(decided, input)).toEqual([]);
  });

  it('has a case for every row of every table', () => {
    const rows = Object.entries(tables).flatMap(([table, list]) =>
      list.map(({ id }) => `${table}/${id}`),
    );
    // Two rows only hand over to the table of their name.
    const handOver = new Set(['running/missing', 'running/ended']);
    const answered = new Set(cases.map(({ rule }) => rule));
    expect(rows.filter((row) => !answered.has(row) && !handOver.has(row))).toEqual([]);
  });

  it('says in every row why it stands there, under a name of its own', () => {
    for (const list of [rules, missingRules, endedRules]) {
      const ids = list.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      for (const { id, why } of list) {
        expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
        expect(why).toMatch(/^[A-Za-z].*\.$/s);
      }
    }
  });
});

/** Why it is stopped is written down before it is. */
const intentOf = ({ snapshot, wish, now }: PlanInput, cause: StopCause): StopIntent => {
  const seen = snapshot.kind === 'known' ? snapshot.containers : [];
  const container = seen.find(({ id }) => id === 'c1');
  if (container === undefined) throw new Error('there is something to stop');
  const graceMs =
    wish.kind === 'wanted' ? wish.environment.stopGraceMs : container.config.stopGraceMs;
  return {
    containerId: 'c1',
    startedAt: container.startedAt,
    cause,
    at: now,
    until: now + (graceMs ?? 10_000) + 60_000,
  };
};

/** `table/id` of the rule that decides. */
const answering = (input: PlanInput): string => {
  const facts = factsOf(input);
  const first = (names: readonly (keyof typeof tables)[]): string => {
    for (const name of names) {
      const rule = tables[name].find(({ decide }) => decide(facts) !== null);
      if (rule === undefined) continue;
      if (name === 'running' && rule.id === 'missing') return first(['missing']);
      if (name === 'running' && rule.id === 'ended') return first(['ended']);
      return `${name}/${rule.id}`;
    }
    throw new Error('no rule answers');
  };
  return first(['guard', 'absent', 'stopped', 'idle', 'timeout', 'running']);
};

/** As plan() asks the rules: the facts, with the phase that the observation leads to. */
const factsOf = (input: PlanInput): Facts => {
  if (input.snapshot.kind === 'unknown') throw new Error('nothing is known, so no rule is asked');
  const facts = gatherFacts(input, input.snapshot);
  const phase =
    input.snapshot.inFlight === 'stop'
      ? input.record.phase
      : observe(input.record.phase, observationOf(facts.container));
  return { ...facts, record: { ...facts.record, phase } };
};
