import { ruleText } from '../model/policy.ts';
import type { Phase } from '../model/phase.ts';
import type { Plan } from '../model/plan.ts';
import { reasons, type Reason } from '../model/reason.ts';
import { gpuRow, sickGpuText } from './health.ts';
import type { Facts } from './input.ts';
import { idleText, useText } from './rules-idle.ts';
import { refusalText } from './policy.ts';
import type { Verdict } from './verdict.ts';
import { outOfMemory } from './words.ts';

/** The aspects that status shows, from one verdict. */
export const conditionsOf = (facts: Facts, phase: Phase, verdict: Verdict): Plan['conditions'] => {
  const { reason, message } = verdict;
  const sick = sickGpuText(facts);
  return [
    sick !== null
      ? { type: 'Ready', status: 'False', reason: 'GpuUnhealthy', message: sick }
      : isReady(phase)
        ? { type: 'Ready', status: 'True', ...whyReady(facts, phase) }
        : { type: 'Ready', status: 'False', reason, message },
    isSynced(facts, phase, verdict)
      ? { type: 'Synced', status: 'True', reason: 'Synced', message: 'as the file says' }
      : { type: 'Synced', status: 'False', reason, message },
    ...(verdict.kind === 'hold' && reasons[reason].kind === 'wait'
      ? [{ type: 'Held' as const, status: 'True' as const, reason, message }]
      : []),
    ...policyOf(facts),
    ...idleOf(facts),
    ...memoryOf(facts),
    ...gpuAccessOf(facts),
    ...(sick === null
      ? []
      : [
          {
            type: 'GpuHealth' as const,
            status: 'False' as const,
            reason: 'GpuUnhealthy' as const,
            message: sick,
          },
        ]),
  ];
};

/** What runs is stopped neither for a rule that came later nor for rights that a hand gave it, and not kept quiet about either. */
const policyOf = ({ live, container, policy }: Facts): Plan['conditions'] => {
  if (!live || container === null) return [];
  const [excess] = container.excess;
  if (excess !== undefined) {
    const message = `it runs on and will not be started again, as it is not what was asked for: ${ruleText(excess.rule, excess.message)}; docker rm -f ${container.name}, and it is made anew`;
    return [{ type: 'Policy', status: 'False', reason: 'PayloadMismatch', message }];
  }
  const [first] = policy.faults;
  if (first === undefined) return [];
  const message = `it runs on and will not be started again: ${refusalText(first)}`;
  return [{ type: 'Policy', status: 'False', reason: 'PolicyRefused', message }];
};

/** Only where something follows from it. */
const idleOf = ({ live, idle: { judged } }: Facts): Plan['conditions'] => {
  if (!live || judged === null) return [];
  if (judged.idleSince !== null) {
    return [{ type: 'Idle', status: 'True', reason: 'Idle', message: idleText(judged) }];
  }
  const message = `${useText(judged.use)}${judged.texts.kept}`;
  return judged.use === 'unmeasured'
    ? [{ type: 'Idle', status: 'Unknown', reason: 'InUse', message }]
    : [{ type: 'Idle', status: 'False', reason: 'InUse', message }];
};

/** The container runs on; what the kernel ended was one of its processes. */
const memoryOf = ({ live, container, record: { oomSeen } }: Facts): Plan['conditions'] => {
  if (!live || container === null) return [];
  const wasTold =
    oomSeen?.containerId === container.id && oomSeen.at >= (container.startedAt ?? Infinity);
  if (!container.oomKilled && !wasTold) return [];
  const message = `one of its processes was ended, ${outOfMemory(container.config.memoryBytes)}; the container runs on`;
  return [{ type: 'Memory', status: 'False', reason: 'OutOfMemory', message }];
};

const gpuAccessOf = (facts: Facts): Plan['conditions'] => {
  const row = gpuRow(facts);
  if (row === null) return [];
  const { message } = row;
  switch (row.status) {
    case 'healthy':
      return [{ type: 'GpuAccess', status: 'True', reason: 'GpuReachable', message }];
    case 'unhealthy':
      return [{ type: 'GpuAccess', status: 'False', reason: 'GpuLost', message }];
    case 'unknown':
      return [{ type: 'GpuAccess', status: 'Unknown', reason: 'GpuUnasked', message }];
    default:
      return row.status satisfies never;
  }
};

/** What waits for its next start is what the file says; what a hold keeps from being there is not. */
const isSynced = (facts: Facts, phase: Phase, verdict: Verdict): boolean => {
  if (facts.changes.length > 0 || verdict.reason === 'DriftReported') return false;
  if (facts.wish.kind !== 'wanted' || facts.drift.length > 0) return false;
  switch (verdict.kind) {
    case 'step':
      return false;
    case 'hold':
      return facts.live || (facts.container !== null && phase === 'backingOff');
    case 'settled':
      return reasons[verdict.reason].kind !== 'wait';
    default:
      return verdict satisfies never;
  }
};

/** What makes it ready, which a change that waits does not alter. */
const whyReady = (
  { container }: Facts,
  phase: Phase,
): { readonly reason: Reason; readonly message: string } => {
  if (phase === 'completed') return { reason: 'Completed', message: 'it ended as it should' };
  return container?.health === 'healthy'
    ? { reason: 'Healthy', message: 'running, healthy' }
    : { reason: 'Running', message: 'running' };
};

/** Does what it is for: runs and passes its check, or has done its work. */
export const isReady = (phase: Phase): boolean =>
  phase === 'running.healthy' || phase === 'completed';
