import type { ObservedContainer } from '../model/container.ts';
import { couldNotAsk, type HealthRow } from '../model/health.ts';
import type { Plan } from '../model/plan.ts';
import type { EnvironmentRecord } from '../model/record.ts';
import type { EnvironmentSnapshot } from '../model/snapshot.ts';
import type { Store } from '../model/store.ts';
import { checkText } from '../plan/health.ts';
import { isLive, mainContainer, type PlanInput, type Wish } from '../plan/input.ts';

/** What MLEnv's own checks said last of the container that counts. */
export const checksOf = (
  { health }: Pick<Store, 'health'>,
  snapshot: EnvironmentSnapshot,
  record: EnvironmentRecord,
): PlanInput['checks'] => {
  const container = snapshot.kind === 'known' ? mainContainer(snapshot.containers, record) : null;
  if (container === null || !isLive(container)) return { http: null, gpu: null };
  return {
    http: container.health === 'none' ? null : health.latest(container.id, 'http'),
    gpu: container.config.gpus === null ? null : health.latest(container.id, 'gpu'),
  };
};

/** A verdict of the engine that is not the one that was noted last; in the pass's own transaction. */
export const noteVerdict = (
  { health }: Pick<Store, 'health'>,
  container: ObservedContainer,
  { wish, at }: { readonly wish: Wish; readonly at: number },
): void => {
  if (!isLive(container) || container.health === 'none') return;
  const row = engineRow(container, { wish, at });
  const before = health.latest(container.id, 'docker');
  // Before its first verdict nothing is known of it, which needs no row.
  if ((before?.status ?? 'unknown') !== row.status || (before === null && row.failures > 0)) {
    health.add(row);
  }
};

/** As the engine tells it now. */
export const engineRow = (
  container: ObservedContainer,
  { wish, at }: { readonly wish: Wish; readonly at: number },
): HealthRow => {
  const { lastCheck, health } = container;
  const isKnown =
    (health === 'healthy' || health === 'unhealthy') &&
    !couldNotAsk(wish.kind === 'wanted' ? wish.environment.health : null, lastCheck);
  return {
    containerId: container.id,
    type: 'docker',
    at,
    status: isKnown ? health : 'unknown',
    checkedAt: lastCheck?.endedAt ?? null,
    failures: lastCheck?.failures ?? 0,
    responseMs: lastCheck === null ? null : Math.max(0, lastCheck.endedAt - lastCheck.startedAt),
    message: checkText(container, wish),
  };
};

/** Conditions that are a failure from when they begin, and are told then. */
export const newFailures = (
  before: readonly { readonly type: string; readonly status: string }[],
  now: Plan['conditions'],
): Plan['conditions'] =>
  now.filter(
    ({ type, status }) =>
      status === 'False' &&
      (type === 'Policy' || type === 'Memory' || type === 'GpuAccess' || type === 'GpuHealth') &&
      !before.some((one) => one.type === type && one.status === 'False'),
  );
