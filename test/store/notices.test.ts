import { expect, test } from 'vitest';
import { told, trouble } from '../support/notice-builders.ts';
import { openTestStore } from './support.ts';

const day = 86_400_000;

test('a trouble is one of each kind a subject', () => {
  const { troubles } = openTestStore().store;
  const failure = trouble();
  const pending = trouble({ kind: 'pending', reason: 'UpdatePending', environment: null });
  troubles.set(pending);
  troubles.set(failure);
  troubles.set({ ...failure, wellAt: 5, wellReason: 'Running', wellMessage: 'running' });
  expect(troubles.of(failure.subject)).toEqual([
    { ...failure, wellAt: 5, wellReason: 'Running', wellMessage: 'running' },
    pending,
  ]);
  expect(troubles.of('project:p1')).toEqual([]);
  troubles.remove(failure);
  expect(troubles.all()).toEqual([pending]);
});

test('a notice waits for its receiver until it is settled', () => {
  const { notices } = openTestStore().store;
  const { id: _, ...one } = told(trouble());
  notices.add(one);
  notices.add({ ...one, receiver: 'pager', event: 'recovery' });
  const [first] = notices.waiting('lab-chat');
  expect(first).toEqual({ ...one, id: 1 });
  expect(notices.receivers()).toEqual(['lab-chat', 'pager']);
  notices.update(1, { attempts: 1, error: 'nobody listens there', nextTryAt: 7 });
  expect(notices.waiting('lab-chat')).toMatchObject([{ attempts: 1, nextTryAt: 7 }]);
  expect(notices.pending()).toEqual([
    { receiver: 'lab-chat', notices: 1, retrying: 1 },
    { receiver: 'pager', notices: 1, retrying: 0 },
  ]);
  notices.update(1, { state: 'sent', attempts: 2, error: '', settledAt: 9 });
  expect(notices.waiting('lab-chat')).toEqual([]);
  expect(notices.receivers()).toEqual(['pager']);
  expect(notices.list(1)).toMatchObject([{ id: 2 }]);
  expect(notices.list(5)).toMatchObject([{ id: 1, state: 'sent' }, { id: 2 }]);
});

test('what was told is known while it lasts, and for an hour', () => {
  const { notices, troubles } = openTestStore().store;
  const open = trouble();
  const over = trouble({ subject: 'project:p1', openedAt: 1 });
  for (const [each, at] of [
    [open, 0],
    [over, 10],
    [over, 20],
  ] as const) {
    const { id: _, ...one } = told(each, { at });
    notices.add(one);
  }
  troubles.set(open);
  expect(notices.told(10).map(({ id }) => id)).toEqual([1, 3]);
  expect(notices.isTold(open)).toBe(true);
  expect(notices.isTold({ ...open, openedAt: 5 })).toBe(false);
});

test('old notices go, but for those that wait or are of what still fails', () => {
  const { notices, troubles } = openTestStore().store;
  const open = trouble();
  const over = trouble({ openedAt: 1 });
  troubles.set(open);
  for (const [each, settledAt] of [
    [open, 5],
    [over, null],
    [over, 6],
    [over, 5],
    [over, day],
  ] as const) {
    const { id: _, ...one } = told(each);
    notices.add({ ...one, settledAt, state: settledAt === null ? 'pending' : 'sent' });
  }
  notices.prune(day, 1);
  expect(notices.list(9).map(({ id }) => id)).toEqual([1, 2, 3, 5]);
  notices.prune(day, 500);
  expect(notices.list(9).map(({ id }) => id)).toEqual([1, 2, 5]);
});
