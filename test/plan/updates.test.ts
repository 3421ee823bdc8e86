import { expect, test } from 'vitest';
import { updatesOf } from '../../controller/plan/input.ts';
import { record } from '../support/plan-builders.ts';

test.each([
  [{ image: 'x' }, 'auto'],
  [{ image: 'x', restart: 'never' }, 'manual'],
  [{ image: 'x', gpus: 2 }, 'manual'],
  [{ image: 'x', gpus: 'all' }, 'manual'],
  [{ image: 'x', gpus: { optional: true } }, 'manual'],
  [{ image: 'x', gpus: 0 }, 'auto'],
  [{ image: 'x', gpus: { count: 0 } }, 'auto'],
  [{ image: 'x', gpus: 2, updates: 'auto' }, 'auto'],
])('a vanished environment that was %j has updates: %s', (raw, updates) => {
  expect(updatesOf({ wish: { kind: 'vanished' }, record: record({ raw }) })).toBe(updates);
});
