import { expect, it } from 'vitest';
import { foldEvent, isFull, roomNow } from '../../controller/model/event-fold.ts';

const nothing = { same: null, alike: 0, combined: null, limited: null, hasRoom: true };

it('is counted, combined, limited or added, in this order', () => {
  const all = { same: 1, alike: 12, combined: 2, limited: 3, hasRoom: false };
  expect(foldEvent(all)).toEqual({ kind: 'count', id: 1 });
  expect(foldEvent({ ...all, same: null })).toEqual({ kind: 'combine', id: 2 });
  expect(foldEvent({ ...all, same: null, combined: null })).toEqual({ kind: 'limit', id: 3 });
  expect(foldEvent({ ...nothing, hasRoom: false })).toEqual({ kind: 'limit', id: null });
  expect(foldEvent({ ...nothing, alike: 9 })).toEqual({ kind: 'add' });
  expect(foldEvent({ ...nothing, alike: 10 })).toEqual({ kind: 'combine', id: null });
});

it('has room for 25, and for one more each five minutes', () => {
  const minute = 60_000;
  expect(roomNow(null, 7)).toEqual({ rows: 25, at: 7 });
  const empty = { rows: 0, at: 0 };
  expect(roomNow(empty, 4 * minute).rows).toBeLessThan(1);
  expect(roomNow(empty, 5 * minute).rows).toBe(1);
  expect(roomNow(empty, 1000 * minute).rows).toBe(25);
  expect([24, 25].map((rows) => isFull({ rows, at: 0 }))).toEqual([false, true]);
  // A clock that was set back.
  expect(roomNow({ rows: 3, at: 60 * minute }, 0).rows).toBe(3);
});
