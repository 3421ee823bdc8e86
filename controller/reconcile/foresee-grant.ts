import type { Denial, Refusal } from '../admission/gate.ts';
import { environmentKey } from '../model/key.ts';
import type { Plan } from '../model/plan.ts';
import type { PlanInput } from '../plan/input.ts';
import { containerName } from '../plan/names.ts';
import { plan } from '../plan/plan.ts';
import { rehearse } from './admission.ts';
import type { Deps } from './deps.ts';

/** As admission would answer now; a wait of its own shows as the hold that it will be. Nothing is committed. */
export const foreseeGrant = async (
  deps: Deps,
  input: PlanInput,
): Promise<{ readonly input: PlanInput; readonly denied: Denial | Refusal | null }> => {
  if (input.wish.kind !== 'wanted' || !plan(input).needsGrant) return { input, denied: null };
  const answer = await rehearse(deps, input.record, input.wish.environment, input.context);
  if (answer?.kind !== 'grant') return { input, denied: answer };
  const { record, context, now } = input;
  const { defaults } = deps.config.current();
  return {
    denied: null,
    input: {
      ...input,
      leases: answer.leases,
      gpuLeases: answer.gpus.map((gpu) => ({
        ...gpu,
        index: 0,
        containerName: containerName(context, record.environment),
        key: environmentKey(record),
        current: true,
        at: now,
      })),
      record: {
        ...record,
        grantedAt: now,
        grantedGeneration: record.generation,
        grantedCpus: input.wish.environment.cpus ?? defaults.cpus,
        grantedMemoryBytes: input.wish.environment.memoryBytes ?? defaults.memoryBytes,
      },
    },
  };
};

export const deniedPlan = (decided: Plan, { reason, message }: Denial | Refusal): Plan => ({
  ...decided,
  holds: [{ reason, message }],
  explanation: [`${reason}: ${message}`],
});
