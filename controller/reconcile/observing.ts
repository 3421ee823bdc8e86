import type { Outcome } from '../loop/outcome.ts';
import { environmentKey } from '../model/key.ts';
import type { Plan } from '../model/plan.ts';
import { deviceId } from '../model/gpu.ts';
import type { PlanInput } from '../plan/input.ts';
import { plan } from '../plan/plan.ts';
import type { Deps } from './deps.ts';
import { foreseeGrant } from './foresee-grant.ts';
import { recordPlan } from './record.ts';

/** Others may come or go meanwhile; a look costs as much as a step of admission. */
const againMs = 60_000;

/**
 * Of one that asks to be let in while MLEnv only observes: what it would be given, or what it would wait
 * for. It stands in the queue, so that those after it see it there, and nothing is given to it.
 */
export const tellWhatWouldBe = async (
  deps: Deps,
  input: PlanInput,
  decided: Plan,
): Promise<Outcome> => {
  const { store, clock } = deps;
  const { record } = input;
  if (record.requestedAt === null) {
    store.environments.update(environmentKey(record), { requestedAt: clock.now() });
  }
  const { input: asked, denied } = await foreseeGrant(deps, input);
  const message =
    denied === null
      ? `${plan(asked).message}${gpusText(deps, asked)}`
      : `MLEnv would let it wait as ${denied.reason}: ${denied.message}`;
  recordPlan(deps, input, { ...decided, message, holds: [{ reason: 'Observing', message }] });
  return { kind: 'waiting', reason: 'Observing', afterMs: againMs };
};

/** ` on GPU 2`, or '' */
const gpusText = ({ gpus }: Deps, { gpuLeases }: PlanInput): string => {
  const now = gpus.current();
  const known = now?.kind === 'known' ? now.gpus : [];
  const names = gpuLeases.map(
    (lease) => known.find(({ uuid }) => uuid === lease.gpuUuid)?.index ?? deviceId(lease),
  );
  return names.length === 0 ? '' : ` on GPU ${names.join(', ')}`;
};
