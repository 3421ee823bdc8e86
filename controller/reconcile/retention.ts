import type { Deps } from './deps.ts';

/** Old rows go in small batches, so that nobody waits for them. */
const everyMs = 3_600_000;
const batch = 500;

/** Once an hour takes away what the configuration no longer keeps; the rest of a large heap goes the next time. */
export const createRetention = (
  deps: Pick<Deps, 'store' | 'config' | 'clock'>,
): { readonly sweep: () => void } => {
  let sweptAt = deps.clock.now();
  return {
    sweep: () => {
      const now = deps.clock.now();
      // A clock that was set back begins a new hour.
      if (now >= sweptAt && now - sweptAt < everyMs) return;
      sweptAt = now;
      const { retention } = deps.config.current();
      deps.store.transaction(() => {
        deps.store.events.prune(now - retention.eventsMs, batch);
        deps.store.notices.prune(now - retention.eventsMs, batch);
        deps.store.audit.prune(now - retention.auditMs, batch);
      });
    },
  };
};
