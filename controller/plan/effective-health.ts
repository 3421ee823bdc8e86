import type { ContainerHealth, ObservedContainer } from '../model/container.ts';
import type { Environment } from '../model/environment.ts';
import { couldNotAsk, isOfRun } from '../model/health.ts';
import type { Facts, PlanInput, Wish } from './input.ts';

/** As the engine says, but where its check could not ask, and MLEnv's own has: then as that one says. */
export const healthOf = (
  container: ObservedContainer,
  wish: Wish,
  { http }: PlanInput['checks'],
): ContainerHealth => {
  if (container.health === 'none' || !couldNotAsk(healthWish(wish), container.lastCheck)) {
    return container.health;
  }
  if (http === null || !isOfRun(http, container)) return 'starting';
  if (http.status === 'unknown') return http.failures > 0 ? 'starting' : container.health;
  return http.status;
};

export const healthWish = (wish: Wish): Environment['health'] =>
  wish.kind === 'wanted' ? wish.environment.health : null;

/** Nobody could ask: whatever the engine says, nothing is known of it. */
export const isUnasked = ({
  wish,
  container,
  checks: { http },
}: Pick<Facts, 'wish' | 'container' | 'checks'>): boolean =>
  container !== null &&
  couldNotAsk(healthWish(wish), container.lastCheck) &&
  (http === null || !isOfRun(http, container) || http.status === 'unknown');
