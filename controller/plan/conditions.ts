import type { Phase } from '../model/phase.ts';
import type { Plan } from '../model/plan.ts';
import { reasons } from '../model/reason.ts';
import type { Facts } from './input.ts';
import type { Verdict } from './verdict.ts';

/** The aspects that status shows, from one verdict. */
export const conditionsOf = (facts: Facts, phase: Phase, verdict: Verdict): Plan['conditions'] => {
  const { reason, message } = verdict;
  return [
    { type: 'Ready', status: isReady(phase) ? 'True' : 'False', reason, message },
    facts.changes.length === 0 && facts.wish.kind === 'wanted' && verdict.kind !== 'step'
      ? { type: 'Synced', status: 'True', reason: 'Synced', message: 'as the file says' }
      : { type: 'Synced', status: 'False', reason, message },
    ...(verdict.kind === 'hold' && reasons[reason].kind === 'wait'
      ? [{ type: 'Held' as const, status: 'True' as const, reason, message }]
      : []),
  ];
};

/** Does what it is for: runs and passes its check, or has done its work. */
export const isReady = (phase: Phase): boolean =>
  phase === 'running.healthy' || phase === 'completed';
