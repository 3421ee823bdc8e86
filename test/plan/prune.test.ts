import { describe, expect, it } from 'vitest';
import { massRemoval } from '../../controller/plan/prune.ts';
import { minutes, noon } from '../support/plan-builders.ts';

const some = (vanished: number, present: number) => [
  ...Array.from({ length: vanished }, () => ({ vanishedAt: noon })),
  ...Array.from({ length: present }, () => ({ vanishedAt: null })),
];

describe('a mass removal', () => {
  it.each([
    ['three of three: few enough', 3, 0, false],
    ['four of four', 4, 0, true],
    ['four of nineteen: more than a fifth', 4, 15, true],
    ['four of twenty: a fifth', 4, 16, false],
    ['none', 0, 9, false],
  ])('%s', (_, vanished, present, expected) => {
    expect(massRemoval(some(vanished, present), null)).toBe(expected);
  });

  it('is none once a person confirmed what had vanished by then', () => {
    expect(massRemoval(some(9, 0), String(noon))).toBe(false);
    expect(massRemoval(some(9, 0), String(noon - minutes(1)))).toBe(true);
  });
});
