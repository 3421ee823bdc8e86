import { afterEach, expect, test } from 'vitest';
import { defaultHostConfig } from '../../controller/model/config.ts';
import { createRetention } from '../../controller/reconcile/retention.ts';
import { openTestStore } from '../store/support.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

const stores: { close(): void }[] = [];
afterEach(() => {
  for (const store of stores.splice(0)) store.close();
});

test('once an hour, what the configuration no longer keeps goes', async () => {
  const clock = createSimulatedClock();
  const { store } = openTestStore();
  stores.push(store);
  const config = {
    current: () => ({
      ...defaultHostConfig,
      retention: { eventsMs: 7_200_000, auditMs: 10_800_000 },
    }),
  };
  const { sweep } = createRetention({ store, clock, config });
  const write = (text: string): void => {
    const at = clock.now();
    store.events.add({
      at,
      type: 'Normal',
      reason: 'Running',
      message: text,
      projectId: null,
      environment: null,
    });
    store.audit.add({
      at,
      uid: 0,
      action: text,
      resourceType: 'host',
      resourceId: '*',
      project: null,
      details: { by: 'root', outcome: 'done' },
    });
  };
  const left = (): readonly [events: readonly string[], audit: readonly string[]] => [
    store.events.list({ limit: 10 }).map(({ message }) => message),
    store.audit
      .list({ reader: null, project: null, user: null, since: null, limit: 10 })
      .map(({ action }) => action),
  ];
  write('first');
  await clock.advance(3_599_000);
  sweep();
  write('second');
  await clock.advance(5_400_000);
  sweep();
  expect(left()).toEqual([['second'], ['first', 'second']]);
  await clock.advance(3_599_000);
  // Not yet an hour since the last time.
  sweep();
  expect(left()[1]).toEqual(['first', 'second']);
  await clock.advance(1000);
  sweep();
  expect(left()).toEqual([['second'].slice(1), ['second']]);
});
