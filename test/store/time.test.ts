import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromDatetime, toDatetime, toFileStamp } from '../../controller/store/time.ts';
import { noon, openTestStore } from './support.ts';

test('a time is UTC text without parts of a second', () => {
  expect(toDatetime(noon + 999)).toBe('2026-03-01 12:00:00');
  expect(toDatetime(null)).toBeNull();
  expect(toFileStamp(noon)).toBe('20260301T120000Z');
  expect(() => toDatetime(Number.NaN)).toThrow(RangeError);
});

test('text that is no such time is null', () => {
  for (const text of ['2026-03-01T12:00:00Z', '2026-03-01', 'soon', '2026-13-01 12:00:00', null])
    expect(fromDatetime(text)).toBeNull();
});

test('any second comes back, and passes the check of the schema', () => {
  const { hand } = openTestStore();
  const insert = hand.prepare('INSERT INTO system_snapshots (timestamp) VALUES (?)');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
      const text = toDatetime(seconds * 1000);
      expect(fromDatetime(text)).toBe(seconds * 1000);
      insert.run(text);
    }),
  );
});
