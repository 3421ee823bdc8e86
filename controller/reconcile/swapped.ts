import type { StepResult } from '../act/execute.ts';
import type { Outcome } from '../loop/outcome.ts';
import { environmentKey } from '../model/key.ts';
import { restartDelayMs } from '../plan/restart.ts';
import type { Deps } from './deps.ts';
import { tell, type Stepped } from './tell.ts';
import { noteEnvironment } from './trouble.ts';

/** What was mounted was not what was judged: a back-off as after a crash, as whoever swaps folders does so in a loop. */
export const afterSwap = (
  deps: Deps,
  stepped: Stepped,
  { containerId, removed, message }: Extract<StepResult, { readonly kind: 'swapped' }>,
): Outcome => {
  const { input, plan } = stepped;
  const { store, clock, config, random } = deps;
  const key = environmentKey(input.record);
  const reason = 'MountSourceChanged';
  const restarts = input.record.restarts + 1;
  store.transaction(() => {
    store.environments.update(key, {
      ...plan.patch,
      restarts,
      nextAttemptAt:
        clock.now() + restartDelayMs(restarts, config.current().settings, random.fraction()),
      ...(removed ? { containerId: null } : {}),
      grantedAt: null,
      lastFailure: message,
      reason,
      message,
    });
    if (removed) store.containers.deleted(containerId, clock.now());
    noteEnvironment(deps, key, { reason, message });
    tell(deps, stepped, 'Warning', reason, `stopped: ${message}`);
  });
  return { kind: 'lookAgain', afterMs: 0 };
};
