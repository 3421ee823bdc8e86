import { expect, test } from 'vitest';
import { part } from './part.ts';

const faults = Array.from({ length: 73 }, (_, index) => index);

test('a round is five faults at most, from one end to the other', () => {
  const played = part(faults, '0');
  expect(played.length).toBeLessThanOrEqual(5);
  expect(played[0]).toBe(0);
  expect(played.at(-1)).toBeGreaterThan(55);
  expect(part([1, 2, 3], '0')).toEqual([1, 2, 3]);
});

test('the rounds together are every fault, once', () => {
  const rounds = Array.from({ length: 15 }, (_, round) => part(faults, String(round)));
  expect(rounds.flat().sort((a, b) => a - b)).toEqual(faults);
  expect(part(faults, 'all')).toEqual(faults);
});
