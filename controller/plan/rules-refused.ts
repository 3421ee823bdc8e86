import type { Facts } from './input.ts';
import { refusalText, refusedStart } from './policy.ts';
import { hold, type Rule } from './verdict.ts';

export const recreateRefusedRule: Rule<Facts> = {
  id: 'recreate-refused',
  why: 'What may not be made anew is not taken away.',
  decide: ({ changes, live, policy }) => {
    const [fault] = policy.faults;
    return live && fault !== undefined && changes.some(({ how }) => how === 'recreate')
      ? hold('PolicyRefused', refusalText(fault))
      : null;
  },
};

export const restartRefusedRule: Rule<Facts> = {
  id: 'restart-refused',
  why: 'What may not be started again is not stopped.',
  decide: (facts) => {
    if (!facts.live || !facts.restartPending || facts.container === null) return null;
    const refused = refusedStart(facts, facts.container);
    // What it holds it keeps: it runs.
    return refused === null ? null : { ...refused, patch: {} };
  },
};
