import type { EventItem, EventQuery } from '../model/api.ts';
import type { Core } from '../reconcile/core.ts';
import { eventItem } from './describe.ts';
import { findEnvironment } from './resolve.ts';

/** How often a follower looks for what changed. Events are rows, so none is lost between two looks. */
const followEveryMs = 500;

/** `sees`: events of other projects are left out. */
export const follow = async function* (
  { deps }: Core,
  query: EventQuery,
  {
    signal,
    sees = () => true,
  }: { readonly signal: AbortSignal; readonly sees?: (projectId: string | null) => boolean },
): AsyncGenerator<EventItem> {
  const { store, clock } = deps;
  const place = query.ref === null ? null : findEnvironment(store, query.ref);
  const scope =
    place === null ? {} : { projectId: place.project.id, environment: place.record.environment };
  let last = 0;
  // The newest first of all; then whatever comes after them.
  let events = store.events.list({ ...scope, limit: query.limit });
  for (;;) {
    for (const event of events) {
      last = Math.max(last, event.seq);
      if (sees(event.projectId)) yield eventItem(store, event);
    }
    if (!query.follow || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = clock.setTimer(followEveryMs, end);
      signal.addEventListener('abort', end);
    });
    if (signal.aborted) return;
    events = store.events.list({ ...scope, after: last, limit: 1000 });
  }
};
